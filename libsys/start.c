/* start.c - from the first instruction of a program to main(), and its end. */
#include "bytes.h"
#include "idl/axiom.h"
#include "panic.h"
#include "slots.h"
#include "thread.h"

enum { ARGUMENTS_MAX = 64 };

int main(int argc, char **argv);
__attribute__((weak)) void libc_setup(void); /* of programs with musl: libc/setup.c */
_Noreturn void start_program(const struct startup *startup); /* called by crt.S */

static uint8_t first_area[4096] __attribute__((aligned(64))); /* the first thread's block */
static char *arguments[ARGUMENTS_MAX + 1];

static const char *string_after(const char *text)
{
    return text + strlen(text) + 1;
}

/* The first string of the environment. */
static const char *environment(const struct startup *startup)
{
    const char *at = startup->strings;
    for (uint32_t i = 0; i < startup->argc; i++) {
        at = string_after(at);
    }
    return at;
}

static int split_arguments(const struct startup *startup)
{
    const char *at = startup->strings;
    uint32_t count = startup->argc < ARGUMENTS_MAX ? startup->argc : ARGUMENTS_MAX;
    for (uint32_t i = 0; i < count; i++, at = string_after(at)) {
        arguments[i] = (char *)(uintptr_t)at;
    }
    return (int)count;
}

_Noreturn void program_exit(int code)
{
    (void)self_exit(CAP_SLOT_SELF, &(struct self_exit_in){.code = code});
    /* No answer comes. If the call failed, an undefined instruction tells the supervisor. */
    __builtin_trap();
}

_Noreturn void start_program(const struct startup *startup)
{
    struct thread_block *block =
        thread_block_make(first_area, sizeof(first_area), (struct ipc_buffer *)startup->buffer);
    if (block == NULL || startup->magic != STARTUP_MAGIC) __builtin_trap(); /* nothing works yet */
    block->startup = startup;
    thread_self_set(block);
    slot_setup(startup->first_free_slot, startup->slot_count);
    if (libc_setup != NULL) libc_setup();
    program_exit(main(split_arguments(startup), arguments));
}

cap_t startup_cap(const char *name)
{
    const struct startup *startup = startup_page();
    for (uint32_t i = 0; i < startup->cap_count && i < STARTUP_CAPS_MAX; i++) {
        if (strcmp(startup->caps[i].name, name) == 0) return startup->caps[i].slot;
    }
    return 0;
}

const char *startup_env(const char *name)
{
    const struct startup *startup = startup_page();
    const char *at = environment(startup);
    size_t len = strlen(name);
    for (uint32_t i = 0; i < startup->env_count; i++, at = string_after(at)) {
        if (strncmp(at, name, len) == 0 && at[len] == '=') return at + len + 1;
    }
    return NULL;
}
