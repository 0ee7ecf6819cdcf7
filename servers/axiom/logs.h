/*
 * logs.h - from the kernel's rings to the log memory, and what axiom learns on the way.
 */
#pragma once
#include <stdbool.h>

#include "abi/boot.h"
#include "badges.h"
#include "logmem.h"
#include "process.h"
#include "request.h"

/* An operation of the kernel that failed though axiom made sure that it cannot. */
#define CHECK(fact) ((fact) ? (void)0 : axiom_panic(#fact, __FILE_NAME__, __LINE__))
_Noreturn void axiom_panic(const char *what, const char *file, int line);

enum { ARRIVALS_MAX = MSG_CAPS_MAX };

struct arrival {     /* a capability that came in a message, as its commit says */
    uint64_t source; /* address of the sender's slot */
    uint64_t obj, badge;
    uint8_t type, rights;
};

void logs_setup(const struct boot_info *boot);
/* What readers are told of the time stamps; before the first of them maps it. */
void logs_clock(uint64_t tick_hz);
/* Empties both rings into the log memory and acknowledges. Nonzero: commits were taken. */
int logs_drain(void);
/* What came into receive slot `index` with the last message: after a drain. */
const struct arrival *logs_arrival(uint32_t index);
void logs_arrivals_clear(cap_t first_slot);
/* The object that the last retype made, and its id if it is a thread: after a drain. */
uint64_t logs_made(uint64_t *out_thread_id);

/* Axiom's own: its badges are those of its objects. */
void logs_endpoint(uint64_t address);

void logs_life(const struct process *p, enum life_event event);
void logs_request(const struct request *rq, uint64_t time, uint64_t event);
uint64_t logs_events(void);
uint64_t logs_commits(void);
uint64_t logs_commits_held(void); /* that are in no other place than the log memory */
uint64_t logs_commits_max(void);  /* of them */
uint64_t logs_pages(void);
/* Too little room is left for new objects of those that the store does not need. */
bool logs_refuses(void);
/* What is left is for taking processes down; later for those that the store needs. */
bool logs_exhausted(bool storage);
/* So many more commits may come before that. */
uint64_t logs_room(bool storage);
uint32_t logs_dry(void); /* for whom it is so: 0 nobody, 1 all without `storage`, 2 those, too */

struct badge_watch *logs_watch(uint64_t endpoint, uint32_t pid);
uint32_t logs_badge_count(uint64_t endpoint, uint64_t badge);
uint32_t logs_deaths(uint32_t pid, uint64_t *out, uint32_t max, bool *more);
void logs_ledger(cap_t notification); /* signalled when records were added */

/* Maps the log memory into a process. */
MUST_USE enum err logs_map(struct process *p, uint64_t address, bool ledger);
