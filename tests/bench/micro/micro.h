/*
 * micro.h - a program in axiom's place that measures the kernel's operations, each by itself. It
 * holds all authority, makes processes by hand, and prints a line for each row.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "../operate.h"
#include "marker.h"

#define NEED(fact)                                                                                 \
    do {                                                                                           \
        if (!(fact)) need_failed(__FILE__, __LINE__);                                              \
    } while (0)
_Noreturn void need_failed(const char *file, uint32_t line);

/* The same in a thread of a row, which has no authority to end the machine: main does. */
#define THREAD_NEED(fact)                                                                          \
    do {                                                                                           \
        if (!(fact)) thread_failed(__FILE__, __LINE__);                                            \
    } while (0)
_Noreturn void thread_failed(const char *file, uint32_t line);

/* samples.c: what was measured. */

enum { ROUNDS = 256, SAMPLES_MAX = 4096 };

/* The time stamp's low half: no stretch is longer. The counting plugin takes what ran between the
 * last two of these in user mode. */
__attribute__((always_inline)) static inline uint32_t stamp(void)
{
    uint32_t low;
    __asm__ volatile("rdtsc" : "=a"(low)::"rdx", "memory");
    return low;
}

extern uint32_t samples[SAMPLES_MAX], sample_count;

/* A round took this long; the marker tells the plugin. */
static inline void sample(uint32_t ticks)
{
    __asm__ volatile("nopl %c0(%%rax)" ::"i"(MARKER_SAMPLE) : "memory");
    samples[sample_count++ % SAMPLES_MAX] = ticks;
}

/* The row's line: least and median of the samples, each divided by `each`. */
void row_print(const char *name, uint32_t each);

/* objects.c: objects and processes, made by raw invocations. */

static inline uint64_t in(uint64_t container, uint64_t index)
{
    return container << 32 | index;
}

/* A free slot of our own CNode; all go with the row. */
uint64_t slot_new(void);
uint64_t slot_give_back(void); /* the last one */
uint64_t row_memory(void);     /* an untyped */
/* An object of the row's memory, in a new slot. */
uint64_t make(enum cap_type type, uint32_t bits);

/* Two processes, each with an address space and a CNode; both have the program and its data mapped,
 * at the same addresses. */
enum { LEFT, RIGHT, PROCESSES };
struct process {
    uint64_t cnode, aspace;
    uint32_t next; /* free slot of the CNode */
};
extern struct process processes[PROCESSES];
/* A copy of `cap` in a new slot of that process; its index there. */
cap_t give(uint32_t process, uint64_t cap, uint64_t rights, uint64_t badge);
/* A new Reply of that process: it cannot be copied. */
cap_t reply_make(uint32_t process);
/* A copy at an index of one's choice. */
void give_at(uint32_t process, cap_t index, uint64_t cap);

struct thread_wish {
    uint32_t process;
    void (*entry)(uint64_t argument);
    uint64_t argument;
    uint64_t budget;     /* ticks; 0: enough for all */
    uint64_t fault;      /* endpoint for its faults, 0 none */
    uint32_t buffer;     /* number of its message page + 1, 0 none */
    uint8_t priority;    /* 0: as all others */
    bool keeps_no_stack; /* it only waits for ever: all of these share one */
};
/* It runs when main waits. Its slot. */
uint64_t thread_make(const struct thread_wish *wish);
/* From here on the page tables for 2 MiB are there, in LEFT. */
#define PAGES_ADDR 0x60000000ull
/* The message page of that number; mapped for main and both processes. */
enum { BUFFERS = 4 };
struct ipc_buffer *buffer(uint32_t number);
/* Main waits until a thread of the row says that all is measured. */
void row_runs(void);
/* In the thread: never returns. */
_Noreturn void row_done(void);

void objects_init(const struct boot_info *boot);
void row_begin(void);
void row_end(void);

/* calls.c. */

/* Slots of a row's threads, in their own processes. */
extern cap_t to_server, from_clients, to_client;
/* A client calls with words and gets as many back. */
_Noreturn void client_calls(uint64_t info, uint32_t rounds);
_Noreturn void server_answers(uint64_t info);
void revoke_sampled(uint64_t slot);

/* Slots that every process has. */
enum { SLOT_DONE = 1, SLOT_NEVER, SLOT_FIRST };

struct row {
    const char *name;
    void (*run)(const struct row *row);
    uint32_t a, b; /* as `run` likes */
    uint32_t each; /* a stretch is this many operations; 0: one */
};
extern const struct row rows_empty[], rows_message[], rows_signal[], rows_events[], rows_caps[],
    rows_scale[];
