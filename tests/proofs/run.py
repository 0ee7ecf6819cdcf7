#!/usr/bin/env python3
"""Proves the kernel's contracts with Frama-C WP: every goal of every listed function, or fails.

    run.py                  prove; compare with the table in kernel/README.md
    run.py --write          prove; write that table
    run.py --function NAME  only this one; with --smoke, also that its contract is no contradiction
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bits  # noqa: E402
import sources  # noqa: E402
from functions import INLINED, PROVED, SOURCES  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
GOAL = re.compile(r"\[wp\] \[([\w. ]+)\] Goal (\w+)(?: \(.*?\))? : (Valid|Passed)")
BAD = re.compile(r"\[wp\] \[(Failed|Timeout|Unknown|Unsuccess|Doomed|Partial)\] Goal (\w+)")
TOTAL = re.compile(r"\[wp\] Proved goals:\s+(\d+) / (\d+)")
BEGIN, END = "<!-- proofs: written by tests/proofs/run.py --write -->\n", "<!-- proofs end -->\n"


def inlined(kernel):
    """Those of INLINED that there are."""
    headers = "".join(path.read_text() for path in kernel.glob("*.h"))
    return [name for name in INLINED if re.search(rf"\b{name}\([^;]*\)\n{{", headers)]


def frama_c(kernel, functions, home, smoke, timeout):
    """The output of WP on these functions of the kernel's sources in `kernel`."""
    here = ROOT / "tests/proofs"
    include = f"-DWL_DEBUG=0 -I{here} -I{kernel} -include {here}/logic.h"
    command = ["frama-c", "-c11", "-machdep", "gcc_x86_64", "-kernel-warn-key",
               "annot:missing-spec=inactive", f"-cpp-extra-args={include}",
               *(str(kernel / name) for name in SOURCES),
               "-inline-calls", ",".join(inlined(kernel)), "-wp", "-wp-rte",
               "-wp-model", "Typed+Cast",
               "-wp-prover", "z3,cvc4", "-wp-timeout", str(timeout), "-wp-par", "2",
               "-wp-cache", "none", "-wp-fct", ",".join(functions)]
    if smoke:
        command += ["-wp-smoke-tests", "-wp-no-smoke-dead-code", "-wp-smoke-timeout", "1"]
    return subprocess.run(command, env={**os.environ, "HOME": str(home)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout


def owner(goal, functions):
    """Of goal `typed_cast_NAME_rest` the function, the longest name that fits."""
    name = goal.removeprefix("typed_cast_")
    fits = [f for f in functions if name == f or name.startswith(f + "_")]
    return max(fits, key=len) if fits else None


def prove(kernel, functions, smoke=False, timeout=10):
    """(problems, function -> prover -> goals) of one run."""
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(["why3", "config", "detect"], env={**os.environ, "HOME": home},
                       capture_output=True, check=True)
        output = frama_c(kernel, functions, home, smoke, timeout)
    goals = {function: {} for function in functions}
    for prover, goal, _ in GOAL.findall(output):
        function = owner(goal, functions)
        if function is not None and "wp_smoke" not in goal:
            row = goals[function]
            row[prover] = row.get(prover, 0) + 1
    problems = [f"{goal}: not proved ({how})" for how, goal in BAD.findall(output)]
    total = TOTAL.search(output)
    counted = sum(sum(row.values()) for row in goals.values())
    if total is None:
        problems.append("no result:\n" + output[-2000:])
    elif total[1] != total[2] and not problems:
        problems.append(f"{total[1]} of {total[2]} goals are proved")
    elif not smoke and not problems and counted != int(total[2]):
        problems.append(f"{counted} goals have an owner, {total[2]} there are")
    problems += [f"{name}: no goals" for name, row in goals.items() if not row and total]
    return problems, goals


def table(goals):
    """What stands in kernel/README.md."""
    rows = [f"| `{name}` | {PROVED[name]} | {sum(row.values())} |" for name, row in goals.items()]
    total = sum(sum(row.values()) for row in goals.values())
    return "\n".join(["| function | proved | goals |", "|---|---|---|", *rows,
                      f"| {len(rows)} functions | | {total} |", ""])


def compare(goals, write):
    """The README's table against the truth."""
    path = ROOT / "kernel/README.md"
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        return ["kernel/README.md: no place for the table of proofs"]
    before, _, rest = text.partition(BEGIN)
    old, _, after = rest.partition(END)
    if old == table(goals):
        return []
    if write:
        path.write_text(before + BEGIN + table(goals) + END + after)
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
    parser.add_argument("--timeout", type=int, default=10)
    options = parser.parse_args()
    began = time.monotonic()
    functions = options.function or list(PROVED)
    problems = sources.problems() + bits.problems()
    found, goals = prove(ROOT / "kernel", functions, options.smoke, options.timeout)
    show(goals, time.monotonic() - began)
    problems += found
    if not problems and not options.function:
        problems += compare(goals, options.write)
    for problem in problems:
        print(f"proofs: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
