/* syscall.c - the four ways into the core. */
#include "core.h"
#include "endpoint.h"
#include "invoke.h"
#include "irq.h"

/* By number, up to SYS_POLL: of the capability named. */
enum { R = RIGHT_READ, W = RIGHT_WRITE, E = CAP_ENDPOINT, N = CAP_NOTIFICATION };
static const uint8_t types_needed[] = {E, E, E, E, E, E, CAP_REPLY, N, N, N};
static const uint8_t rights_needed[] = {W, R, W, R, W, R, 0, W, R, R};

static enum err dispatch(struct thread *t, uint64_t number)
{
    struct slot *s;
    if (number == SYS_INVOKE) {
        struct request rq = {.caller = t, .op = msg_label(t->regs.rsi), .w = t->regs.w};
        return invoke(&rq, t->regs.rdi);
    }
    if (number == SYS_YIELD) sched_ready(t);
    if (number == SYS_YIELD) return OK;
    if (number == SYS_DROP) return drop(t, t->regs.rdi);
    if (number == SYS_DEBUG && WL_DEBUG) arch_putc((char)t->regs.w[0]);
    if (number >= SYS_DEBUG) return WL_DEBUG && number == SYS_DEBUG ? OK : ERR_SYSCALL;
    uint64_t name = number == SYS_REPLY ? (uint32_t)t->regs.rbx : t->regs.rdi;
    enum err e = slot_lookup(thread_cspace(t), name, &s);
    if (e != OK) return e;
    if (s->type != types_needed[number - SYS_BASE]) return ERR_CAP_TYPE;
    if (rights_needed[number - SYS_BASE] & ~s->rights) return ERR_RIGHTS;
    if (number == SYS_REPLY) return ipc_reply(t, s);
    if (number < SYS_REPLY && number % 2 == SYS_CALL % 2)
        return ipc_send(t, s, number == SYS_CALL, number != SYS_NB_SEND);
    if (number < SYS_REPLY)
        return ipc_receive(t, s, number == SYS_REPLY_RECV, number != SYS_NB_RECV);
    if (number != SYS_SIGNAL) return notification_wait(t, s, number == SYS_WAIT);
    notification_signal(cap_object(s), s->badge);
    return OK;
}

/* What decides the course of a system call beside its record's fields is read here, once, into
 * `t->caps`; returns the number of words. A value for a port decides nothing. */
static uint32_t args_take(struct thread *t, uint64_t number)
{
    bool invokes = number == SYS_INVOKE, writes = msg_label(t->regs.rsi) == OP_PORT_OUT;
    const struct ipc_buffer *b = thread_buffer(t);
    uint32_t pairs = number > SYS_REPLY || b == NULL ? 0 : msg_caps(t->regs.rsi);
    if (invokes) pairs = writes ? 1 : 2;
    if (pairs == 0 || pairs > MSG_CAPS_MAX) return 0;
    __builtin_memcpy(t->caps, invokes ? (void *)t->regs.w : b->caps, pairs * sizeof(t->caps[0]));
    t->caps[pairs] = (struct msg_cap){0};
    return 2 * pairs;
}

static void step_begin(uint64_t now)
{
    cpu()->now = now;
    cpu()->actor = cpu()->current;
}

void core_syscall(uint64_t now)
{
    struct thread *t = cpu()->current;
    if (t == NULL || t->regs.rax < SYS_BASE) {
        core_fault(FAULT_SYSCALL, t != NULL ? (uint32_t)t->regs.rax : 0, 0, 0, now);
        return;
    }
    uint64_t number = t->regs.rax, name = t->regs.rdi;
    step_begin(now);
    if (!log_admits(t)) { /* it has changed nothing; the instruction runs again */
        t->regs.rip -= SYSCALL_BYTES;
        event_record(&(struct event){.kind = EVENT_STOPPED});
        sched_finish();
        return;
    }
    bool invokes = number == SYS_INVOKE;
    struct event e = {.kind = EVENT_SYSCALL, .slot = (uint32_t)name, .info = (uint32_t)t->regs.rsi};
    e.op = number < SYS_END ? (uint8_t)(number - SYS_BASE) : 255;
    e.arg = invokes ? name >> 32 : number <= SYS_REPLY ? t->regs.rbx : 0;
    if (!invokes && name >> 32 != 0) e.slot = ~0u; /* which finds as little */
    uint32_t args = invokes || msg_caps(e.info) != 0 ? args_take(t, number) : 0;
    enum err result = ERR_LOG_FULL;
    if (invokes || log_has_room()) result = dispatch(t, number);
    bool again = result == ERR_PARTIAL && !invokes;
    bool goes_on = t->state == T_RUNNING || t->state == T_READY;
    if (again) t->regs.rip -= SYSCALL_BYTES;
    if (goes_on && !again) t->regs.rax = result;
    e.result = goes_on ? (uint8_t)result : EVENT_BLOCKED;
    event_record(&e);
    event_args((const uint64_t *)t->caps, args);
    sched_finish();
}

void core_fault(enum fault_kind kind, uint32_t vector, uint64_t code, uint64_t address,
                uint64_t now)
{
    struct thread *t = cpu()->current;
    if (t == NULL) { /* another CPU stopped it on its way here */
        core_tick(now);
        return;
    }
    const struct thread_regs *r = &t->regs;
    const struct fault f = {{vector, code, address, r->rip, r->rsp, r->rflags, r->rbp, t->id}};
    if (t->id == GENESIS_THREAD) {
        uint64_t known[2 * MSG_REGISTERS];
        for (uint32_t i = 0; i < 2 * MSG_REGISTERS; i++) {
            known[i] = i < MSG_REGISTERS ? f.w[i] : commit_told(i - MSG_REGISTERS);
        }
        arch_panic("axiom faulted: vector, code, cr2, rip; rsp; commits", known, 2 * MSG_REGISTERS);
    }
    step_begin(now);
    t->fault = f;
    ipc_fault(t, kind);
    struct event e = {.kind = EVENT_FAULT, .op = (uint8_t)kind, .slot = vector, .arg = address};
    e.result = EVENT_BLOCKED;
    event_record(&e);
    sched_finish();
}

void core_irq(uint32_t line, uint64_t now)
{
    step_begin(now);
    arch_irq_mask(line);
    irq_signal(line);
    event_record(&(struct event){.kind = EVENT_IRQ, .slot = line});
    sched_finish();
}

void core_tick(uint64_t now)
{
    step_begin(now);
    cpu()->timer = cpu()->calm = 0;          /* one shot: it is spent */
    cpu()->index = (uint64_t)(cpu() - cpus); /* its first step is a tick */
    if (cpu()->index > cpu_last) cpu_last = (uint32_t)cpu()->index;
    event_record(&(struct event){.kind = EVENT_TICK});
    sched_finish();
}
