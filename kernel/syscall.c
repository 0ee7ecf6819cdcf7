/* syscall.c - the four ways into the core. */
#include "arch.h"
#include "commit.h"
#include "core.h"
#include "destroy.h"
#include "endpoint.h"
#include "invoke.h"
#include "irq.h"
#include "notification.h"
#include "sched.h"

static enum err signal_or_wait(struct thread *t, struct slot *s, uint64_t number)
{
    bool signals = number == SYS_SIGNAL;
    if (s->type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    if (!(s->rights & (signals ? RIGHT_WRITE : RIGHT_READ))) return ERR_RIGHTS;
    if (!signals) return notification_wait(t, cap_object(s), number == SYS_WAIT);
    notification_signal(cap_object(s), s->badge);
    return OK;
}

static enum err dispatch(struct thread *t, uint64_t number)
{
    struct slot *s;
    enum err e;
    if (number == SYS_INVOKE) {
        struct request rq = {.caller = t, .op = msg_label(t->regs.rsi), .w = t->regs.w};
        return invoke(&rq, t->regs.rdi);
    }
    if (number == SYS_YIELD) {
        sched_ready(t);
        return OK;
    }
    if (number == SYS_DROP) return drop(t, t->regs.rdi);
    uint64_t name = number == SYS_REPLY ? (uint32_t)t->regs.rbx : t->regs.rdi;
    if (number < SYS_BASE || number >= SYS_BASE + SYSCALL_COUNT) return ERR_SYSCALL;
    e = slot_lookup(thread_cspace(t), name, &s);
    if (e != OK) return e;
    switch (number) {
    case SYS_CALL:
        return ipc_send(t, s, true, true);
    case SYS_SEND:
        return ipc_send(t, s, false, true);
    case SYS_NB_SEND:
        return ipc_send(t, s, false, false);
    case SYS_RECV:
        return ipc_receive(t, s, true);
    case SYS_NB_RECV:
        return ipc_receive(t, s, false);
    case SYS_REPLY_RECV:
        return ipc_reply_receive(t, s);
    case SYS_REPLY:
        return ipc_reply(t, s);
    case SYS_SIGNAL:
    case SYS_WAIT:
    case SYS_POLL:
        return signal_or_wait(t, s, number);
    default:
        return ERR_SYSCALL;
    }
}

void core_syscall(uint64_t now)
{
    struct thread *t = cpu()->current;
    uint64_t number = t->regs.rax;
    sched_charge(now);
    if (number < SYS_BASE) {
        core_fault(FAULT_SYSCALL, (uint32_t)number, 0, 0, now);
        return;
    }
    if (!log_admits(t)) { /* it has changed nothing; the instruction runs again */
        t->regs.rip -= SYSCALL_BYTES;
        log_stop(t);
        sched_finish();
        return;
    }
    uint64_t info = t->regs.rsi;
    event_begin(&(struct event){
        .kind = EVENT_SYSCALL,
        .op = number < SYS_BASE + 255 ? (uint8_t)(number - SYS_BASE) : 255,
        .slot = (uint32_t)t->regs.rdi,
        .label = (uint16_t)msg_label(info),
        .words = (uint8_t)(msg_words(info) < 255 ? msg_words(info) : 255),
        .caps = (uint8_t)msg_caps(info),
        .badge = t->regs.rdi >> 32,
    });
    enum err e = ERR_LOG_FULL;
    if (number == SYS_INVOKE || log_has_room()) e = dispatch(t, number);
    if (e == ERR_PARTIAL && number != SYS_INVOKE) {
        t->regs.rip -= SYSCALL_BYTES;
    } else if (t->state == T_RUNNING || t->state == T_READY) {
        t->regs.rax = e;
    }
    event_end(t->state == T_RUNNING || t->state == T_READY ? (uint8_t)e : EVENT_BLOCKED);
    sched_finish();
}

void core_fault(enum fault_kind kind, uint32_t vector, uint64_t code, uint64_t address,
                uint64_t now)
{
    struct thread *t = cpu()->current;
    if (cpu()->now != now) sched_charge(now);
    event_begin(&(struct event){
        .kind = EVENT_FAULT, .op = (uint8_t)kind, .slot = vector, .badge = address});
    if (t->id == GENESIS_THREAD) arch_fatal("axiom's thread faulted");
    ipc_fault(t, kind,
              (uint64_t[]){vector, code, address, t->regs.rip, t->regs.rsp, t->regs.rflags});
    event_end(EVENT_BLOCKED);
    sched_finish();
}

void core_irq(uint32_t line, uint64_t now)
{
    sched_charge(now);
    event_begin(&(struct event){.kind = EVENT_IRQ, .slot = line});
    irq_fired(line);
    event_end(OK);
    sched_finish();
}

void core_tick(uint64_t now)
{
    sched_charge(now);
    cpu()->timer = 0; /* one shot: it is spent */
    event_begin(&(struct event){.kind = EVENT_TICK});
    event_end(OK);
    sched_finish();
}
