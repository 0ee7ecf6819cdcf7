"""What operations cost, in instructions: measured on counted time, so the same in every run."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from wl import bench_boot, bench_gate, bench_micro, bench_page, bench_profile  # noqa: E402
from wl import bench_scale, bench_system, machine  # noqa: E402
from wl.errors import Refused  # noqa: E402

GOALS = machine.ROOT / "tests/bench/goals.json"
EPILOG = """Each figure is the least of some hundred rounds, in instructions, less what an empty
measurement costs. `median` says what a usual round costs, `most` the dearest.

  tools/bench --only call                      rows whose name begins so
  tools/bench --only call --kernel FILE        another kernel, an ELF file
  tools/bench --profile call_0                 where in the kernel they are
  tools/bench --counts                         with what the counting plugin sees: instructions in
                                               user mode, writes to CR3 and MSRs, invlpg, the most
                                               with interrupts off, cache lines touched"""


def parse_arguments(argv):
    parser = argparse.ArgumentParser(
        prog="tools/bench", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures in instructions what operations cost.")
    parser.add_argument("--only", default="", metavar="PREFIX", help="rows whose name begins so")
    parser.add_argument("--kernel", type=Path, metavar="FILE", help="an ELF file of the kernel")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--counts", action="store_true", help="with more columns; slower")
    parser.add_argument("--profile", metavar="ROW", help="the kernel's functions in this row")
    parser.add_argument("--events", action="store_true",
                        help="beside a kernel that records no events, and what they cost")
    parser.add_argument("--against", type=Path, metavar="FILE",
                        help="beside another kernel, and the difference")
    parser.add_argument("--scaling", action="store_true",
                        help="what operations cost when there is much of something; fails if one "
                        "grows that should not")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="the same as plots, too")
    parser.add_argument("--waterfall", action="store_true",
                        help="what the boot is spent on, by program and function")
    parser.add_argument("--linux", action="store_true",
                        help="operations on files beside a Linux guest's, which is fetched")
    parser.add_argument("--check", action="store_true",
                        help="fail if an operation became slower than the baseline says")
    parser.add_argument("--accept", action="store_true", help="rewrite the baseline")
    parser.add_argument("--baseline", type=Path, default=bench_gate.BASELINE, metavar="FILE")
    parser.add_argument("--no-build", action="store_true", help="measure what has been built")
    return parser.parse_args(argv)


COUNTED = {"user": "user", "cr3": "cr3", "msr": "msr", "invlpg": "invlpg", "longest": "off",
           "data_lines": "data", "code_lines": "code"}


def table(rows, goals):
    columns = [key for key in COUNTED if key in next(iter(rows.values()))]
    head = "".join(f"{COUNTED[key]:>7}" for key in columns)
    yield f"{'':26}{'least':>9}{'median':>9}{'most':>9}{'goal':>10}{'seL4':>7}{head}"
    for name, row in rows.items():
        aim = goals.get(name, {})
        goal, other = (str(aim.get(key, "")) for key in ("goal", "sel4"))
        more = "".join(f"{row[key]:7}" for key in columns)
        over = "" if not goal or row["least"] <= int(goal) else "  over"
        yield (f"{name:26}{row['least']:9}{row['median']:9}{row['most']:9}{goal:>10}{other:>7}"
               f"{more}{over}")


def show_profile(args, build, kernel):
    if args.profile in bench_system.ROWS:
        row = bench_system.counted(build, kernel, args.profile)
        alone = args.profile in bench_system.OF_ONE_PROGRAM
        program = build / "symbols/bench.elf" if alone else None
    else:
        rows = bench_micro.counted(build, kernel, args.profile)
        if args.profile not in rows:
            raise Refused(f"no row {args.profile!r}; these begin so: {' '.join(rows)}")
        row, program = rows[args.profile], build / "symbols/micro.elf"
    print("\n".join(bench_profile.told(kernel, program, row)))
    return 0


def compare(args, rows):
    """With the figures kept; 1 if something became slower."""
    kept = bench_gate.read(args.baseline)
    slower, others = bench_gate.compared(kept, rows, args.only)
    for line in others + slower:
        print(f"bench: {line}")
    print(f"bench: {len(rows)} operations, {len(slower)} slower than {args.baseline.name} says")
    return 1 if slower else 0


EVENTS_GOAL = 36  # of a call and its reply


def targets(args):
    """What has to be built for what is asked."""
    asked = ["kernel", "loader", "micro", "counts"]
    if args.scaling or args.svg:
        return [*asked, "image_boot-scale"]
    if args.waterfall:
        return [*asked, "where", "image_boot"]
    if args.events or args.accept:
        asked.append("kernel_silent")
    system = bench_system.is_asked(args.profile or args.only)
    return asked + (["image_boot-bench"] if system else [])


def measured(args, build, kernel):
    """All rows that are asked for, and what else the system says; when exact, twice the same."""
    exact = args.counts or args.accept or args.check
    rows = (bench_micro.counted if exact else bench_micro.measure)(build, kernel, args.only)
    more, said = bench_system.measure(build, kernel, args.only)
    if exact and bench_system.measure(build, kernel, args.only) != (more, said):
        raise Refused("the system's rows are not the same another time")
    if not rows and not more:
        raise Refused(f"no row begins with {args.only!r}")
    return rows, more, said


def show(rows, more, said):
    goals = json.loads(GOALS.read_text(encoding="utf-8"))
    for part in (rows, more):
        if part:
            print("\n".join(table(part, goals)) + "\n")
    for title, numbers in said.items():
        print(f"{title}: " + ", ".join(f"{name} {value}" for name, value in numbers.items()))


def silent_kernel(build):
    return Path(machine.need(build / "tests/bench/micro/kernel_silent"))


def all_rows(build, kernel, prefix):
    rows = bench_micro.measure(build, kernel, prefix)
    rows.update(bench_system.measure(build, kernel, prefix)[0])
    if not rows:
        raise Refused(f"no row begins with {prefix!r}")
    return rows


def beside(args, kernel, other, title):
    """With two kernels, and the difference."""
    build = machine.ROOT / "build/release"
    rows, others = all_rows(build, kernel, args.only), all_rows(build, other, args.only)
    print(f"{'':26}{'least':>9}{title:>12}{'more':>9}")
    for name, row in rows.items():
        least, without = row["least"], others[name]["least"]
        print(f"{name:26}{least:9}{without:12}{least - without:9}")
    return rows != others


def show_events(args, build, kernel):
    """What it costs that each system call leaves a record."""
    if not beside(args, kernel, silent_kernel(build), "no events"):
        raise Refused("the kernel without events is no other: tests/bench/micro/silent.h")
    if "call_0".startswith(args.only):
        print(f"goal: {EVENTS_GOAL} more for call_0")
    return 0


def accept(args, build, rows):
    """The figures are kept from now on; with those of a kernel without events beside them."""
    for name, row in all_rows(build, silent_kernel(build), args.only).items():
        rows[name]["silent"] = row["least"]
    bench_gate.write(args.baseline, rows, args.only)
    if args.baseline == bench_gate.BASELINE:
        goals = json.loads(GOALS.read_text(encoding="utf-8"))
        bench_page.write(bench_gate.read(args.baseline), goals)


def show_linux(args):
    """1 if opening, reading and closing a file costs more than there."""
    if not args.no_build:
        for build, *what in (("debug", "linux_files"), ("release", "kernel", "loader",
                                                        "image_boot-bench")):
            subprocess.run([machine.ROOT / "tools/build", build, *what], check=True)
    line = ["/usr/bin/python3", "-B", machine.ROOT / "tests/bench/linux/files.py"]
    if args.json:
        line += ["--json", args.json]
    return subprocess.run(line, check=False).returncode


def run(args):
    build = machine.ROOT / "build/release"
    if args.linux:
        return show_linux(args)
    if not args.no_build:
        subprocess.run([machine.ROOT / "tools/build", "release", *targets(args)], check=True)
    kernel = args.kernel or build / "symbols/kernel.elf"
    if args.profile:
        return show_profile(args, build, kernel)
    if args.waterfall:
        print("\n".join(bench_boot.told(build, kernel)))
        return 0
    if args.scaling or args.svg:
        return bench_scale.checked(build, kernel, args.svg)
    if args.events:
        return show_events(args, build, kernel)
    if args.against:
        beside(args, kernel, args.against, "that one")
        return 0
    rows, more, said = measured(args, build, kernel)
    show(rows, more, said)
    rows.update(more)
    if args.json:
        figures = {"rows": rows, **said}
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if args.accept:
        accept(args, build, rows)
    return compare(args, rows) if args.check else 0


def main(argv):
    try:
        return run(parse_arguments(argv))
    except (Refused, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"bench: the build failed ({error.returncode})", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
