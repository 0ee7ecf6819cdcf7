/* storm_calls.c - random system calls: of processes by their slots, of axiom on everything. */
#include "storm.h"

static struct thread *caller;

/* ---- a process ---- */

static uint64_t process_slot(void)
{
    if (one_in(50)) return any(1ull << 40);
    return P_FIRST + any(one_in(4) ? P_SLOTS : P_FREE - P_FIRST);
}

static uint64_t process_slot_of(enum cap_type type)
{
    const struct container *c = caller->cspace;
    uint64_t start = any(P_SLOTS), any_type = one_in(16);
    for (uint32_t i = 0; !any_type && i < P_SLOTS; i++) {
        uint64_t s = P_FIRST + (start + i) % P_SLOTS;
        if (s < c->count && slot_at(c, s)->type == type) return s;
    }
    return process_slot();
}

static uint64_t random_info(void)
{
    uint32_t words = (uint32_t)(one_in(8) ? any(1024) : any(10));
    uint32_t caps = (uint32_t)(one_in(3) ? any(one_in(8) ? 8 : 3) : 0);
    uint32_t slots = (uint32_t)(one_in(2) ? any(one_in(8) ? 8 : 4) : 0);
    return msg_info((uint32_t)any(0x10000), words, caps, slots) | (one_in(30) ? any(~0ull) : 0);
}

/* To answer, a Reply that somebody waits for, if there is one; else a free one. */
static uint64_t process_reply(bool answers)
{
    const struct container *c = caller->cspace;
    uint64_t start = any(P_SLOTS);
    for (uint64_t i = 0; i < P_SLOTS; i++) {
        uint64_t s = P_FIRST + (start + i) % P_SLOTS;
        if (s >= c->count || slot_at(c, s)->type != CAP_REPLY) continue;
        const struct reply *r = cap_object(slot_at(c, s));
        if (r->state == (answers ? REPLY_BOUND : REPLY_FREE)) return s;
    }
    return one_in(3) ? 0 : process_slot_of(CAP_REPLY);
}

static void fill_buffer(void)
{
    struct ipc_buffer *b = thread_buffer(caller);
    for (uint32_t i = 0; b != NULL && i < MSG_CAPS_MAX; i++) {
        static const uint8_t types[] = {CAP_ENDPOINT, CAP_ENDPOINT, CAP_NOTIFICATION, CAP_FRAME};
        enum cap_type type = types[any(sizeof(types))];
        b->caps[i] = (struct msg_cap){.slot = (uint32_t)process_slot_of(type)};
        b->caps[i].rights = (uint32_t)(one_in(8) ? any(1 << 20) : RIGHTS_ALL);
        b->caps[i].badge = one_in(3) ? any(4) : one_in(30) ? BADGE_TRUSTED : 0;
    }
}

static void process_registers(void)
{
    static const uint8_t calls[] = {0, 0, 0, 1, 1, 1, 1, 2, 3,  3,  3,  4,  5,
                                    6, 6, 7, 7, 8, 8, 8, 9, 10, 11, 11, 12, 13};
    struct thread_regs *r = &caller->regs;
    r->rax = SYS_BASE + calls[any(sizeof(calls))];
    if (one_in(100)) r->rax = one_in(2) ? any(1ull << 33) : SYS_END + any(3);
    bool notifies = r->rax >= SYS_SIGNAL && r->rax <= SYS_POLL;
    bool answers = r->rax == SYS_REPLY || (r->rax == SYS_REPLY_RECV && one_in(2));
    r->rdi = process_slot_of(notifies ? CAP_NOTIFICATION : CAP_ENDPOINT);
    if (r->rax == SYS_DROP) r->rdi = one_in(2) ? P_FREE + any(P_SLOTS - P_FREE) : process_slot();
    r->rsi = random_info();
    r->rbx = receive_slots(process_reply(answers), P_FREE + any(P_SLOTS - P_FREE + 8));
    fill_buffer();
}

/* ---- axiom ---- */

static uint64_t container_name(void)
{
    uint64_t kind = any(8);
    if (kind < 4) return in(GS_CNODE, window_pick(CAP_EMPTY));
    if (kind < 6) return in(window_pick(CAP_CNODE), P_FREE + any(P_SLOTS - P_FREE));
    if (kind < 7) return in(window_pick(CAP_THREAD), any(TS_COUNT + 1));
    return in(window_slot(), any(80));
}

static uint64_t source_name(void)
{
    static const uint8_t types[] = {CAP_ENDPOINT, CAP_NOTIFICATION, CAP_FRAME, CAP_THREAD,
                                    CAP_CNODE,    CAP_ASPACE,       CAP_SCHED, CAP_REPLY};
    if (one_in(6)) return in(window_pick(CAP_CNODE), P_FIRST + any(P_SLOTS));
    if (one_in(20)) return 1 + any(GS_LOG);
    return one_in(4) ? window_slot() : window_pick(types[any(sizeof(types))]);
}

/* Rarely what axiom itself stands on: then the world ends. */
static uint64_t victim_name(void)
{
    uint64_t kind = any(8);
    if (one_in(400)) return in(GS_CNODE, 1 + any(GS_LOG));
    if (kind < 4) return in(GS_CNODE, window_slot());
    if (kind < 7) return in(window_pick(CAP_CNODE), P_FIRST + any(P_SLOTS));
    return in(window_pick(CAP_THREAD), 1 + any(TS_COUNT));
}

static void retype_words(uint64_t *w)
{
    static const uint8_t types[] = {CAP_UNTYPED,  CAP_CNODE,  CAP_THREAD, CAP_SCHED,
                                    CAP_ENDPOINT, CAP_FRAME,  CAP_REPLY,  CAP_FRAME,
                                    CAP_ASPACE,   CAP_PTABLE, CAP_PTABLE, CAP_NOTIFICATION};
    w[0] = one_in(50) ? any(40) : types[any(sizeof(types))];
    w[1] = w[0] == CAP_CNODE ? 8 + any(5) : one_in(30) ? any(64) : 12;
    w[2] = one_in(3) ? 1 + any(4) : one_in(50) ? any(80) : 1;
    w[3] = one_in(4) ? in(window_pick(CAP_CNODE), P_FREE + any(P_SLOTS)) : window_pick(CAP_EMPTY);
}

static void map_words(uint64_t *w)
{
    w[0] = window_pick(CAP_ASPACE);
    w[1] = STORM_VADDR + PAGE_BYTES * any(4) + (any(5) / 3 << 30) + (one_in(20) ? any(~0ull) : 0);
    w[2] = RIGHT_READ | (one_in(2) ? RIGHT_WRITE : MAP_EXEC);
    if (one_in(4)) w[2] = one_in(2) ? any(32) : RIGHT_READ | RIGHT_WRITE | MAP_EXEC;
}

/* The name of a frame in a process's CNode, if it has one. */
static uint64_t process_frame(void)
{
    uint64_t cnode = window_pick(CAP_CNODE), start = any(P_SLOTS);
    for (uint32_t i = 0; ax_slot(cnode)->type == CAP_CNODE && i < P_SLOTS; i++) {
        uint64_t s = P_FIRST + (start + i) % P_SLOTS;
        const struct container *c = object_at(cnode);
        if (s < c->count && slot_at(c, s)->type == CAP_FRAME) return in(cnode, s);
    }
    return in(cnode, P_FIRST + start);
}

static void thread_words(uint64_t *w)
{
    w[0] = one_in(3) ? any(0x200) : 0x1000;
    w[1] = one_in(20) ? any(~0ull) : any(2);
    w[2] = any(2);
    w[3] = 0;
}

static enum operation slot_operation(uint64_t *name, uint64_t *w)
{
    enum operation op = OP_COPY + (enum operation)any(5);
    *name = op >= OP_DELETE ? victim_name() : container_name();
    if (op == OP_REVOKE && one_in(2)) *name = in(GS_CNODE, window_pick(CAP_UNTYPED));
    w[0] = source_name();
    w[1] = one_in(3) ? any(9) : RIGHTS_ALL;
    w[2] = one_in(3) ? any(4) : 0;
    w[3] = one_in(8) ? any(3) : 0;
    return op;
}

static const struct {
    uint8_t type, op;
} object_rows[] = {
    {CAP_CNODE, OP_CREDIT},        {CAP_UNTYPED, OP_RETYPE},
    {CAP_THREAD, OP_THREAD_START}, {CAP_THREAD, OP_THREAD_CONFIG},
    {CAP_THREAD, OP_THREAD_STOP},  {CAP_THREAD, OP_THREAD_READ},
    {CAP_SCHED, OP_SCHED_CONFIG},  {CAP_SCHED, OP_SCHED_READ},
    {CAP_FRAME, OP_MAP},           {CAP_FRAME, OP_MAP},
    {CAP_FRAME, OP_UNMAP},         {CAP_FRAME, OP_PADDR},
    {CAP_PTABLE, OP_MAP},          {CAP_PTABLE, OP_MAP},
    {CAP_PTABLE, OP_UNMAP},        {CAP_IRQ, OP_IRQ_BIND},
    {CAP_IRQ, OP_IRQ_ACK},         {CAP_PORTS, OP_PORT_IN},
    {CAP_PORTS, OP_PORT_OUT},      {CAP_LOG, OP_LOG_WALK},
};
enum { OBJECT_ROWS = sizeof(object_rows) / sizeof(object_rows[0]) };

/* An operation that the type of a slot in use has; often a retype, the only source. */
static enum operation object_operation(uint64_t *name, uint64_t *w)
{
    uint64_t row = any(OBJECT_ROWS);
    *name = one_in(3) ? window_pick(CAP_UNTYPED) : window_slot();
    if (one_in(6)) { /* in a process's hands */
        *name = process_frame();
        map_words(w);
        return one_in(3) ? OP_UNMAP : OP_MAP;
    }
    for (uint32_t i = 0; i < WINDOW && ax_slot(*name)->type <= CAP_REVOKED; i++) {
        *name = the_world.window + (*name - the_world.window + 1) % WINDOW;
    }
    for (uint32_t i = 0; i < OBJECT_ROWS && object_rows[row].type != ax_slot(*name)->type; i++) {
        row = (row + 1) % OBJECT_ROWS;
    }
    enum operation op = (enum operation)object_rows[row].op;
    w[0] = one_in(2) ? window_pick(CAP_NOTIFICATION) : any(5);
    w[1] = w[2] = any(5);
    if (op == OP_RETYPE) retype_words(w);
    if (op == OP_MAP) map_words(w);
    if (object_rows[row].type == CAP_THREAD) thread_words(w);
    if (op == OP_CREDIT) w[0] = one_in(2) ? ~0ull : any(20);
    if (op == OP_SCHED_CONFIG) {
        w[0] = any(100000);
        w[1] = any(1000000);
    }
    return op;
}

static enum operation control_operation(uint64_t *name, uint64_t *w)
{
    uint64_t kind = any(8);
    const struct log_header *h = log_header();
    *name = GS_LOG;
    w[0] = window_pick(CAP_NOTIFICATION);
    if (kind == 0) {
        *name = GS_IRQ_CONTROL;
        w[0] = any(26);
        w[1] = one_in(3) ? container_name() : window_pick(CAP_EMPTY);
        return OP_IRQ_GET;
    }
    if (kind == 1) {
        *name = GS_PORT_CONTROL;
        w[0] = any(8);
        w[1] = any(10);
        w[2] = one_in(3) ? container_name() : window_pick(CAP_EMPTY);
        return OP_PORTS_GET;
    }
    if (kind == 2) return OP_LOG_BIND;
    if (kind == 4) {
        w[0] = one_in(10);
        return OP_LOG_MODE;
    }
    if (kind == 5) {
        w[0] = one_in(10);
        return OP_LOG_WALK;
    }
    bool all = one_in(the_world.slow_reader ? 100 : 3);
    w[0] = all ? h->commit_head : h->commit_tail + any(200);
    w[1] = all ? h->event_head : h->event_tail + any(400);
    return OP_LOG_ACK;
}

static void axiom_registers(void)
{
    uint64_t kind = any(20);
    struct thread_regs *r = &caller->regs;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        r->w[i] = 0;
    }
    enum operation op = kind < 10   ? slot_operation(&r->rdi, r->w)
                        : kind < 18 ? object_operation(&r->rdi, r->w)
                                    : control_operation(&r->rdi, r->w);
    if (one_in(100)) op = (enum operation)any(128);
    r->rax = one_in(30) ? SYS_YIELD : SYS_INVOKE;
    r->rsi = msg_info(op, 0, 0, 0);
}

void storm_registers(struct thread *t)
{
    caller = t;
    if (t == axiom) {
        axiom_registers();
    } else {
        process_registers();
    }
}
