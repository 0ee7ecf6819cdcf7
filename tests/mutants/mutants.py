#!/usr/bin/python3 -B
"""Plants faults in the kernel's core and lets the suites find them.

mutants.txt lists them (README.md says how). Each is compiled into a core of its own, which runs the
unit tests, then random steps (the storm), then the explorer, until one of them fails. One that
survives all fails this run, unless it is listed as equal to the core as it is, with the reason; and
one so listed fails it when a suite tells the difference.
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from plan import Problem, read_list
from trial import EACH, Bench, Suite

SUITES = [
    Suite("unit", ["--stop"], 60),
    Suite("storm", ["--stop", "--jobs", "1", "--seeds", "8", "--steps", "3000"], 60),
    Suite("explore", ["--states", "250000"], 120),
]
SHORT_EVERY = 20  # of the list, beside those that a checker is named for


def arguments():
    parser = argparse.ArgumentParser(
        prog="mutants.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--short", action="store_true", help="a fixed part, and the named checkers")
    which.add_argument("--all", action="store_true", help="all (the default)")
    which.add_argument("--only", metavar="ID", nargs="+", help="these")
    parser.add_argument("--file", metavar="FILE", nargs="+", help="only those of these files")
    parser.add_argument("--suites", nargs="+", choices=[s.name for s in SUITES], help="only these")
    parser.add_argument("--matrix", action="store_true", help="which checker sees which mutant")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (2)")
    return parser.parse_args()


def chosen(args, mutants):
    if args.only:
        known = {m.id for m in mutants}
        wrong = [i for i in args.only if i not in known]
        if wrong:
            raise Problem(f"mutants.txt has no {' '.join(wrong)}")
        return [m for m in mutants if m.id in args.only]
    if args.short:
        return mutants[::SHORT_EVERY]
    return [m for m in mutants if not args.file or m.file in args.file]


def try_one(bench, mutant, suites):
    begin = time.monotonic()
    killer, what = bench.killer_of(mutant, suites)
    return mutant, killer, what, time.monotonic() - begin


def show_table(results):
    print(f"{'mutant':34} {'file':14} {'killed by':9} {'s':>5}  what the suite says")
    for mutant, killer, what, seconds in results:
        by = killer or ("equal" if mutant.equal else "NOBODY")
        print(f"{mutant.id:34} {mutant.file:14} {by:9} {seconds:5.1f}  {what[:70]}")


def judge(results):
    """Prints what is wrong; returns how many."""
    wrong = 0
    for mutant, killer, what, _ in results:
        if killer is None and not mutant.equal:
            print(f"mutants: {mutant.id} survives: {mutant.file}: {mutant.old} -> {mutant.new}")
            wrong += 1
        if killer is not None and mutant.equal:
            print(f"mutants: {mutant.id} is listed as equal, but {killer} tells: {what}")
            wrong += 1
    killed = sum(1 for r in results if r[1] is not None)
    equal = sum(1 for r in results if r[0].equal)
    print(f"mutants: {len(results)} planted, {killed} killed, {equal} equal to the core as it is")
    for suite in SUITES:
        print(f"  by {suite.name}: {sum(1 for r in results if r[1] == suite.name)}")
    return wrong


def matrix(bench, pool, mutants, short):
    """Each checker alone: which mutants it sees. Returns how many expectations fail."""
    rows = list(pool.map(lambda m: (m, bench.seen_by_each(m, short)), mutants))
    names = sorted({name for _, row in rows for name in row}, key=list(EACH).index)
    width = max(len(m.id) for m in mutants)
    print("\neach checker alone: x, it sees the mutant")
    for line in range(max(len(n) for n in names)):
        print(" " * (width + 2) + " ".join(n.ljust(20)[line] for n in names))
    wrong = 0
    for mutant, row in rows:
        marks = " ".join("x" if row.get(n) else "." for n in names)
        print(f"{mutant.id:{width}}  {marks}")
        for name in mutant.seen:
            if not row.get(name, False):
                print(f"mutants: {name} alone does not see {mutant.id}")
                wrong += 1
    # The storm has one CPU; tests/host/kernel/test_smp.c breaks these two on purpose.
    unmet = ("INV-SCHED-9", "INV-SCHED-10")
    blind = [n for n in names if n not in unmet and not any(row.get(n) for _, row in rows)]
    if blind:
        print(f"mutants: none of these is seen by {' '.join(blind)} alone")
    print(f"mutants: {len(names) - len(blind)} of {len(names)} checkers see a mutant alone")
    return wrong + len(blind)


def main():
    args = arguments()
    here = Path(__file__).resolve().parent
    root = Path(os.environ.get("WL_ROOT", here.parents[1]))
    build = Path(os.environ.get("WL_DEBUG_BUILD", root / "build/debug"))
    sys.stdout.reconfigure(line_buffering=True)
    try:
        mutants = read_list(here / "mutants.txt", root / "kernel")
        now = chosen(args, mutants)
        with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(args.jobs) as pool:
            bench = Bench(root / "kernel", build / "tests/mutants/build.txt", Path(work))
            EACH.update(bench.checkers())
            bench.must_pass(SUITES[:2])
            names = args.suites or (["unit", "storm"] if args.short else [s.name for s in SUITES])
            suites = [s for s in SUITES if s.name in names]
            results = list(pool.map(lambda m: try_one(bench, m, suites), now))
            show_table(results)
            wrong = judge(results)
            if args.matrix or args.short:
                named = mutants if args.all else [m for m in mutants if m.seen]
                wrong += matrix(bench, pool, named, args.short)
    except Problem as problem:
        print(f"mutants: {problem}", file=sys.stderr)
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
