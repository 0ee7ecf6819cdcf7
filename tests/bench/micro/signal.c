/* signal.c - rows of notifications and of the scheduler. */
#include "micro.h"

static cap_t notification;
static uint32_t volatile started; /* by one thread of a row, for another to subtract */

static void polls(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t word;
        uint32_t start = stamp();
        enum err e = sys_poll(notification, &word);
        uint32_t end = stamp();
        THREAD_NEED(e == ERR_WOULD_BLOCK);
        sample(end - start);
    }
    row_done();
}

static void signals(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t start = stamp();
        enum err e = sys_signal(notification);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        sample(end - start);
    }
    row_done();
}

static void run_alone(const struct row *row)
{
    notification = give(LEFT, make(CAP_NOTIFICATION, 0), RIGHTS_ALL, 1);
    void (*entry)(uint64_t) = row->a != 0 ? signals : polls;
    thread_make(&(struct thread_wish){.process = LEFT, .entry = entry});
    row_runs();
}

static void wakes(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        started = stamp();
        (void)sys_signal(notification);
    }
    row_done();
}

static void is_woken(uint64_t argument)
{
    (void)argument;
    for (;;) {
        uint64_t word;
        enum err e = sys_wait(notification, &word);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        sample(end - started);
    }
}

/* b: the process of the one who is woken, at a higher priority. Slots are the same in both. */
static void run_wake(const struct row *row)
{
    uint64_t object = make(CAP_NOTIFICATION, 0);
    notification = give(LEFT, object, RIGHTS_ALL, 1);
    NEED(row->b == LEFT || give(RIGHT, object, RIGHTS_ALL, 1) == notification);
    thread_make(&(struct thread_wish){.process = row->b, .entry = is_woken, .priority = 110});
    thread_make(&(struct thread_wish){.process = LEFT, .entry = wakes});
    row_runs();
}

static void yields(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        started = stamp();
        sys_yield();
    }
    row_done();
}

static void gets_turn(uint64_t argument)
{
    (void)argument;
    for (;;) {
        sys_yield();
        uint32_t end = stamp();
        sample(end - started);
    }
}

/* Two at the same priority. The one that begins measures nothing in its first turn. */
static void run_yield(const struct row *row)
{
    thread_make(&(struct thread_wish){.process = row->b, .entry = gets_turn});
    thread_make(&(struct thread_wish){.process = LEFT, .entry = yields});
    row_runs();
}

const struct row rows_signal[] = {
    {"null_syscall", run_alone, 0, 0, 0},
    {"signal", run_alone, 1, 0, 0},
    {"signal_wakes", run_wake, 0, RIGHT, 0},
    {"signal_wakes_same_space", run_wake, 0, LEFT, 0},
    {"yield", run_yield, 0, RIGHT, 0},
    {"yield_same_space", run_yield, 0, LEFT, 0},
    {0},
};
