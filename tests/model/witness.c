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
        bool acts = op->kind != KIND_IRQ && op->kind != KIND_TICK && op->kind != KIND_LATER;
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
