/* syscall.c - the four ways into the core. */
#include "core.h"
#include "endpoint.h"
#include "invoke.h"
#include "irq.h"

/* CALL to REPLY. */
static enum err message(struct thread *t, uint64_t number)
{
    struct slot *s;
    bool replies = number == SYS_REPLY, sends = number % 2 == SYS_CALL % 2;
    enum err e = slot_lookup(t->cspace, replies ? (uint32_t)t->regs.rbx : t->regs.rdi, &s);
    if (e != OK) return e;
    if (s->type != (replies ? CAP_REPLY : CAP_ENDPOINT)) return ERR_CAP_TYPE;
    if (replies) return ipc_reply(t, s);
    if (!(s->rights & (sends ? RIGHT_WRITE : RIGHT_READ))) return ERR_RIGHTS;
    if (sends) return ipc_send(t, s, number == SYS_CALL, number != SYS_NB_SEND);
    return ipc_receive(t, s, number == SYS_REPLY_RECV, number != SYS_NB_RECV);
}

/* SIGNAL, WAIT, POLL. */
static enum err notify(struct thread *t, uint64_t number)
{
    struct slot *s;
    enum err e = slot_lookup(t->cspace, t->regs.rdi, &s);
    if (e != OK) return e;
    if (s->type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (!(s->rights & (number == SYS_SIGNAL ? RIGHT_WRITE : RIGHT_READ))) return ERR_RIGHTS;
    if (number != SYS_SIGNAL) return notification_wait(t, s, number == SYS_WAIT);
    notification_signal(cap_object(s), s->badge);
    return OK;
}

/* What is neither of these, nor SYS_INVOKE. */
static enum err other(struct thread *t, uint64_t number)
{
    if (number == SYS_DROP) return log_has_room() ? drop(t, t->regs.rdi) : ERR_LOG_FULL;
    if (number == SYS_YIELD) sched_rest(t);
    if (number == SYS_DEBUG && WL_DEBUG) arch_putc((char)t->regs.w[0]);
    return number == SYS_YIELD || (WL_DEBUG && number == SYS_DEBUG) ? OK : ERR_SYSCALL;
}

static void step_begin(uint64_t now)
{
    struct thread *t = my_cpu->actor = my_cpu->current;
    my_cpu->acts = t != NULL ? t->id : 0;
    my_cpu->now = now;
}

/* What `result` leaves of `t`, and the record of its system call, `place` as it was before. */
OFTEN static inline void syscall_end(struct thread *t, uint64_t number, enum err result,
                                     uint64_t place, uint64_t arg)
{
    bool goes_on = t->state == T_RUNNING || t->state == T_READY;
    bool again = result == ERR_PARTIAL && number != SYS_INVOKE;
    if (again) t->regs.rip -= SYSCALL_BYTES;
    if (goes_on && !again) t->regs.rax = result;
    uint64_t op = number < SYS_END ? number - SYS_BASE : 255;
    event_record(EVENT(EVENT_SYSCALL, op, goes_on ? result : EVENT_BLOCKED), place, arg);
}

APART static void syscall_invoke(struct thread *t)
{
    struct request rq = {.caller = t, .op = msg_label(t->regs.rsi), .w = t->regs.w};
    uint64_t name = t->regs.rdi, a = rq.w[0], b = rq.w[1], c = rq.w[2], d = rq.w[3];
    uint64_t place = (uint32_t)name | t->regs.rsi << 32;
    if (rq.op == OP_PORT_OUT) c = d = 0; /* a value for a port decides nothing */
    syscall_end(t, SYS_INVOKE, invoke(&rq, name), place, name >> 32);
    event_arg(0, a, b, c);
    event_arg(1, d, 0, 0);
}

/* Its course depends on the capabilities, and the sender may write over them: read once. */
APART static void syscall_message(struct thread *t, uint64_t number)
{
    /* a slot of two parts finds as little as the last one */
    uint64_t place = (t->regs.rdi >> 32 ? ~0u : t->regs.rdi) | t->regs.rsi << 32, arg = t->regs.rbx;
    uint32_t caps = msg_caps(t->regs.rsi);
    if (caps > MSG_CAPS_MAX || !thread_buffer(t)) caps = 0;
    if (caps != 0) __builtin_memcpy(t->caps, thread_buffer(t)->caps, caps * sizeof(t->caps[0]));
    syscall_end(t, number, log_has_room() ? message(t, number) : ERR_LOG_FULL, place, arg);
    if (caps != 0) t->caps[caps] = (struct msg_cap){0};
    event_args((const uint64_t *)t->caps, 2 * caps);
}

APART static void syscall_other(struct thread *t, uint64_t number)
{
    uint64_t place = (t->regs.rdi >> 32 ? ~0u : t->regs.rdi) | t->regs.rsi << 32;
    syscall_end(t, number, number <= SYS_POLL ? notify(t, number) : other(t, number), place, 0);
}

void core_syscall(uint64_t now)
{
    struct thread *t = my_cpu->current;
    uint64_t number = t != NULL ? t->regs.rax : 0;
    if (number < SYS_BASE) {
        core_fault(FAULT_SYSCALL, (uint32_t)number, 0, 0, now);
        return;
    }
    step_begin(now);
    if (!log_admits(t)) { /* it has changed nothing; the instruction runs again */
        t->regs.rip -= SYSCALL_BYTES;
        event_record(EVENT(EVENT_STOPPED, 0ull, 0), 0, 0);
    } else if (number == SYS_INVOKE) {
        syscall_invoke(t);
    } else {
        (number <= SYS_REPLY ? syscall_message : syscall_other)(t, number);
    }
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
    const uint64_t f[] = {vector, code, address, r->rip, r->rsp, r->rflags, r->rbp, t->id};
    if (t->id == GENESIS_THREAD) arch_panic("axiom faulted: vector, code, cr2, rip; rsp", f, 5);
    step_begin(now);
    __builtin_memcpy(t->fault, f, sizeof(f));
    ipc_fault(t, kind);
    event_record(EVENT(EVENT_FAULT, (uint64_t)kind, EVENT_BLOCKED), vector, address);
    sched_finish();
}

void core_irq(uint32_t line, uint64_t now)
{
    step_begin(now);
    arch_irq_mask(line);
    irq_signal(line);
    event_record(EVENT(EVENT_IRQ, 0ull, 0), line, 0);
    sched_finish();
}

void core_tick(uint64_t now)
{
    step_begin(now);
    cpu()->timer = cpu()->calm = 0;          /* one shot: it is spent */
    cpu()->index = (uint64_t)(cpu() - cpus); /* its first step is a tick */
    cpu()->stamp = EVENT_STAMP | cpu()->index << 48;
    if (cpu()->index > cpu_last) cpu_last = (uint32_t)cpu()->index;
    event_record(EVENT(EVENT_TICK, 0ull, 0), 0, 0);
    sched_finish();
}
