/* main.c - start, end, and the operations that the worst cases are made of. */
#include "numbers.h"
#include "worst.h"

_Static_assert(CALL_CALL == SYS_CALL && CALL_SEND == SYS_SEND, "numbers.h");
_Static_assert(CALL_SIGNAL == SYS_SIGNAL && CALL_WAIT == SYS_WAIT, "numbers.h");

enum { WAKE = 3003, WAKE_SIGNAL = 3004, WAKER = 3005, PORTS = 3006, EXIT_PORT = 0xf4 };
enum { WAKE_IN_BIG = 1, PRIORITY = 254, CROWD = 100000 };

static uint64_t next_untyped = OWN_UNTYPED;

_Noreturn void start_program(const struct boot_info *boot);

_Noreturn void finish(uint32_t code)
{
    struct message m = {.w = {EXIT_PORT, 4, code}};
    (void)sys_invoke(PORTS, OP_PORT_OUT, 3, &m);
    __builtin_trap();
}

void make(enum cap_type type, uint32_t bits, uint32_t count, uint64_t index)
{
    NEED(op(OP_RETYPE, POOL, type, bits, count, in(BIG, index)) == OK);
}

void make_own(uint64_t untyped, enum cap_type type, uint32_t bits, uint64_t slot)
{
    NEED(op(OP_RETYPE, untyped, type, bits, 1, slot) == OK);
}

uint64_t room(uint32_t bits)
{
    make_own(POOL, CAP_UNTYPED, bits, next_untyped);
    return next_untyped++;
}

void thread_make(const struct thread_wish *wish)
{
    uint64_t slot = wish->slot, context = slot + THREADS;
    make_own(POOL, CAP_THREAD, 0, slot);
    NEED(op(OP_COPY, in(slot, TS_CSPACE), BIG, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_COPY, in(slot, TS_ASPACE), GS_ASPACE, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_THREAD_CONFIG, slot, wish->priority, 0, 0, 0) == OK);
    if (wish->buffer != 0)
        NEED(op(OP_COPY, in(slot, TS_BUFFER), wish->buffer, RIGHTS_ALL, 0, 0) == OK);
    if (wish->budget != 0) {
        make_own(POOL, CAP_SCHED, 0, context);
        NEED(op(OP_COPY, in(slot, TS_SCHED), context, RIGHTS_ALL, 0, 0) == OK);
        NEED(op(OP_SCHED_CONFIG, context, wish->budget, wish->period, 0, 0) == OK);
    }
    NEED(op(OP_THREAD_START, slot, (uint64_t)wish->entry, 0, wish->argument, 0) == OK);
}

void thread_end(uint64_t slot)
{
    NEED(op(OP_DELETE, in(GS_CNODE, slot), 0, 0, 0, 0) == OK);
    enum err e = op(OP_DELETE, in(GS_CNODE, slot + THREADS), 0, 0, 0, 0);
    NEED(e == OK || e == ERR_CAP_EMPTY);
}

/* The waker has the lowest priority: when it signals, nobody else can run. */
void let_run(void)
{
    uint64_t word;
    NEED(op(OP_THREAD_STOP, WAKER, 0, 0, 0, 0) == OK);
    NEED(op(OP_THREAD_START, WAKER, (uint64_t)thread_signals, 0, WAKE_IN_BIG, 0) == OK);
    NEED(sys_wait(WAKE, &word) == OK);
}

static void prepare(const struct boot_info *boot)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < boot->untyped_count; i++) {
        const struct boot_untyped *u = &boot->untypeds[i];
        if (u->kind == UNTYPED_MEMORY && u->bits > boot->untypeds[best].bits) best = i;
    }
    NEED(op(OP_PORTS_GET, GS_PORT_CONTROL, EXIT_PORT, EXIT_PORT + 3, PORTS, 0) == OK);
    make_own(GS_UNTYPED + best, CAP_UNTYPED, boot->untypeds[best].bits, POOL);
    make_own(POOL, CAP_CNODE, BIG_BITS, BIG);
    make_own(POOL, CAP_NOTIFICATION, 0, WAKE);
    NEED(op(OP_MINT, in(GS_CNODE, WAKE_SIGNAL), WAKE, RIGHTS_ALL, 1, 0) == OK);
    NEED(op(OP_COPY, in(BIG, WAKE_IN_BIG), WAKE_SIGNAL, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_SCHED_CONFIG, GS_SCHED, BUDGET, BUDGET, 0, 0) == OK);
    NEED(op(OP_THREAD_CONFIG, GS_THREAD, PRIORITY, 0, 0, 0) == OK);
    thread_make(&(struct thread_wish){.slot = WAKER,
                                      .entry = thread_signals,
                                      .argument = WAKE_IN_BIG,
                                      .budget = BUDGET,
                                      .period = BUDGET});
}

/* The number behind a word of the command line, `other` if it is not there. */
static uint64_t asked(const char *cmdline, const char *word, uint64_t other)
{
    for (; *cmdline != '\0'; cmdline++) {
        uint32_t i = 0;
        while (word[i] != '\0' && cmdline[i] == word[i]) {
            i++;
        }
        if (word[i] != '\0') continue;
        uint64_t number = 0;
        for (cmdline += i; *cmdline >= '0' && *cmdline <= '9'; cmdline++) {
            number = number * 10 + (uint64_t)(*cmdline - '0');
        }
        return number;
    }
    return other;
}

/* Words of the command line: crowd=N descendants of one capability; only=1 nothing else. */
_Noreturn void start_program(const struct boot_info *boot)
{
    prepare(boot);
    worst_crowd(asked(boot->cmdline, "crowd=", CROWD));
    if (asked(boot->cmdline, "only=", 0) != 0) finish(0);
    worst_retype();
    worst_tables();
    worst_chain();
    worst_sparse();
    worst_nested();
    worst_message();
    worst_senders();
    worst_idle();
    worst_refill();
    finish(0);
}
