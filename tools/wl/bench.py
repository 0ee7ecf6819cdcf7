"""What operations cost, in instructions: measured on counted time, so the same in every run."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from wl import bench_micro, machine  # noqa: E402
from wl.errors import Refused  # noqa: E402

GOALS = machine.ROOT / "tests/bench/goals.json"
EPILOG = """Each figure is the least of some hundred rounds, in instructions, less what an empty
measurement costs. `median` says what a usual round costs, `most` the dearest.

  tools/bench --only call                      rows whose name begins so
  tools/bench --only call --kernel FILE        another kernel, an ELF file"""


def parse_arguments(argv):
    parser = argparse.ArgumentParser(
        prog="tools/bench", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures in instructions what operations cost.")
    parser.add_argument("--only", default="", metavar="PREFIX", help="rows whose name begins so")
    parser.add_argument("--kernel", type=Path, metavar="FILE", help="an ELF file of the kernel")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--no-build", action="store_true", help="measure what has been built")
    return parser.parse_args(argv)


def table(rows, goals):
    yield f"{'':24} {'least':>9} {'median':>9} {'most':>9} {'goal':>7} {'seL4':>7}"
    for name, row in rows.items():
        aim = goals.get(name, {})
        goal, other = (str(aim.get(key, "")) for key in ("goal", "sel4"))
        yield (f"{name:24} {row['least']:9} {row['median']:9} {row['most']:9} "
               f"{goal:>7} {other:>7}{'' if not goal or row['least'] <= int(goal) else '  over'}")


def main(argv):
    args = parse_arguments(argv)
    try:
        build = machine.ROOT / "build/release"
        if not args.no_build:
            subprocess.run([machine.ROOT / "tools/build", "release", "kernel", "micro"],
                           check=True)
        rows = bench_micro.measure(build, args.kernel, args.only)
        goals = json.loads(GOALS.read_text(encoding="utf-8"))
        print("\n".join(table(rows, goals)))
        if args.json:
            args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    except (Refused, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"bench: the build failed ({error.returncode})", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
