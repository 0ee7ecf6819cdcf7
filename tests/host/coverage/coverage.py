"""Which lines and branches of the kernel's core the host suites reach, against what is known.

Usage: coverage.py --program "FILE [ARGUMENTS]" ... [--list FILE] [--gate PERCENT]

Runs each program, whose core was compiled with counters, and adds up. A side of a branch that never
ran, and a line that never ran, must stand in the list with its reason; what stands there and was
reached is wrong, too. Branches within CHECK() do not count: their other side is the end.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("WL_ROOT", Path(__file__).resolve().parents[3]))
LIST = Path(__file__).resolve().parent / "unreached.txt"
GATE = 98.0


class Refused(Exception):
    """What is wrong, for a person."""


def squeezed(text):
    return " ".join(text.split())


def source_text(lines, region):
    """The text of a region, as one line."""
    first, left, last, right = region[:4]
    if first == last:
        return squeezed(lines[first - 1][left - 1 : right - 1])
    inner = lines[first : last - 1]
    return squeezed(" ".join([lines[first - 1][left - 1 :], *inner, lines[last - 1][: right - 1]]))


def run_programs(programs, scratch):
    """The merged counters of all runs."""
    raw = []
    for number, program in enumerate(programs):
        raw.append(Path(scratch) / f"{number}.profraw")
        environment = dict(os.environ, LLVM_PROFILE_FILE=str(raw[-1]))
        done = subprocess.run(shlex.split(program), env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Refused(f"{program} fails:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    merged = Path(scratch) / "all.profdata"
    tool = os.environ.get("WL_PROFDATA", "llvm-profdata-14")
    subprocess.run([tool, "merge", "-o", merged, *raw], check=True)
    return merged


def export(programs, profile, form):
    files = [shlex.split(program)[0] for program in programs]
    others = [word for file in files[1:] for word in ("-object", file)]
    line = [os.environ.get("WL_COV", "llvm-cov-14"), "export", f"-format={form}", files[0], *others,
            f"-instr-profile={profile}"]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


def core_file(name):
    """The path of a file of kernel/; None for any other. Names are as the build maps them, from the
    root of the tree. Not of its folders: kernel/arch is another matter."""
    path = ROOT / name.rpartition("./")[2]
    return path if path.parent == ROOT / "kernel" else None


def branches(exported):
    """(sides reached, sides, unreached) of the core; unreached: set of list entries."""
    counts = {}  # an inline function of a header is there once for each file that includes it
    unreached = set()
    for file in json.loads(exported)["data"][0]["files"]:
        path = core_file(file["filename"])
        if path is None:
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for branch in file["branches"]:
            line, text = squeezed(lines[branch[0] - 1]), source_text(lines, branch)
            for side, count in (("true", branch[4]), ("false", branch[5])):
                place = (path.name, *branch[:4], side)
                counts[place] = counts.get(place, 0) + count
                if counts[place] == 0:
                    unreached.add((place, (path.name, line, f"{text} is {side}")))
    entries = {entry for place, entry in unreached if counts[place] == 0}
    return sum(count != 0 for count in counts.values()), len(counts), entries


def plain_lines(exported):
    """The same of lines."""
    reached = total = 0
    unreached, path, lines = set(), None, []
    for row in exported.splitlines():
        kind, _, rest = row.partition(":")
        if kind == "SF":
            path = core_file(rest)
            lines = path.read_text(encoding="utf-8").splitlines() if path else []
        if kind != "DA" or path is None:
            continue
        number, count = rest.split(",")[:2]
        total += 1
        reached += count != "0"
        if count == "0":
            unreached.add((path.name, squeezed(lines[int(number) - 1]), "runs"))
    return reached, total, unreached


def read_list(path):
    """{(file, line, what): reason}. An entry is three lines, `file: line`, `what`, `reason`."""
    known = {}
    blocks = [[]]
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    for block in blocks:
        if not block:
            continue
        file, colon, line = block[0].partition(": ")
        if len(block) < 3 or not colon:
            raise Refused(f"{path}: not an entry: {' / '.join(block)}")
        known[(file, squeezed(line), block[1])] = " ".join(block[2:])
    return known


def compare(unreached, known):
    """What the list does not say, and what it says wrongly."""
    for file, line, what in sorted(unreached - set(known)):
        yield f"never: {what}\n    {file}: {line}"
    for file, line, what in sorted(set(known) - unreached):
        yield f"listed as never, but it is reached or gone: {what}\n    {file}: {line}"


def parse_arguments(argv):
    parser = argparse.ArgumentParser(
        prog="coverage.py", description="Coverage of the kernel's core by the host suites.")
    parser.add_argument("--program", action="append", required=True, metavar="COMMAND",
                        help="a program with counters, and its arguments")
    parser.add_argument("--list", type=Path, default=LIST, metavar="FILE",
                        help="what is known not to be reached (unreached.txt)")
    parser.add_argument("--gate", type=float, default=GATE, metavar="PERCENT",
                        help=f"least share of branches ({GATE})")
    return parser.parse_args(argv)


def measure(programs):
    """((reached, sides), (reached, lines), unreached)"""
    with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
        profile = run_programs(programs, scratch)
        ran, sides, unreached = branches(export(programs, profile, "text"))
        lines_ran, lines, unreached_lines = plain_lines(export(programs, profile, "lcov"))
    if sides == 0 or lines == 0:
        raise Refused("nothing of the core was counted")
    return (ran, sides), (lines_ran, lines), unreached | unreached_lines


def main(argv):
    args = parse_arguments(argv)
    try:
        known = read_list(args.list)
        (ran, sides), (lines_ran, lines), unreached = measure(args.program)
    except (Refused, OSError, subprocess.CalledProcessError) as error:
        print(f"coverage: {error}")
        return 1
    share = 100 * ran / sides
    print(f"branches: {ran} of {sides} sides; lines: {lines_ran} of {lines}; "
          f"{len(known)} are listed as unreached")
    print(f"FIGURE branch_coverage {share:.2f} %")
    print(f"FIGURE line_coverage {100 * lines_ran / lines:.2f} %")
    problems = list(compare(unreached, known))
    if share < args.gate:
        problems.append(f"{share:.2f} % of branches, at least {args.gate} %")
    for problem in problems:
        print(f"coverage: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
