#!/usr/bin/env python3
"""Spin over the models of this folder: each exhaustively, and with each planted fault, which must
be found. `--long`: three CPUs too, and more threads."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = ["THREADS=1", "TICKS=1", "EVENTS=7", "NUMBERS=8"]
# Model, definitions, what it is, whether under the LTL formula with weak fairness.
SOUND = [
    ("ring", ["THREADS=2"], "two callers and a consumer: safety, no deadlock", False),
    ("ring", ["THREADS=2"], "a stopped thread goes on, under weak fairness", True),
    ("ring", TICKS, "ticks without end: what is dropped is counted", False),
    ("cpus", [], "two CPUs, two threads: stop, move, wake, unmap", False),
    ("bulk", [], "a client and a server with rings of two: safety, no deadlock", False),
    ("bulk", ["EAGER=1"], "a request is answered, under weak fairness", True),
]
LONG = [
    ("ring", ["THREADS=3"], "three callers", False),
    ("cpus", ["CPUS=3"], "three CPUs", False),
    ("bulk", ["ENTRIES=3"], "rings of three", False),
]
# Model, definitions, fault, what Spin must say.
FAULTS = [
    ("ring", ["THREADS=2", "FAULT=1"], "threads left stopped are no reason to signal",
     "invalid end state"),
    ("ring", [*TICKS, "FAULT=2"], "what has no room is written", "assertion violated"),
    ("ring", ["THREADS=2", "FAULT=3"], "the reserve is not kept", "assertion violated"),
    ("ring", ["THREADS=2", "FAULT=4"], "acknowledged is not what was read", "assertion violated"),
    ("ring", ["THREADS=2", "FAULT=5"], "an acknowledgement leaves `signalled`",
     "invalid end state"),
    ("cpus", ["FAULT=1"], "the holder does not wait for `waits`", "assertion violated"),
    ("cpus", ["FAULT=2"], "who waits keeps the user's tables", "assertion violated"),
    ("cpus", ["FAULT=3"], "what is ready elsewhere pokes nobody", "invalid end state"),
    ("cpus", ["FAULT=4"], "`waits` before registers are saved", "assertion violated"),
    ("cpus", ["FAULT=5"], "`waits` is left after the lock", "assertion violated"),
    ("bulk", ["FAULT=1"], "what is in flight is not counted", "assertion violated"),
    ("bulk", ["FAULT=2"], "the producer looks before it publishes", "invalid end state"),
    ("bulk", ["FAULT=3"], "the producer leaves `asleep`", "assertion violated"),
    ("bulk", ["FAULT=4"], "the sleeper looks before it says so", "invalid end state"),
    ("bulk", ["FAULT=5"], "the tail is published before the entry", "assertion violated"),
    ("bulk", ["FAULT=6"], "an early signal is forgotten", "invalid end state"),
]


def spin(model, defines, fair):
    """What the checker of one model says."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["spin", *(f"-D{d}" for d in defines), "-a", str(HERE / f"{model}.pml")],
                       cwd=folder, check=True, capture_output=True)
        mode = ["-DNFAIR=3"] if fair else ["-DSAFETY", "-DNOCLAIM"]
        subprocess.run(["clang-14", "-O1", "-w", *mode, "-o", "pan", "pan.c"], cwd=folder,
                       check=True)
        search = ["-a", "-f"] if fair else []
        return subprocess.run(["./pan", *search, "-m5000000"], cwd=folder, text=True,
                              capture_output=True, check=False).stdout


def check(model, defines, what, fair=False, expected=None):
    output = spin(model, defines, fair)
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    depth = re.search(r"depth reached (\d+)", output)
    seconds = re.search(r"elapsed time ([\d.]+)", output)
    complete = errors and "max search depth too small" not in output
    complete = complete and "Search not completed" not in output
    if expected is None:
        good = complete and errors[1] == "0"
        verdict = "holds" if good else "FAILS"
    else:
        good = errors and errors[1] != "0" and re.search(rf"^pan:\d+: {expected}", output, re.M)
        verdict = "found" if good else "NOT FOUND"
    figures = [found[1] if found else "?" for found in (states, depth, seconds)]
    print(f"{model:5} {verdict:9} {figures[0]:>9} {figures[1]:>8} {figures[2]:>6}  {what}",
          flush=True)
    if not good:
        print(output)
    return bool(good)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    print(f"{'model':5} {'verdict':9} {'states':>9} {'depth':>8} {'s':>6}  property or fault")
    good = [check(m, d, w, fair) for m, d, w, fair in SOUND + (LONG if options.long else [])]
    good += [check(m, d, w, False, expected) for m, d, w, expected in FAULTS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
