/*
 * startup.h - the page that a spawner writes for a new program, and where things lie in it.
 *
 * The page is mapped read-only in the program, so it is not changed by accident; it is written by
 * the spawner, whom a program has to trust anyway.
 */
#pragma once
#include "syscall.h"

#define STARTUP_MAGIC 0x3174726174536c57ull /* "WlStart1" */
enum { STARTUP_CAPS_MAX = 32, STARTUP_NAME_MAX = 24, STARTUP_STRINGS_MAX = 2048 };

struct startup_cap {
    char name[STARTUP_NAME_MAX]; /* NUL-terminated */
    uint32_t slot;
    uint32_t zero;
};

struct startup {
    uint64_t magic; /* STARTUP_MAGIC */
    uint32_t pid;
    uint32_t argc, env_count; /* strings: first the arguments, then NAME=VALUE */
    uint32_t cap_count;
    uint32_t first_free_slot, slot_count; /* of the CNode; all from first_free_slot up are empty */
    uint64_t buffer;                      /* struct ipc_buffer of the first thread */
    uint64_t heap_base;                   /* nothing is mapped from here to STARTUP_HEAP_END */
    uint64_t image_address, image_size;   /* the boot image's pages, read-only; 0 if not mapped */
    uint64_t tick_hz;                     /* ticks_now() counts a second; 0 unknown */
    struct startup_cap caps[STARTUP_CAPS_MAX];
    char strings[STARTUP_STRINGS_MAX]; /* NUL-terminated, one after the other */
};
_Static_assert(sizeof(struct startup) <= 4096, "one page");

/* The address space of a program (the image tool and spawn.c follow it). Programs that share one on
 * the host (tests/sim) have different places in it. */
#ifndef STARTUP_PLACE
#define STARTUP_PLACE 0ull
#endif
#define STARTUP_PROGRAM 0x400000ull
#define STARTUP_HEAP (STARTUP_PLACE + 0x40000000ull)
#define STARTUP_HEAP_END (STARTUP_PLACE + 0x7f000000ull)
#define STARTUP_STACK_TOP                                                                          \
    0x7ff00000ull /* STACK_PAGES below it; the page below those is not mapped */
#define STARTUP_PAGE 0x7ff10000ull
#define STARTUP_BUFFER 0x7ff11000ull
#define STARTUP_WINDOWS (STARTUP_PLACE + 0x100000000ull)
#define STARTUP_WINDOWS_END (STARTUP_PLACE + 0x200000000ull)
#define STARTUP_IMAGE 0x200000000ull
enum { STARTUP_STACK_PAGES = 16 };

static inline const struct startup *startup_page(void)
{
    return thread_self()->startup;
}
/* Milliseconds since the machine began. */
static inline uint64_t startup_uptime_ms(void)
{
    uint64_t hz = startup_page()->tick_hz, ticks = ticks_now();
    return hz < 1000 ? ticks : ticks / hz * 1000 + ticks % hz * 1000 / hz;
}

cap_t startup_cap(const char *name);       /* 0: not given */
const char *startup_env(const char *name); /* NULL: not given */
