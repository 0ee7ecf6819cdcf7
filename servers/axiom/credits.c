/* credits.c - see credits.h. */
#include "credits.h"

#include "logs.h"

static struct {
    uint64_t tick_hz, refilled;
    uint32_t living; /* processes, when credits were given to all last, and those made since */
    uint32_t dry;    /* logs_dry() then */
} all;

void credits_setup(uint64_t tick_hz)
{
    all.tick_hz = tick_hz;
}

/* Init goes on at a full log: by what it hands to managers, others are ended. */
static void give(const struct process *p)
{
    uint64_t share = logs_room(p->storage) / 2 / all.living;
    bool whole = p->pid == PID_INIT || p->commits_max < share;
    struct message m = {.w = {whole ? p->commits_max : share}};
    (void)kern_invoke(p->cspace, OP_CREDIT, 1, &m);
}

/* Half of the room goes to those who live when it is shared out: the other half is for these. */
void credits_begin(const struct process *p)
{
    all.living++;
    give(p);
}

static bool is_living(const struct process *p)
{
    return p != NULL && p->state != AXIOM_PROCESS_INFO_STATE_EXITED;
}

static void refill(uint64_t now)
{
    all.dry = logs_dry();
    all.refilled = now;
    all.living = 0;
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        all.living += is_living(process_entry(i));
    }
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        if (is_living(process_entry(i))) give(process_entry(i));
    }
}

void credits_refill(uint64_t now, bool commits)
{
    bool due = now - all.refilled >= all.tick_hz;
    if (due || ((commits || all.dry != 0) && logs_dry() != all.dry)) refill(now);
}
