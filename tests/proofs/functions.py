"""What is proved: function -> what its contract says, for the table. And how it is read."""

# Frama-C sees these files as one program.
SOURCES = ["cap.c", "cnode.c", "untyped.c", "commit.c", "sched.c", "thread.c", "irq.c", "vspace.c",
           "invoke.c", "endpoint.c", "syscall.c"]

# Accessors of a line or two: their body stands at each call, so that they need no contract.
INLINED = ["container_slot", "slot_container", "cap_object", "thread_of", "thread_slot",
           "thread_cspace", "thread_buffer"]

PROVED = {
    "slot_lookup": "succeeds exactly for a slot in use inside the container",
    "slot_lookup_empty": "succeeds exactly for an empty slot inside a container not frozen",
    "object_bits": "the size of each type, 0 for what there is not",
    "retype_start": "first aligned offset behind the watermark, less than an object behind it",
    "retype_check": "all objects between watermark and end (I4), all destinations empty",
    "clear_until": "clears inside the untyped only, at most 16 pages; `extra` only grows",
    "sched_usable": "time left exactly if usable; refilled only when due, never above the budget",
    "sched_lend": "lender and borrower name each other, depth + 1; nothing at depth 8",
    "sched_check": "least budget <= budget <= period <= 2^48, on a CPU that has come up",
    "start_check": "entry, stack and FS base are user addresses; the thread is inactive",
    "config_check": "priority <= 255; no flag but THREAD_FPU",
    "read_check": "eight registers from the first lie inside struct thread_regs",
    "get_check": "the line exists and is free; ports in order and below 2^16",
    "port_check": "exactly accesses of 1, 2, 4 bytes inside the range",
}
