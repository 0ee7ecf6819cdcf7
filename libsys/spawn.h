/*
 * spawn.h - makes a process out of an ELF file: the loader, outside of axiom.
 *
 * The pages of the child are made with their final rights and shared, writable, into a window of
 * the spawner while it copies; so no page is ever writable and executable in one place, and the
 * child never sees a half-loaded program. What fails leaves nothing behind.
 */
#pragma once
#include "elf.h"
#include "idl/axiom.h"
#include "startup.h"

struct spawn_cap {
    const char *name; /* in the child's startup page */
    cap_t source;     /* one's own capability, which is copied; 0: `prepare` puts it there */
    uint8_t rights;   /* mask */
    uint64_t badge;   /* to set on an unbadged endpoint or notification, or 0 */
    bool bound;       /* the child cannot pass it on */
    uint32_t slot;    /* in the child; 0: the next free one */
};

struct spawn_args {
    const char *name;
    const uint8_t *elf;
    size_t elf_size;
    uint32_t argc, env_count, cap_count; /* of the next three */
    const char *const *argv;             /* argv[0] by convention the name */
    const char *const *env;              /* NAME=VALUE */
    const struct spawn_cap *caps;
    struct axiom_quota quota; /* taken from the spawner's */
    uint8_t priority;
    bool storage;                  /* may get objects although the log is nearly full */
    bool fpu;                      /* also if the file does not say so */
    cap_t fault;                   /* endpoint for faults, 0 none */
    uint64_t fault_badge;          /* set on it, if it is unbadged */
    cap_t exit;                    /* notification for its end, 0 none */
    uint32_t budget_us, period_us; /* 0: no limit but the round robin */
    cap_t image_boot;              /* a Boot capability: maps the boot image's files; 0 no */
    uint64_t tick_hz;              /* for the startup page; 0: as the spawner's own */
    /* Called when the process has its memory and capabilities, before it runs. NULL: nothing to do.
     * Not OK: the process is ended, and this is the result. */
    int (*prepare)(void *state, cap_t process, uint32_t pid);
    void *state;
};

struct spawn_result {
    cap_t process; /* a slot from slot_alloc() */
    uint32_t pid;
    enum elf_error elf_error; /* why, when the result is SPAWN_BAD_FILE */
};

/* Beside the kernel's and axiom's errors (enum self_error, enum process_error): */
enum spawn_error { SPAWN_BAD_FILE = 256, SPAWN_BAD_ARGUMENTS = 257, SPAWN_NO_SLOT = 258 };

MUST_USE int spawn_program(const struct spawn_args *args, struct spawn_result *out_result);

/* Copies `bytes` to pages of the process that are mapped there. */
MUST_USE int spawn_write(cap_t process, uint64_t address, const void *from, uint64_t bytes);
/* The startup page's contents, without pid. False: too many names or too long strings. */
bool spawn_startup_fill(const struct spawn_args *args, struct startup *out_startup);
