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
]


def planted(file, function, before, after, folder):
    """A copy of the kernel with one fault in one function; None if it does not fit."""
    kernel = Path(folder) / "kernel"
    shutil.copytree(run.ROOT / "kernel", kernel)
    text = (kernel / file).read_text()
    begin = re.search(rf"^[\w *]*\b{function}\([^;{{]*\)\n{{$", text, re.MULTILINE)
    end = text.find("\n}\n", begin.end()) if begin else -1
    if end < 0 or text.count(before, begin.end(), end) != 1:
        return None
    body = text[begin.end():end].replace(before, after)
    (kernel / file).write_text(text[:begin.end()] + body + text[end:])
    return kernel


def main():
    survivors = 0
    for file, function, before, after in FAULTS:
        with tempfile.TemporaryDirectory() as folder:
            kernel = planted(file, function, before, after, folder)
            if kernel is None:
                print(f"{function}: the fault does not fit any more: {before}")
                survivors += 1
                continue
            problems, _ = run.prove(kernel, [function], timeout=2)
        refused = [p for p in problems if "not proved" in p]
        survivors += not refused
        print(f"{'refused' if refused else 'NOT SEEN'}  {function}: {before!r} -> {after!r}")
        if problems and not refused:
            print(problems[0])
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
