/* text.c - see text.h. */
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "abi/syscall.h"
#include "names.h"

struct line {
    char *at;
    int used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(l->at + l->used, (size_t)(TEXT_MAX - l->used), format, list);
    va_end(list);
    l->used = l->used + n < TEXT_MAX ? l->used + n : TEXT_MAX - 1;
}

static void add_call(struct line *l, const struct event *e)
{
    bool invokes = e->op == SYS_INVOKE - SYS_BASE;
    add(l, "%s", e->op == 255 ? "no system call" : name_of_syscall(e->op));
    if (invokes) add(l, " %s", name_of_operation((uint16_t)msg_label(e->info)));
    if (invokes && e->arg != 0) add(l, " %" PRIu64 ":%u", e->arg, e->slot);
    if (!invokes || e->arg == 0) add(l, " slot %u", e->slot);
    if (e->op > SYS_REPLY - SYS_BASE) { /* what stands in rsi means nothing there */
        if (!invokes && e->info != 0) add(l, " info %#x", e->info);
        return;
    }
    bool sends = e->op != SYS_RECV - SYS_BASE && e->op != SYS_NB_RECV - SYS_BASE;
    if (sends) add(l, " label %u words %u", msg_label(e->info), msg_words(e->info));
    if (sends && msg_caps(e->info) != 0) add(l, " caps %u", msg_caps(e->info));
    if ((uint32_t)e->arg != 0) add(l, " reply %u", (uint32_t)e->arg);
    if (msg_slots(e->info) != 0)
        add(l, " receives %u at %" PRIu64, msg_slots(e->info), e->arg >> 32);
}

void text_event(char out[TEXT_MAX], const struct event *e)
{
    struct line l = {.at = out};
    const uint64_t *w = (const uint64_t *)e;
    if (e->kind == EVENT_ARGS) {
        add(&l, "args %u: %#" PRIx64 " %#" PRIx64 " %#" PRIx64, e->op * ARGS_WORDS, w[0], w[2],
            w[3]);
        return;
    }
    add(&l, "time %" PRIu64 " cpu %u thread %u ", e->time, e->cpu, e->thread);
    if (e->kind == EVENT_SYSCALL) {
        add_call(&l, e);
        if (e->result == EVENT_BLOCKED) {
            add(&l, " -> waits");
        } else {
            add(&l, " -> %u", e->result);
        }
        return;
    }
    add(&l, "%s", name_of_event(e->kind));
    if (e->kind == EVENT_IRQ) add(&l, " line %u", e->slot);
    if (e->kind == EVENT_FAULT) add(&l, " vector %u address %#" PRIx64, e->slot, e->arg);
    if (e->kind == EVENT_GAP) add(&l, ": %" PRIu64 " events were dropped", e->arg);
}

void text_commit(char out[TEXT_MAX], const struct commit *c)
{
    struct line l = {.at = out};
    char rights[4];
    name_of_rights(c->rights, rights);
    add(&l, "%" PRIu64 " %s %s %s dst %#" PRIx64, c->seq, name_of_commit(c->op),
        name_of_type(c->type), rights, c->dst);
    if (c->src != 0) add(&l, " src %#" PRIx64, c->src);
    if (c->obj != 0) add(&l, " obj %#" PRIx64, c->obj);
    if (c->badge != 0) add(&l, " badge %#" PRIx64, c->badge);
    if (c->arg0 != 0 || c->arg1 != 0) add(&l, " args %#" PRIx64 " %#" PRIx64, c->arg0, c->arg1);
    add(&l, " bits %u depth %u flags %u cause %" PRIu64 " actor %u time %" PRIu64, c->bits,
        c->depth, c->flags, c->cause, c->actor, c->time);
}
