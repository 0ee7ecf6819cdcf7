/* results.c - which operation was met with which result, in all configurations. */
#include <stdio.h>

#include "explore.h"

enum { CALLS = SYS_END - SYS_BASE, OPERATIONS = OP_LOG_WALK + 1, RESULTS = ERR_MESSAGE + 1 };

static const char *const calls[CALLS] = {"CALL",    "REPLY_RECV", "SEND",   "RECV", "NB_SEND",
                                         "NB_RECV", "REPLY",      "SIGNAL", "WAIT", "POLL",
                                         "YIELD",   "DROP",       "INVOKE", "DEBUG"};
static const char *const operations[OPERATIONS] = {
    [OP_COPY] = "COPY",
    [OP_MINT] = "MINT",
    [OP_MOVE] = "MOVE",
    [OP_DELETE] = "DELETE",
    [OP_REVOKE] = "REVOKE",
    [OP_CREDIT] = "CREDIT",
    [OP_RETYPE] = "RETYPE",
    [OP_THREAD_START] = "START",
    [OP_THREAD_CONFIG] = "CONFIG",
    [OP_THREAD_STOP] = "STOP",
    [OP_SCHED_CONFIG] = "SCHED_CONFIG",
    [OP_MAP] = "MAP",
    [OP_UNMAP] = "UNMAP",
    [OP_IRQ_GET] = "IRQ_GET",
    [OP_IRQ_BIND] = "IRQ_BIND",
    [OP_IRQ_ACK] = "IRQ_ACK",
    [OP_LOG_ACK] = "LOG_ACK",
    [OP_LOG_MODE] = "LOG_MODE",
};
static const char *const results[RESULTS] = {
    "ok",        "SYSCALL",    "CAP_EMPTY",   "CAP_TYPE", "RIGHTS",  "RANGE",
    "SLOT_USED", "NO_MEMORY",  "LOG_QUOTA",   "LOG_FULL", "REVOKED", "PEER_DIED",
    "CANCELLED", "CAP_LOST",   "WOULD_BLOCK", "BUSY",     "DEPTH",   "NO_TABLE",
    "MAPPED",    "NOT_MAPPED", "PARTIAL",     "MESSAGE"};

static uint64_t met[CALLS + OPERATIONS][RESULTS + 1]; /* the last: it waits */

void results_step(const struct step *s)
{
    uint64_t call = s->op->number - SYS_BASE, label = msg_label(s->op->info);
    if (s->op->kind != KIND_SYSCALL || call >= CALLS) return;
    uint64_t row = s->op->number == SYS_INVOKE ? CALLS + label : call;
    if (row < CALLS + OPERATIONS) met[row][s->result < RESULTS ? s->result : RESULTS]++;
}

void results_print(void)
{
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < CALLS + OPERATIONS; i++) {
        const char *name = i < CALLS ? calls[i] : operations[i - CALLS];
        bool any = false;
        for (uint32_t k = 0; name != NULL && k <= RESULTS; k++) {
            if (met[i][k] == 0) continue;
            if (!any) printf("%-12s", name);
            any = true;
            kinds++;
            printf(" %s", k == RESULTS ? "waits" : results[k]);
        }
        if (any) printf("\n");
    }
    printf("%u pairs of operation and result\n", kinds);
}
