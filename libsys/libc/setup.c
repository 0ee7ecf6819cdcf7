/*
 * setup.c - what musl's pure parts need before they run, and what they may call of the rest.
 *
 * musl asks Linux by system calls, which are faults here. Everything defined below takes the place
 * of a member of libc.a that would make one. What is not here and not pure (files, stdio on
 * descriptors, time, processes, pthreads) ends the program with a FAULT_SYSCALL that names it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fpu_note.h"
#include "heap.h"
#include "panic.h"
#include "print.h"

enum { MXCSR_DEFAULT = 0x1f80, HEAP_ALIGN = 16 };

void libc_setup(void);
void __explicit_bzero_chk(void *to, size_t bytes, size_t size);
_Noreturn void __assert_fail(const char *what, const char *file, int line, const char *function);

/* libsodium's own names for what sodium_init() would do first: it finds out which instructions the
 * processor has, and hashes with them. There only where a program hashes. */
__attribute__((weak)) int _sodium_runtime_get_cpu_features(void);
__attribute__((weak)) int _crypto_generichash_blake2b_pick_best_implementation(void);

static void sodium_setup(void)
{
    if (_sodium_runtime_get_cpu_features == NULL) return;
    if (_crypto_generichash_blake2b_pick_best_implementation == NULL) return;
    (void)_sodium_runtime_get_cpu_features();
    (void)_crypto_generichash_blake2b_pick_best_implementation();
}

/* In start.c, before main(). */
void libc_setup(void)
{
    uint32_t mxcsr = MXCSR_DEFAULT;
    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
    (void)uselocale(LC_GLOBAL_LOCALE); /* the thread block's pointer to it is not set by us */
    sodium_setup();
}

void *malloc(size_t bytes)
{
    void *memory = heap_alloc(bytes);
    if (memory == NULL) errno = ENOMEM;
    return memory;
}

void free(void *memory)
{
    heap_free(memory);
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    void *memory = malloc(all);
    if (memory != NULL) memset(memory, 0, all);
    return memory;
}

void *realloc(void *memory, size_t bytes)
{
    void *bigger = heap_resize(memory, bytes);
    if (bigger == NULL) errno = ENOMEM;
    return bigger;
}

/* The heap aligns to 16; more is not offered, as free() could not find the block again. */
int posix_memalign(void **out_memory, size_t align, size_t bytes)
{
    if (align > HEAP_ALIGN) return ENOMEM;
    *out_memory = heap_alloc(bytes);
    return *out_memory == NULL ? ENOMEM : 0;
}

void *aligned_alloc(size_t align, size_t bytes)
{
    void *memory = NULL;
    int err = posix_memalign(&memory, align, bytes);
    if (err != 0) errno = err;
    return memory;
}

/* Standard output and error are the kernel's debug console; there are no other files. */
ssize_t write(int fd, const void *from, size_t bytes)
{
    if (fd != STDOUT_FILENO && fd != STDERR_FILENO) {
        errno = EBADF;
        return -1;
    }
    for (size_t i = 0; i < bytes; i++) {
        sys_debug(((const char *)from)[i]);
    }
    return (ssize_t)bytes;
}

_Noreturn void abort(void)
{
    PANIC("abort()");
}

_Noreturn void exit(int code)
{
    program_exit(code);
}

_Noreturn void __assert_fail(const char *what, const char *file, int line, const char *function)
{
    (void)function;
    panic(what, file, line);
}

/* glibc's name for explicit_bzero() under _FORTIFY_SOURCE, with which Debian builds libsodium. */
void __explicit_bzero_chk(void *to, size_t bytes, size_t size)
{
    CHECK(bytes <= size);
    explicit_bzero(to, bytes);
}
