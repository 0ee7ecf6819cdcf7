"""What is proved: function -> what its contract says, for the table. And how it is read."""

# Frama-C sees these files as one program.
SOURCES = ["cap.c", "cnode.c", "untyped.c", "commit.c", "sched.c", "thread.c", "irq.c", "vspace.c",
           "invoke.c", "endpoint.c", "syscall.c"]

# Accessors of a line or two: their body stands at each call, so that they need no contract.
INLINED = ["container_slot", "slot_container", "cap_object", "thread_slot",
           "thread_buffer", "link_front", "link_back", "same_object"]

# Promises that z3 leaves to cvc4. can_fail.py asks z3 alone, so that they say nothing there.
HARD = {"retype_check_ensures_3", "retype_check_loop_invariant_2_preserved",
        "commit_emit_ensures_2"}

PROVED = {
    "slot_lookup": "succeeds exactly for a slot in use inside the container",
    "slot_lookup_empty": "succeeds exactly for an empty slot inside a container not frozen",
    "slot_is_last": "exactly if no neighbour in the tree names the same object",
    "slot_after": "reads slots only, and ends, where climbing stays inside the tree",
    "slot_fill": "the contents arrive, `top` covers the index; nothing else changes",
    "slot_insert": "first child of its parent, all four links, depth + 1; nothing else changes",
    "slot_remove": "neighbours name its children, or each other; nothing else changes",
    "object_bits": "the size of each type, 0 for what there is not",
    "retype_start": "first aligned offset behind the watermark, less than an object behind it",
    "retype_check": "all objects between watermark and end (I4), all destinations empty",
    "clear_until": "clears inside the untyped only, at most 16 pages; `extra` only grows",
    "sched_usable": "time left exactly if usable; refilled only when due, never above the budget",
    "sched_lend": "lender and borrower name each other, depth + 1, at most 8",
    "sched_check": "least budget <= budget <= period <= 2^48, on a CPU that has come up",
    "start_check": "entry, stack and FS base are user addresses; the thread is inactive",
    "config_check": "priority <= 255; no flag but THREAD_FPU",
    "read_check": "eight registers from the first lie inside struct thread_regs",
    "get_check": "the line exists and is free; ports in order and below 2^16",
    "port_check": "exactly accesses of 1, 2, 4 bytes inside the range",
    "commit_room": "size less what is not acknowledged, within bounds",
    "event_room": "the same of the other ring",
    "log_has_room": "exactly if a step's commits fit",
    "commit_emit": "writes the record at its number modulo the size, and the head; nothing else",
    "event_write": "the same of an event",
    "log_ack_check": "tails move forward only, and not beyond the heads",
    "sched_pay": "the running context pays exactly the time since the last charge",
    "queue_insert": "neighbours and ends name it; nothing else changes",
    "queue_remove": "neighbours and ends name each other; nothing else changes",
    "slot_config_check": "each slot of a thread gets its type; a context in use is refused",
    "copy_check": "nothing that has a holder; rights a mask; a badge only where there is none",
}
