/* invariants.c - the table, in the order in which later ones rely on earlier ones. */
#include "invariants.h"

#include <stdio.h>

static const struct {
    const char *id, *text;
    predicate *holds;
} table[] = {
    {"INV-CAP-1", "every link of the derivation tree has its counterpart", inv_tree_linked},
    {"INV-CAP-2", "a child's rights and badge are within its parent's", inv_rights_narrow},
    {"INV-CAP-3", "depth grows downwards and ends at 255", inv_depth_grows},
    {"INV-CAP-4", "flags are known ones, where they mean something", inv_flags_known},
    {"INV-CAP-5", "a container's slots are in the tree or cleared, none above its top",
     inv_container_holds},
    {"INV-CAP-6", "capabilities to one object stand together", inv_relatives_together},
    {"INV-CAP-7", "a child is of its parent's object, or made from it", inv_parent_fits},
    {"INV-UNTYPED-1", "children lie inside, below the watermark, apart from each other",
     inv_untyped_children},
    {"INV-UNTYPED-2", "no byte has two owners", inv_memory_disjoint},
    {"INV-UNTYPED-3", "what is said to be zero is zero", inv_untyped_clean},
    {"INV-THREAD-1", "a thread is in exactly the queue that its state says", inv_thread_queued},
    {"INV-THREAD-2", "queues are linked both ways and hold live threads only", inv_queue_linked},
    {"INV-EP-1", "an endpoint's queue has only senders or only receivers", inv_endpoint_one_kind},
    {"INV-EP-2", "who waits has a live, marked capability to that object", inv_sender_via},
    {"INV-REPLY-1", "a Reply and its thread name each other as their states say", inv_reply_linked},
    {"INV-NTFN-1", "the word is 0 while threads wait", inv_notification_empty},
    {"INV-NTFN-2", "a notification's user has it in TS_NOTIFY", inv_notification_user},
    {"INV-SCHED-1", "a context's user has it in TS_SCHED", inv_home_linked},
    {"INV-SCHED-2", "lender and borrower name each other, without circles", inv_lending_linked},
    {"INV-SCHED-3", "ready queues that are not empty have their bits; the highest is known",
     inv_ready_mapped},
    {"INV-SCHED-4", "parked threads stand by refill time", inv_parked_sorted},
    {"INV-SCHED-5", "nobody ready has a higher priority than who runs", inv_highest_runs},
    {"INV-SCHED-8", "nobody whose refill is due stays parked, unless the timer is due as well",
     inv_due_awake},
    {"INV-SCHED-6", "who runs has time left on the context at the end of its lenders",
     inv_context_right},
    {"INV-SCHED-7", "the timer is set for the end of the budget or the first refill",
     inv_timer_set},
    {"INV-SCHED-9", "no two CPUs run on one context", inv_context_alone},
    {"INV-SCHED-10", "a thread is on the CPU that its context names", inv_cpu_placed},
    {"INV-VSPACE-1", "a mapped slot's tables lead to its page", inv_mapping_recorded},
    {"INV-VSPACE-2", "every entry has its slot", inv_entries_counted},
    {"INV-VSPACE-3", "no page is writable and executable, none has more than its slot says",
     inv_no_write_exec},
    {"INV-VSPACE-4", "no page table or kernel object is mapped", inv_tables_private},
    {"INV-LOG-1", "tails follow heads by at most a ring", inv_ring_bounds},
    {"INV-LOG-2", "records are numbered without gaps and in time", inv_ring_numbers},
    {"INV-LOG-3", "the rings are mapped read-only", inv_log_read_only},
    {"INV-IRQ-1", "a bound line has a handler and a live notification", inv_lines_bound},
};

size_t invariants_count(void)
{
    return sizeof(table) / sizeof(table[0]);
}

const char *invariant_id(size_t i)
{
    return table[i].id;
}

bool invariant_holds(size_t i)
{
    return table[i].holds((struct view *)view_last());
}

const char *invariants_broken(void)
{
    static char message[200];
    struct view *v = (struct view *)view_take();
    for (size_t i = 0; i < invariants_count(); i++) {
        if (table[i].holds(v)) continue;
        snprintf(message, sizeof(message), "%s: %s (at %p)", table[i].id, table[i].text, v->blame);
        return message;
    }
    return NULL;
}
