#!/usr/bin/env python3
"""Proves the kernel's contracts with Frama-C WP: every goal of every listed function, or fails.

    run.py                  prove; compare with the table in kernel/README.md
    run.py --write          prove; write that table
    run.py --function NAME  only this one; with --smoke, also that its contract is no contradiction
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bits  # noqa: E402
import sources  # noqa: E402
from functions import HARD, INLINED, PROVED, SOURCES  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
GOAL = re.compile(r"\[wp\] \[([\w. ]+)\] Goal (\w+)(?: \(.*?\))? : (Valid|Passed)")
NO = "Failed|Timeout|Stepout|Unknown|Unsuccess|Doomed|Partial"
BAD = re.compile(rf"\[wp\] \[(?:{NO}|[\w. ]+)\] Goal (\w+)(?: \(.*?\))?(?: : ({NO})|\s*$)", re.M)
TOTAL = re.compile(r"\[wp\] Proved goals:\s+(\d+) / (\d+)")
STEPS = 2_000_000  # of a prover for one goal; all are proved within them
SECONDS = 120      # never reached
SMOKE = ["-wp-smoke-tests", "-wp-no-smoke-dead-code", "-wp-smoke-timeout", "1"]
BEGIN, END = "<!-- proofs: written by tests/proofs/run.py --write -->\n", "<!-- proofs end -->\n"


def inlined(kernel):
    """Those of INLINED that there are."""
    text = "".join(path.read_text() for path in sorted(kernel.glob("*.[ch]")))
    return [name for name in INLINED if re.search(rf"\b{name}\([^;]*\)\n{{", text)]


def wp_share(folder):
    """WP's own theories without two lemmas, by which provers make a fact of each pair of places and
    run out of time. To leave a lemma out makes proofs harder, never wrong."""
    share = subprocess.run(["frama-c", "-print-share-path"], text=True, capture_output=True,
                           check=True).stdout.strip()
    copy = Path(folder) / "wp"
    shutil.copytree(Path(share) / "wp", copy)
    memory = copy / "why3/frama_c_wp/memory.mlw"
    text, count = re.subn(r"  lemma (included_trans|separated_trans) :.*?\n(?=\n)", "",
                          memory.read_text(), flags=re.DOTALL)
    if count != 2:
        raise RuntimeError("this Frama-C has other lemmas on memory")
    memory.chmod(0o644)
    memory.write_text(text)
    return copy


def frama_c(kernel, functions, home, provers, more):
    """The output of WP on these functions of the kernel's sources in `kernel`. Provers are limited
    by steps, so that what they say does not depend on what else the machine does."""
    here = ROOT / "tests/proofs"
    include = f"-DWL_DEBUG=0 -I{here} -I{kernel} -include {here}/logic.h"
    command = ["frama-c", "-c11", "-machdep", "gcc_x86_64", "-kernel-warn-key",
               "annot:missing-spec=inactive", f"-cpp-extra-args={include}",
               *(str(kernel / name) for name in SOURCES),
               "-inline-calls", ",".join(inlined(kernel)), "-wp", "-wp-rte",
               "-wp-model", "Typed+Cast", "-wp-prover", provers, "-wp-steps", str(STEPS),
               "-wp-timeout", str(SECONDS), "-wp-par", "1", "-wp-cache", "none",
               "-wp-share", str(home / "wp"), "-wp-fct", ",".join(functions), *more]
    return subprocess.run(command, env={**os.environ, "HOME": str(home)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout


def owner(goal, functions):
    """Of goal `typed_cast_NAME_rest` the function, the longest name that fits."""
    name = goal.removeprefix("typed_cast_")
    fits = [f for f in functions if name == f or name.startswith(f + "_")]
    return max(fits, key=len) if fits else None


def prove(kernel, functions, provers="z3,cvc4", more=()):
    """(problems, function -> prover -> goals, goals that z3 did not prove). WP itself uses one
    processor, and so does each of its provers: two runs at a time, of every other function."""
    parts = [part for part in (functions[0::2], functions[1::2]) if part]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        home = Path(folder)
        subprocess.run(["why3", "config", "detect"], env={**os.environ, "HOME": folder},
                       capture_output=True, check=True)
        wp_share(home)
        outputs = list(pool.map(lambda part: frama_c(kernel, part, home, provers, more), parts))
    goals = {function: {} for function in functions}
    problems, hard, there = [], set(), 0
    for output in outputs:
        for prover, goal, verdict in GOAL.findall(output):
            function = owner(goal, functions)
            if function is not None and "wp_smoke" not in goal:
                goals[function][prover] = goals[function].get(prover, 0) + 1
            if verdict == "Valid" and prover.startswith("CVC4"):
                hard.add(goal.removeprefix("typed_cast_"))
        problems += [f"{goal}: not proved ({how or 'no'})" for goal, how in BAD.findall(output)]
        total = TOTAL.search(output)
        if total is None:
            problems.append("no result:\n" + output[-2000:])
            continue
        there += int(total[2])
        if total[1] != total[2] and not BAD.search(output):
            problems.append(f"{total[1]} of {total[2]} goals are proved")
    counted = sum(sum(row.values()) for row in goals.values())
    if not more and not problems and counted != there:
        problems.append(f"{counted} goals have an owner, {there} there are")
    problems += [f"{name}: no goals" for name, row in goals.items() if not row and not problems]
    return problems, goals, hard


def table():
    """What stands in kernel/README.md. How many goals each has depends on every line of it, so
    that stands in what a run prints."""
    rows = [f"| `{name}` | {words} |" for name, words in PROVED.items()]
    return "\n".join(["| function | proved |", "|---|---|", *rows, ""])


def compare(write):
    """The README's table against the truth."""
    path = ROOT / "kernel/README.md"
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        return ["kernel/README.md: no place for the table of proofs"]
    before, _, rest = text.partition(BEGIN)
    old, _, after = rest.partition(END)
    if old == table():
        return []
    if write:
        path.write_text(before + BEGIN + table() + END + after)
        return []
    return ["kernel/README.md: the table of proofs is not what was proved; run.py --write"]


def show(goals, seconds):
    print(f"{'function':24} {'goals':>5} {'qed':>5} {'z3':>5} {'cvc4':>5}  property")
    for name, row in goals.items():
        by = [sum(n for p, n in row.items() if p.startswith(k)) for k in ("Qed", "Z3", "CVC4")]
        print(f"{name:24} {sum(by):5} {by[0]:5} {by[1]:5} {by[2]:5}  {PROVED[name]}")
    total = sum(sum(row.values()) for row in goals.values())
    print(f"{len(goals)} functions, {total} goals, {seconds:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--function", action="append")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    functions = options.function or list(PROVED)
    problems = sources.problems() + bits.problems()
    found, goals, hard = prove(ROOT / "kernel", functions, more=SMOKE if options.smoke else ())
    hard = {goal for goal in hard - HARD if "_assert_rte_" not in goal and "_assigns_" not in goal}
    if not found and hard:
        found.append(f"only cvc4 proves {' '.join(sorted(hard))}: not in functions.HARD")
    show(goals, time.monotonic() - began)
    problems += found
    if not problems and not options.function:
        problems += compare(options.write)
    for problem in problems:
        print(f"proofs: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
