/*
 * bench.h - what operations of the whole system cost, measured by a service like any other.
 *
 * One program plays all parts: started by init it measures; it starts itself again as the other
 * side of a row. It is less urgent than every service: it measures while nobody else has work.
 */
#pragma once
#include "../micro/marker.h"
#include "idl/axiom.h"
#include "spawn.h"

enum { ROUNDS = 256, SAMPLES_MAX = 512 };

/* The time stamp's low half: no stretch is longer. */
__attribute__((always_inline)) static inline uint32_t stamp(void)
{
    uint32_t low;
    __asm__ volatile("rdtsc" : "=a"(low)::"rdx", "memory");
    return low;
}

/* The counting plugin takes what ran between the last two of these. */
#define sample(ticks)                                                                              \
    do {                                                                                           \
        sample_keep(ticks);                                                                        \
        __asm__ volatile("nopl %c0(%%rax)" ::"i"(MARKER_SAMPLE) : "memory");                       \
    } while (0)
void sample_keep(uint32_t ticks);
/* Ends a row: what was sampled since the last one, each `each` operations. */
void figure(const char *name, uint32_t each);
/* A line for the host, told with the figures at the end. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the program when it is not so; says where. */
#define NEED(fact)                                                                                 \
    do {                                                                                           \
        if (!(fact)) need_failed(__FILE_NAME__, __LINE__);                                         \
    } while (0)
_Noreturn void need_failed(const char *file, int line);

/* peers.c: the other side of a row, a process. */
struct peer {
    cap_t process, endpoint; /* which it serves */
    cap_t fault, exit;       /* where faults go; signalled at its end; or 0 for both */
};
void peers_init(void);
void peer_start(const char *what, struct peer *out);
void peer_end(struct peer *p);
cap_t new_endpoint(void);
cap_t new_notification(void);
cap_t new_reply(void);
/* A capability to it with a badge. */
cap_t new_badge(cap_t endpoint, uint64_t badge);
/* sides.c: what a peer does, by name. */
int side_run(const char *what);

void rows_calls(void);
void rows_processes(void);
void rows_rings(void);
void rows_files(void); /* files.c */
void rows_stream(void);
void rows_scale(void); /* if the program's argument is `scale` */
