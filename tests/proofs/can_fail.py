#!/usr/bin/env python3
"""The proofs see what they are for: faults planted in copies of the kernel's sources, each is
refused."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import run  # noqa: E402
from functions import HARD, PROVED  # noqa: E402

# What contracts promise. Run-time errors are most of the goals, and a fault leads to few of them.
GOALS = "@ensures,@invariant,in_untyped"
# File, function, what stands there, what is put there.
FAULTS = [
    ("cap.c", "slot_lookup", "index >= cspace->count", "index > cspace->count"),
    ("cap.c", "slot_lookup_empty", "if (c->frozen) return ERR_BUSY;", ""),
    ("untyped.c", "retype_start", "(1ull << bits) - 1)", "(1ull << bits))"),
    ("untyped.c", "retype_check", "> 1ull << ut->bits", "> (1ull << ut->bits) + 1"),
    ("untyped.c", "clear_until", "ut->extra < end;", "ut->extra <= end;"),
    ("sched.c", "sched_usable", "s->refill_at != 0 && now", "now"),
    ("sched.c", "sched_lend", "server->lend_depth = caller", "server->lend_depth += caller"),
    ("thread.c", "start_check", "rq->w[3] >= USER_MAX", "rq->w[3] > USER_MAX"),
    ("thread.c", "read_check", "THREAD_REGS - MSG_REGISTERS", "THREAD_REGS"),
    ("irq.c", "port_check", "port + bytes - 1 > last", "port + bytes > last"),
    ("cap.c", "slot_insert", "first->prev : &parent->last", "first->next : &parent->last"),
    ("cap.c", "slot_remove", "first->prev = prev;", "first->prev = next;"),
    ("cap.c", "slot_is_last", "&& !same_object(s, s->prev)", ""),
    ("commit.c", "log_has_room", ">= COMMITS_PER_STEP", ">= COMMITS_PER_STEP - 1"),
    ("commit.c", "log_ack_check", "rq->w[0] < h->commit_tail ||", ""),
    ("commit.c", "commit_emit", "out->seq + 1", "out->seq + 2"),
    ("commit.c", "event_write", "rings->header.event_head + 1", "rings->header.event_head + 2"),
    ("commit.c", "commit_room", "commit_head - rings->header.commit_tail", "commit_head"),
    ("commit.c", "event_room", "event_head - rings->header.event_tail", "event_head"),
    ("sched.c", "sched_pay", "remaining -= (int64_t)(now - c->charged)", "remaining -= 1"),
    ("thread.c", "queue_insert", "&before->q_prev : &q->tail", "&before->q_next : &q->tail"),
    ("thread.c", "queue_remove", "&t->q_next->q_prev : &q->tail", "&t->q_next->q_prev : &q->head"),
    ("cnode.c", "copy_check", "rq->w[1] > RIGHTS_ALL ||", ""),
    ("cnode.c", "slot_config_check", "cap->bits != PAGE_BITS ||", ""),
    ("cap.c", "slot_after", "s = s->next;", "s = s->prev;"),
    ("cap.c", "slot_fill", "c->top < index", "c->top > index"),
    ("untyped.c", "object_bits", "return THREAD_BITS;", "return TABLE_BITS;"),
    ("sched.c", "sched_check", "rq->w[1] < rq->w[0]", "rq->w[1] <= rq->w[0]"),
    ("thread.c", "config_check", "rq->w[0] > 255", "rq->w[0] > 256"),
    ("irq.c", "get_check", "rq->w[0] >= IRQ_LINES", "rq->w[0] > IRQ_LINES"),
]


def plant(kernel, file, function, before, after):
    """Puts one fault into one function of a copy of the kernel; False if it does not fit."""
    text = (kernel / file).read_text()
    begin = re.search(rf"^[\w *]*\b{function}\([^;{{]*\)\n{{$", text, re.MULTILINE)
    end = text.find("\n}\n", begin.end()) if begin else -1
    if end < 0 or " ".join(text[begin.end():end].split()).count(before) != 1:
        return False
    body = text[begin.end():end].replace(before, after)
    if body == text[begin.end():end]:
        return False
    (kernel / file).write_text(text[:begin.end()] + body + text[end:])
    return True


def main():
    """All at once: a contract stands for its function at its callers, so that each fault is seen
    at its own function or nowhere. run.py has proved the same goals within the same limits, so that
    one which is not proved here is not by the fault."""
    functions = [fault[1] for fault in FAULTS]
    missing = [f"{name}: no fault is planted in it" for name in PROVED if name not in functions]
    with tempfile.TemporaryDirectory() as folder:
        kernel = Path(folder) / "kernel"
        shutil.copytree(run.ROOT / "kernel", kernel)
        for fault in FAULTS:
            if not plant(kernel, *fault):
                missing.append(f"{fault[1]}: the fault does not fit any more: {fault[2]}")
        problems, _, _ = run.prove(kernel, functions, "z3", [f"-wp-prop={GOALS}"])
    unproved = {}
    for goal in (p.partition(":")[0] for p in problems if "not proved" in p):
        if goal.removeprefix("typed_cast_") not in HARD:
            unproved.setdefault(run.owner(goal, functions), goal)
    if not unproved:
        missing += problems
    for _, function, before, after in FAULTS:
        verdict = "refused" if function in unproved else "NOT SEEN"
        goal = unproved.get(function, "").removeprefix(f"typed_cast_{function}_")
        print(f"{verdict:8}  {function}: {before!r} -> {after!r}  {goal}")
        if function not in unproved:
            missing.append(f"{function}: its fault is not seen")
    for problem in missing:
        print(f"proofs: {problem}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
