/* storm_names.c - what the records of the last step say, as a line to read. */
#include "storm_names.h"

#include "harness.h"

static const char *const calls[] = {"call",    "reply_recv", "send",   "recv", "nb_send",
                                    "nb_recv", "reply",      "signal", "wait", "poll",
                                    "yield",   "drop",       "invoke", "debug"};
static const struct {
    uint8_t op;
    const char *name;
} operations[] = {
    {OP_COPY, "copy"},         {OP_MINT, "mint"},
    {OP_MOVE, "move"},         {OP_DELETE, "delete"},
    {OP_REVOKE, "revoke"},     {OP_CREDIT, "credit"},
    {OP_RETYPE, "retype"},     {OP_THREAD_START, "thread start"},
    {OP_THREAD_STOP, "stop"},  {OP_THREAD_CONFIG, "thread config"},
    {OP_THREAD_READ, "read"},  {OP_SCHED_CONFIG, "sched config"},
    {OP_SCHED_READ, "read"},   {OP_MAP, "map"},
    {OP_UNMAP, "unmap"},       {OP_PADDR, "paddr"},
    {OP_IRQ_GET, "irq get"},   {OP_IRQ_BIND, "irq bind"},
    {OP_IRQ_ACK, "irq ack"},   {OP_PORTS_GET, "ports get"},
    {OP_PORT_IN, "port in"},   {OP_PORT_OUT, "port out"},
    {OP_LOG_ACK, "log ack"},   {OP_LOG_BIND, "log bind"},
    {OP_LOG_MODE, "log mode"}, {OP_LOG_WALK, "log walk"},
};
static uint64_t told; /* events shown */

static const char *operation_name(uint32_t op)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].op == op) return operations[i].name;
    }
    return "no operation";
}

static void show_call(const struct event *e)
{
    const char *name = e->op < sizeof(calls) / sizeof(calls[0]) ? calls[e->op] : "no call";
    bool invokes = SYS_BASE + e->op == SYS_INVOKE;
    if (invokes) name = operation_name(msg_label(e->info));
    printf("thread %u: %s %u", e->thread, name, e->slot);
    if (invokes) printf(" within %llu", (unsigned long long)e->arg);
    if (!invokes) printf(" (%u words, %u caps)", msg_words(e->info), msg_caps(e->info));
    if (e->result == EVENT_BLOCKED) printf(" waits");
    if (e->result != EVENT_BLOCKED) printf(" -> %u", e->result);
}

static void show_event(const struct event *e)
{
    if (e->kind == EVENT_SYSCALL) show_call(e);
    if (e->kind == EVENT_IRQ) printf("interrupt %u", e->slot);
    if (e->kind == EVENT_TICK) printf("tick");
    if (e->kind == EVENT_FAULT) printf("thread %u: fault %u", e->thread, e->op);
    if (e->kind == EVENT_GAP) printf("%llu events lost", (unsigned long long)e->arg);
    if (e->kind == EVENT_STOPPED) printf("thread %u stopped", e->thread);
}

void storm_show(size_t index, const struct step *s)
{
    const struct log_header *h = log_header();
    (void)s;
    if (index == 0) {
        printf("world: %llu commits\n", (unsigned long long)h->commit_head);
        told = h->event_head;
        return;
    }
    printf("%4zu  time %llu  ", index, (unsigned long long)now);
    for (const char *comma = ""; told < h->event_head; told++) {
        if (event_at(told)->kind == EVENT_ARGS) continue;
        printf("%s", comma);
        show_event(event_at(told));
        comma = "; ";
    }
    const struct thread *t = cpu()->current;
    printf("  [%llu commits; thread %u runs]\n", (unsigned long long)h->commit_head,
           t != NULL ? t->id : 0);
}
