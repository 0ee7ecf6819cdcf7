/* events.c - rows of what comes from outside a system call: faults, interrupts, ends of budgets. */
#include "micro.h"

enum { PIT_LINE = 2, PIT_FIRST = 0x40, PIT_MODE = 0x43, PIT_ONE_SHOT = 0x30, PIT_COUNT = 40 };
enum { SLICE = 20000 /* ticks */, USUALLY = 24, LEAP = 200 /* more than a loop takes */ };

static cap_t endpoint, reply, notification, irq, ports;
static uint32_t volatile started;
/* A thread takes a time stamp, and has not noted it: what is interrupted there tells nothing. */
static bool volatile noting[PROCESSES];

static void breaks(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t start = stamp();
        __asm__ volatile("int3" ::: "memory");
        uint32_t end = stamp();
        sample(end - start);
    }
    row_done();
}

/* A system call that is not one of ours. */
static void calls_none(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t number = 0;
        uint32_t start = stamp();
        __asm__ volatile("syscall" : "+a"(number)::"rcx", "r11", "memory");
        uint32_t end = stamp();
        sample(end - start);
    }
    row_done();
}

static void handler(uint64_t argument)
{
    (void)argument;
    struct message m = {.info = 0};
    enum err e = sys_recv(endpoint, reply, 0, &m);
    for (;;) {
        THREAD_NEED(e == OK && (m.info & MSG_FAULT) != 0);
        m.info = 0;
        e = sys_reply_recv(endpoint, reply, 0, &m);
    }
}

enum { PAGE_ROUNDS = 64 };
static cap_t frames, space;

static void touches(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < PAGE_ROUNDS; i++) {
        const volatile uint8_t *page = (const volatile uint8_t *)PAGES_ADDR + i * 4096ull;
        uint32_t start = stamp();
        (void)*page;
        uint32_t end = stamp();
        sample(end - start);
    }
    row_done();
}

/* Maps the page that was missed. */
static void pager(uint64_t argument)
{
    (void)argument;
    struct message m = {.info = 0};
    enum err e = sys_recv(endpoint, reply, 0, &m);
    for (uint32_t i = 0;; i++) {
        THREAD_NEED(e == OK && (m.info & MSG_FAULT) != 0);
        uint64_t at = m.w[2] & ~4095ull;
        m = (struct message){.w = {space, at, RIGHT_READ}};
        e = sys_invoke(frames + i, OP_MAP, 3, &m);
        THREAD_NEED(e == OK);
        m.info = 0;
        e = sys_reply_recv(endpoint, reply, 0, &m);
    }
}

/* The address space and the frames are the handler's: no process of the real system holds such. */
static void run_page_fault(const struct row *row)
{
    uint64_t object = make(CAP_ENDPOINT, 0);
    (void)row;
    endpoint = give(RIGHT, object, RIGHTS_ALL, 0);
    reply = reply_make(RIGHT);
    space = give(RIGHT, processes[LEFT].aspace, RIGHTS_ALL, 0);
    frames = processes[RIGHT].next;
    processes[RIGHT].next += PAGE_ROUNDS;
    NEED(op(OP_RETYPE, row_memory(), CAP_FRAME, PAGE_BITS, PAGE_ROUNDS,
            in(processes[RIGHT].cnode, frames)) == OK);
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = pager});
    thread_make(&(struct thread_wish){.process = LEFT, .entry = touches, .fault = object});
    row_runs();
}

/* a: nonzero, by a system call. The handler is another process. */
static void run_fault(const struct row *row)
{
    uint64_t object = make(CAP_ENDPOINT, 0);
    endpoint = give(RIGHT, object, RIGHTS_ALL, 0);
    reply = reply_make(RIGHT);
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = handler});
    thread_make(&(struct thread_wish){
        .process = LEFT, .entry = row->a != 0 ? calls_none : breaks, .fault = object});
    row_runs();
}

static void spins(uint64_t argument)
{
    (void)argument;
    for (;;) {
        noting[LEFT] = true;
        started = stamp();
        noting[LEFT] = false;
    }
}

static void port_out(uint32_t port, uint32_t value)
{
    struct message m = {.w = {port, 1, value}};
    enum err e = sys_invoke(ports, OP_PORT_OUT, 3, &m);
    THREAD_NEED(e == OK);
}

static void driver(uint64_t argument)
{
    (void)argument;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t word;
        struct message m = {0};
        enum err e = sys_invoke(irq, OP_IRQ_ACK, 0, &m);
        THREAD_NEED(e == OK);
        port_out(PIT_MODE, PIT_ONE_SHOT);
        port_out(PIT_FIRST, PIT_COUNT + i % 8);
        port_out(PIT_FIRST, 0);
        e = sys_wait(notification, &word);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        if (!noting[LEFT]) sample(end - started);
    }
    row_done();
}

/* From the last instruction of one process to the first of another, more urgent one. */
static void run_interrupt(const struct row *row)
{
    (void)row;
    uint64_t object = make(CAP_NOTIFICATION, 0), signals = slot_new();
    uint64_t line = slot_new(), range = slot_new();
    noting[LEFT] = false;
    NEED(op(OP_MINT, in(GS_CNODE, signals), object, RIGHTS_ALL, 1, 0) == OK);
    NEED(op(OP_IRQ_GET, GS_IRQ_CONTROL, PIT_LINE, line, 0, 0) == OK);
    NEED(op(OP_IRQ_BIND, line, signals, 0, 0, 0) == OK);
    NEED(op(OP_PORTS_GET, GS_PORT_CONTROL, PIT_FIRST, PIT_MODE, range, 0) == OK);
    notification = give(RIGHT, object, RIGHTS_ALL, 0);
    irq = give(RIGHT, line, RIGHTS_ALL, 0);
    ports = give(RIGHT, range, RIGHTS_ALL, 0);
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = driver, .priority = 110});
    thread_make(&(struct thread_wish){.process = LEFT, .entry = spins});
    row_runs();
}

/* Two of these at one priority: where the time stamp leaps, the other one's turn has ended. On
 * counted time a turn would end at the same place of the loop each time: so each begins later, and
 * most of a loop is not that place. */
static void watches(uint64_t number)
{
    uint64_t turns = 0;
    while (sample_count < ROUNDS) {
        noting[number] = true;
        uint32_t end = stamp(), took = end - started;
        bool leaps = took > LEAP && took < SLICE;
        if (leaps && !noting[1 - number]) sample(took);
        started = end;
        noting[number] = false;
        uint64_t later = USUALLY + (leaps ? ++turns % USUALLY : 0);
        __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(later)::"cc");
    }
    row_done();
}

static void run_slices(const struct row *row)
{
    started = 0;
    noting[LEFT] = noting[RIGHT] = false; /* whoever was ended meanwhile left it as it was */
    for (uint32_t p = 0; p < PROCESSES; p++) {
        thread_make(&(struct thread_wish){.process = row->a != 0 ? LEFT : p,
                                          .entry = watches,
                                          .argument = p,
                                          .budget = SLICE + p});
    }
    row_runs();
}

const struct row rows_events[] = {
    {"fault", run_fault, 0, 0, 0},
    {"fault_syscall", run_fault, 1, 0, 0},
    {"page_fault", run_page_fault, 0, 0, 0},
    {"interrupt", run_interrupt, 0, 0, 0},
    {"budget_end", run_slices, 0, 0, 0},
    {"budget_end_same_space", run_slices, 1, 0, 0},
    {0},
};
