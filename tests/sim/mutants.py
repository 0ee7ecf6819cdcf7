#!/usr/bin/python3 -B
"""Plants faults in the servers, one at a time, and lets the simulator find them.

Usage: mutants.py [--short | ID ...]

mutants.txt lists them. Each is compiled as Ninja does it, the programs that have it are linked
again, and the simulator runs its seeds until one fails. One that survives fails this run.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = Path(os.environ.get("WL_ROOT", HERE.parents[1]))
BUILD = Path(os.environ.get("WL_DEBUG_BUILD", ROOT / "build/debug"))
sys.path.insert(0, str(ROOT / "tests/mutants"))
from plan import Problem, mutated, read_list  # noqa: E402

SHORT_EVERY = 3  # of the list
RUNS = (["--flips", "--seeds", "600", "--steps", "10000"],  # any would do; these find soon
        ["--seed", "7040", "--seeds", "300", "--steps", "100000"])


def commands():
    """Of the build: sources' file -> how it is compiled, each program's linking, the last one."""
    shown = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "tests/sim/sim"],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    compiled = {line.split(" -c ")[1]: line for line in shown if "sim_parts.dir" in line
                and " -c " in line}
    links = [line for line in shown if " ld -r " in line]
    return compiled, links, shown[-1]


def shell(line):
    done = subprocess.run(line, shell=True, cwd=BUILD, capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"{line}\n{done.stderr}")


def build(mutant, work, how):
    """The simulator with the fault."""
    compiled, links, last = how
    file = ROOT / mutant.file
    source, made = work / file.name, work / "mutant.o"
    source.write_text(mutated(mutant, file.read_text()))
    line = compiled[str(file)].replace(f"-c {file}", f"-w -iquote {file.parent} -c {source}")
    there = re.search(r" -o (\S+)", line)[1]
    shell(line.replace(f"-o {there}", f"-o {made}").replace(f"{there}.d", str(work / "d")))
    inside = there.split("sim_parts.dir/")[1]
    for link in links:
        found = re.search(rf"\S+/sim_parts\.dir/\./{re.escape(inside)}(?= )", link)
        if found is None:
            continue
        whole = re.search(r"\S+/tests/sim/(\w+)\.o$", link)
        shell(link.replace(found[0], str(made)).replace(
            f"{BUILD}/tests/sim/{whole[1]}.o", str(work / f"{whole[1]}.o")))
        last = last.replace(f" tests/sim/{whole[1]}.o", f" {work / whole[1]}.o")
    sim = work / "sim"
    shell(last.replace("-o tests/sim/sim", f"-o {sim}"))
    return sim


def main():
    mutants = read_list(HERE / "mutants.txt", ROOT)
    if sys.argv[1:] == ["--short"]:
        mutants = mutants[::SHORT_EVERY]
    elif sys.argv[1:]:
        mutants = [m for m in mutants if m.id in sys.argv[1:]]
    how, survived = commands(), []
    for mutant in mutants:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as work:
            sim = build(mutant, Path(work), how)
            said = None
            for seeds in RUNS:
                run = subprocess.run([sim, *seeds], capture_output=True, text=True)
                said = said or re.search(r"FAILED: (.*)", run.stdout)
                if said:
                    break
        print(f"{mutant.id}: {said[1] if said else 'SURVIVED'} "
              f"({time.monotonic() - begin:.1f} s)", flush=True)
        if not said:
            survived.append(mutant.id)
    print(f"{len(mutants) - len(survived)} of {len(mutants)} faults found")
    return 1 if survived else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit(f"mutants.py: {problem}")
