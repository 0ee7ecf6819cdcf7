/*
 * travel.h - to any event, forwards and back.
 *
 * Going forward executes. On the way, now and then, the process forks: the parent sleeps with the
 * state of that event, the child goes on. To go back, a process says where to and ends; its parent
 * wakes, and forks again if it stands early enough, or else ends too. So only what is shared
 * between all of them may say what comes next: `travel`.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TRAVEL_TEXT = 1024 };

struct travel {
    uint64_t target;        /* events to have executed */
    uint64_t next_argument; /* of the command line */
    uint32_t report;        /* what to do on arrival, for main.c */
    uint64_t checks;        /* invariants after every so many events; 0 never */
    uint32_t status;        /* exit status: 1 once something was wrong */
};
extern struct travel *travel; /* shared */

void travel_open(void);
/* To travel->target, or to where the core diverges. Returns, perhaps in another process. */
void travel_go(void);
