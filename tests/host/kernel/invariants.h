/*
 * invariants.h - what is true of the kernel's state between any two steps. Ids as in the kernel's
 * comments; what each says stands in the table in invariants.c.
 */
#pragma once
#include "view.h"

/* The first that does not hold, as "INV-X-1: what it says (address)"; NULL: all hold. */
const char *invariants_broken(void);
/* One by one, in the last view taken. A later one may follow links that an earlier one vouches for:
 * where that does not hold, it may panic or end with a signal. */
size_t invariants_count(void);
const char *invariant_id(size_t i);
bool invariant_holds(size_t i);

typedef bool predicate(struct view *v);
/* inv_cap.c */
predicate inv_tree_linked, inv_rights_narrow, inv_depth_grows, inv_flags_known;
predicate inv_container_holds, inv_relatives_together, inv_parent_fits;
predicate inv_untyped_children, inv_memory_disjoint, inv_untyped_clean;
/* inv_thread.c */
predicate inv_thread_queued, inv_queue_linked, inv_endpoint_one_kind, inv_sender_via;
predicate inv_reply_linked, inv_notification_empty, inv_notification_user;
/* inv_sched.c */
predicate inv_home_linked, inv_lending_linked, inv_ready_mapped, inv_parked_sorted, inv_due_awake;
predicate inv_highest_runs, inv_context_right, inv_timer_set, inv_context_alone;
predicate inv_cpu_placed;
/* inv_vspace.c */
predicate inv_mapping_recorded, inv_entries_counted, inv_no_write_exec, inv_tables_private;
/* inv_log.c */
predicate inv_ring_bounds, inv_ring_numbers, inv_lines_bound, inv_log_read_only;
