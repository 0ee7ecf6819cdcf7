/* syscall.c - the four ways into the core. */
#include "core.h"
#include "endpoint.h"
#include "invoke.h"
#include "irq.h"

/* By number, up to SYS_POLL: of the capability named. */
enum { R = RIGHT_READ, W = RIGHT_WRITE, E = CAP_ENDPOINT, N = CAP_NOTIFICATION };
static const uint8_t types_needed[] = {E, E, E, E, E, E, CAP_REPLY, N, N, N};
static const uint8_t rights_needed[] = {W, R, W, R, W, R, 0, W, R, R};

/* All but SYS_INVOKE. */
static enum err dispatch(struct thread *t, uint64_t number)
{
    struct slot *s;
    if (number == SYS_YIELD) sched_ready(t, false);
    if (number == SYS_YIELD) return OK;
    if (number == SYS_DROP) return drop(t, t->regs.rdi);
    if (number == SYS_DEBUG && WL_DEBUG) arch_putc((char)t->regs.w[0]);
    if (number >= SYS_DEBUG) return WL_DEBUG && number == SYS_DEBUG ? OK : ERR_SYSCALL;
    uint64_t name = number == SYS_REPLY ? (uint32_t)t->regs.rbx : t->regs.rdi;
    enum err e = slot_lookup(t->cspace, name, &s);
    if (e != OK) return e;
    if (s->type != types_needed[number - SYS_BASE]) return ERR_CAP_TYPE;
    if (rights_needed[number - SYS_BASE] & ~s->rights) return ERR_RIGHTS;
    if (number > SYS_SIGNAL) return notification_wait(t, s, number == SYS_WAIT);
    if (number == SYS_SIGNAL) notification_signal(cap_object(s), s->badge);
    if (number == SYS_SIGNAL) return OK;
    if (number == SYS_REPLY) return ipc_reply(t, s);
    if (number % 2 == SYS_CALL % 2)
        return ipc_send(t, s, number == SYS_CALL, number != SYS_NB_SEND);
    return ipc_receive(t, s, number == SYS_REPLY_RECV, number != SYS_NB_RECV);
}

static void step_begin(uint64_t now)
{
    cpu()->now = now;
    cpu()->actor = cpu()->current;
}

/* What `result` leaves of `t`, and the record of its system call. */
OFTEN static inline void syscall_end(struct thread *t, struct event e, enum err result)
{
    bool goes_on = t->state == T_RUNNING || t->state == T_READY;
    bool again = result == ERR_PARTIAL && e.op != SYS_INVOKE - SYS_BASE;
    if (again) t->regs.rip -= SYSCALL_BYTES;
    if (goes_on && !again) t->regs.rax = result;
    e.kind = EVENT_SYSCALL;
    e.result = goes_on ? (uint8_t)result : EVENT_BLOCKED;
    event_record(&e);
}

static void syscall_invoke(struct thread *t)
{
    struct request rq = {.caller = t, .op = msg_label(t->regs.rsi), .w = t->regs.w};
    uint64_t name = t->regs.rdi, a = rq.w[0], b = rq.w[1], c = rq.w[2], d = rq.w[3];
    struct event e = {.op = SYS_INVOKE - SYS_BASE, .slot = (uint32_t)name, .arg = name >> 32};
    e.info = (uint32_t)t->regs.rsi;
    if (rq.op == OP_PORT_OUT) c = d = 0; /* a value for a port decides nothing */
    syscall_end(t, e, invoke(&rq, name));
    event_arg(0, a, b, c);
    event_arg(1, d, 0, 0);
}

static void syscall_other(struct thread *t, uint64_t number)
{
    struct event e = {.slot = (uint32_t)t->regs.rdi, .info = (uint32_t)t->regs.rsi};
    e.op = number < SYS_END ? (uint8_t)(number - SYS_BASE) : 255;
    e.arg = number <= SYS_REPLY ? t->regs.rbx : 0;
    if (t->regs.rdi >> 32 != 0) e.slot = ~0u; /* which finds as little */
    /* Its course depends on the capabilities, and the sender may write over them: read once. */
    const struct ipc_buffer *b = number <= SYS_REPLY ? thread_buffer(t) : NULL;
    uint32_t caps = b != NULL ? msg_caps(e.info) : 0;
    if (caps > MSG_CAPS_MAX) caps = 0;
    if (caps != 0) __builtin_memcpy(t->caps, b->caps, caps * sizeof(t->caps[0]));
    syscall_end(t, e, log_has_room() ? dispatch(t, number) : ERR_LOG_FULL);
    if (caps == 0) return;
    t->caps[caps] = (struct msg_cap){0};
    event_args((const uint64_t *)t->caps, 2 * caps);
}

void core_syscall(uint64_t now)
{
    struct thread *t = cpu()->current;
    if (t == NULL || t->regs.rax < SYS_BASE) {
        core_fault(FAULT_SYSCALL, t != NULL ? (uint32_t)t->regs.rax : 0, 0, 0, now);
        return;
    }
    step_begin(now);
    if (!log_admits(t)) { /* it has changed nothing; the instruction runs again */
        t->regs.rip -= SYSCALL_BYTES;
        event_record(&(struct event){.kind = EVENT_STOPPED});
    } else if (t->regs.rax == SYS_INVOKE) {
        syscall_invoke(t);
    } else {
        syscall_other(t, t->regs.rax);
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
    const struct fault f = {{vector, code, address, r->rip, r->rsp, r->rflags, r->rbp, t->id}};
    if (t->id == GENESIS_THREAD) arch_panic("axiom faulted: vector, code, cr2, rip; rsp", f.w, 5);
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
    cpu()->stamp = EVENT_STAMP | cpu()->index << 48;
    if (cpu()->index > cpu_last) cpu_last = (uint32_t)cpu()->index;
    event_record(&(struct event){.kind = EVENT_TICK});
    sched_finish();
}
