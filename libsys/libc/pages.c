/*
 * pages.c - mmap() and munmap() of anonymous memory, which libsodium's Argon2 asks for. It comes
 * from the heap, which keeps it for the next time: so it is wiped when it is given back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "heap.h"
#include "panic.h"

enum { PAGE = 4096 };

/* The block begins below the pages, and its address stands right before them. */
/* NOLINTNEXTLINE(readability-function-size): the C library says what it takes */
void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    bool plain = at == NULL && fd == -1 && (flags & MAP_ANONYMOUS) != 0 && offset == 0;

    if (!plain || protection != (PROT_READ | PROT_WRITE)) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    if (bytes == 0 || bytes > HEAP_BLOCK_MAX) {
        errno = bytes == 0 ? EINVAL : ENOMEM;
        return MAP_FAILED;
    }
    char *block = heap_alloc_zeroed(bytes + PAGE + sizeof(block));
    if (block == NULL) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    uintptr_t pages = ((uintptr_t)block + sizeof(block) + PAGE - 1) / PAGE * PAGE;
    ((char **)pages)[-1] = block;
    return (void *)pages;
}

/* All of it, as it was mapped. */
int munmap(void *pages, size_t bytes)
{
    CHECK((uintptr_t)pages % PAGE == 0);
    explicit_bzero(pages, bytes);
    heap_free(((char **)pages)[-1]);
    return 0;
}
