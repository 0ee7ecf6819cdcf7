/*
 * witness.c - situations that the search must have met: a search that never gets there proves
 * nothing about them. The first meeting is one by a shortest path.
 */
#include <stdio.h>
#include <string.h>

#include "explore.h"

static bool has_state(const struct step *s, enum thread_state state)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (s->before[i].state == state && world.threads[i]->state == state) return true;
    }
    return false;
}

static bool is_woken(const struct step *s, uint32_t i, enum err result)
{
    const struct thread *t = world.threads[i];
    uint8_t was = s->before[i].state;
    bool waited =
        was == T_SENDING || was == T_RECEIVING || was == T_WAITING || was == T_AWAIT_REPLY;
    bool runs = t->state == T_READY || t->state == T_RUNNING || t->state == T_PARKED;
    return waited && runs && !s->before[i].is_fault && t->regs.rax == (uint64_t)result;
}

static bool someone_told(const struct step *s, enum err result)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (is_woken(s, i, result)) return true;
    }
    return false;
}

static bool is_op(const struct step *s, enum operation op, uint32_t result)
{
    return s->op->number == SYS_INVOKE && msg_label(s->op->info) == op && s->result == result;
}

static bool has_commit(const struct step *s, enum commit_op op)
{
    for (uint64_t i = 0; i < s->commits; i++) {
        if (commit_at(step_first_commit() + i)->op == op) return true;
    }
    return false;
}

static bool cap_lost(const struct step *s)
{
    return someone_told(s, ERR_CAP_LOST);
}

static bool peer_died(const struct step *s)
{
    return someone_told(s, ERR_PEER_DIED);
}

static bool cancelled(const struct step *s)
{
    return someone_told(s, ERR_CANCELLED);
}

static bool lent_ended(const struct step *s)
{
    if (s->op->kind != KIND_TICK) return false;
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (s->before[i].lends && world.threads[i]->borrower == NULL) return true;
    }
    return false;
}

/* It had lent its time, that ran out, and still it is answered. */
static bool debtor_served(const struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        const struct brief *b = &s->before[i];
        if (b->state == T_AWAIT_REPLY && !b->lends && is_woken(s, i, OK) && world.real_order)
            return true;
    }
    return false;
}

static bool partial_revoke(const struct step *s)
{
    return is_op(s, OP_REVOKE, ERR_PARTIAL) &&
           (has_state(s, T_AWAIT_REPLY) || has_state(s, T_SENDING));
}

static bool partial_delete(const struct step *s)
{
    return is_op(s, OP_DELETE, ERR_PARTIAL) && has_state(s, T_AWAIT_REPLY);
}

static bool transferred(const struct step *s)
{
    return has_commit(s, COMMIT_TRANSFER);
}

static bool fault_answered(const struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (s->before[i].state == T_AWAIT_REPLY && s->before[i].is_fault &&
            s->op->number == SYS_REPLY && s->result == OK && !world.threads[i]->is_fault)
            return true;
    }
    return false;
}

static bool is_result(const struct step *s, enum err result)
{
    return s->op->kind == KIND_SYSCALL && s->result == (uint32_t)result;
}

static bool stopped_again(const struct step *s)
{
    return world.real_rings && s->op->kind == KIND_AGAIN && s->result == OK;
}

static bool log_full(const struct step *s)
{
    return is_result(s, ERR_LOG_FULL);
}

static bool event_gap(const struct step *s)
{
    (void)s;
    return world.real_rings && event_at(step_first_event())->kind == EVENT_GAP &&
           log_header()->event_head != step_first_event();
}

static bool quota(const struct step *s)
{
    return is_result(s, ERR_LOG_QUOTA) || someone_told(s, ERR_LOG_QUOTA);
}

static bool revoked_used(const struct step *s)
{
    return is_result(s, ERR_REVOKED);
}

static bool mark_cleared(const struct step *s)
{
    return s->commits == 1 && commit_at(step_first_commit())->op == COMMIT_DROP &&
           commit_at(step_first_commit())->type == CAP_REVOKED;
}

/* A capability to the endpoint itself: its badge arrives, no capability. */
static bool unwrapped(const struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        const struct ipc_buffer *b = world.buffers[i];
        if (s->actor != world.threads[i] && b != NULL && b->caps[0].slot == 0 &&
            b->caps[0].badge != 0)
            return true;
    }
    return false;
}

static bool signal_received(const struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (s->before[i].state == T_RECEIVING && is_woken(s, i, OK) &&
            world.threads[i]->regs.rsi == MSG_SIGNAL)
            return true;
    }
    return false;
}

static bool irq_wakes(const struct step *s)
{
    return s->op->kind == KIND_IRQ && someone_told(s, OK);
}

static bool lent_twice(const struct step *s)
{
    (void)s;
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (world.threads[i]->lend_depth > 1 && world.threads[i]->lender != NULL) return true;
    }
    return false;
}

static bool in_debt(const struct step *s)
{
    (void)s;
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (world_has_sched(i) && world.scheds[i]->remaining < 0) return true;
    }
    return false;
}

static bool parked_runs(const struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (s->before[i].state == T_PARKED && world.threads[i]->state == T_RUNNING) return true;
    }
    return false;
}

/* While its caller waits for the answer, and lends its time. */
static bool caller_dies(const struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        if (s->before[i].state == T_AWAIT_REPLY && s->before[i].lends &&
            s->op->number == SYS_INVOKE && msg_label(s->op->info) == OP_DELETE &&
            world.threads[i]->head.frozen)
            return true;
    }
    return false;
}

static bool fault_unheard(const struct step *s)
{
    bool stops = s->op->number == SYS_INVOKE && msg_label(s->op->info) == OP_THREAD_STOP;
    for (uint32_t i = 0; i < world.thread_count && !stops; i++) {
        const struct thread *t = world.threads[i];
        if (s->before[i].is_fault && t->state == T_INACTIVE && !t->head.frozen) return true;
    }
    return false;
}

static bool held(const struct step *s)
{
    (void)s;
    return fake.holds != 0;
}

static bool called_across(const struct step *s)
{
    (void)s;
    for (uint32_t i = 0; i < world.thread_count; i++) {
        const struct thread *t = world.threads[i];
        if (t->borrower != NULL && t->borrower->cpu != t->cpu) return true;
    }
    return false;
}

/* It runs on, without a context, until its CPU has the tick that it was asked to take. */
static bool left_running(const struct step *s)
{
    (void)s;
    for (uint32_t i = 0; i <= cpu_last; i++) {
        if (cpus[i].current != NULL && cpus[i].sched == NULL && fake.poked[i]) return true;
    }
    return false;
}

static bool partial_retype(const struct step *s)
{
    return is_op(s, OP_RETYPE, ERR_PARTIAL);
}

static bool table_busy(const struct step *s)
{
    return is_op(s, OP_UNMAP, ERR_BUSY);
}

static const struct {
    const char *name, *text;
    bool (*met)(const struct step *s);
    bool steps; /* met where revoke and delete stop after two slots; else where they go on */
} table[] = {
    {"cap_lost", "a reply's capability could not be stored: ERR_CAP_LOST", cap_lost, false},
    {"peer_died", "a caller is told that nobody will answer: ERR_PEER_DIED", peer_died, false},
    {"cancelled", "who waits through a capability that goes is told: ERR_CANCELLED", cancelled,
     false},
    {"lent_ended", "a lent budget ends while the server works", lent_ended, false},
    {"debtor_served", "a caller whose lent budget ended is answered all the same", debtor_served,
     false},
    {"partial_revoke", "a revoke stops in the middle while a client waits", partial_revoke, true},
    {"partial_delete", "a delete stops in the middle while a client waits", partial_delete, true},
    {"transferred", "a capability travels in a message", transferred, false},
    {"fault_unheard", "a faulted thread stops as nobody can answer any more", fault_unheard, false},
    {"caller_dies", "a thread ends while it awaits an answer and lends its time", caller_dies,
     true},
    {"unwrapped", "a name of the endpoint arrives as its badge", unwrapped, false},
    {"quota", "commit credits are used up: ERR_LOG_QUOTA", quota, false},
    {"revoked_used", "a slot that a revoke emptied is used: ERR_REVOKED", revoked_used, false},
    {"mark_cleared", "and cleared by its owner", mark_cleared, false},
    {"signal_received", "a receiver gets its bound notification's signal", signal_received, false},
    {"irq_wakes", "an interrupt wakes a thread", irq_wakes, false},
    {"lent_twice", "a server lends on what was lent to it", lent_twice, false},
    {"in_debt", "a budget is overdrawn", in_debt, false},
    {"parked_runs", "a thread without budget runs when it is refilled", parked_runs, false},
    {"held", "a thread is stopped while another CPU runs it", held, false},
    {"called_across", "a server on one CPU runs on the time of a client of another", called_across,
     false},
    {"left_running", "the context of a thread that another CPU runs goes elsewhere", left_running,
     false},
    {"table_busy", "a page table with entries is not unmapped", table_busy, false},
    {"partial_retype", "memory is cleared in several steps", partial_retype, true},
    {"stopped_again", "a call that the full rings stopped runs again", stopped_again, false},
    {"log_full", "a drain thread finds no room either: ERR_LOG_FULL", log_full, false},
    {"event_gap", "events were dropped, and how many is told", event_gap, false},
    {"fault_answered", "a faulted thread runs again after its answer", fault_answered, false},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static struct {
    const char *config; /* NULL: not met */
    uint32_t parent, op, length;
    bool fresh; /* in this configuration */
} met[COUNT];

void witness_step(const struct step *s, uint32_t parent, uint32_t op)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        if (met[i].config != NULL || !table[i].met(s)) continue;
        met[i].config = world.name;
        met[i].parent = parent;
        met[i].op = op;
        met[i].fresh = true;
    }
}

void witness_config_end(const char *wanted)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        if (!met[i].fresh) continue;
        met[i].fresh = false;
        met[i].length = 1;
        for (uint32_t s = met[i].parent; s != 0; s = store_parent(s)) {
            met[i].length++;
        }
        if (wanted == NULL || strcmp(wanted, table[i].name) != 0) continue;
        printf("%s: %s; in configuration %s:\n", table[i].name, table[i].text, world.name);
        search_path(met[i].parent);
        const struct op *op = &world.ops[met[i].op];
        bool acts = op_acts(op);
        printf("%4u  %s%s%s\n", met[i].length, acts ? world.thread_names[op->actor] : "",
               acts ? ": " : "", op->text);
    }
}

bool witness_known(const char *name)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        if (strcmp(name, table[i].name) == 0) return true;
    }
    return false;
}

bool witness_all_met(bool steps)
{
    bool all = true;
    for (uint32_t i = 0; i < COUNT; i++) {
        if (met[i].config != NULL) {
            printf("met in %2u steps of %-10s %-16s %s\n", met[i].length, met[i].config,
                   table[i].name, table[i].text);
        } else if (table[i].steps == steps) {
            printf("NOT MET %-26s %s\n", table[i].name, table[i].text);
            all = false;
        }
    }
    return all;
}
