"""tools/verify: runs the methods that check the kernel, and prints one table."""

import argparse
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from wl.errors import Refused  # noqa: E402
from wl.verify_methods import METHODS, PROPERTIES  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURE = re.compile(r"(?m)^(?:\d+: )?FIGURE (\S+) (\S+) ?(.*)$")
OUTPUT_MAX = 16_000_000
WIDTHS = {"method": 11, "checks": 15, "bound": 30, "figure": 26, "s": 6, "": 6, "leaves": 40}


@dataclass
class Result:
    """What the tests of one method said."""

    passed: int = 0
    failed: list = field(default_factory=list)
    seconds: float = 0.0
    output: str = ""


def properties_of(method):
    """The ids that a method checks: `I4-I6` stands for three."""
    ids = []
    for word in method.checks.split():
        first, _, last = word.partition("-")
        ids += [f"I{n}" for n in range(int(first[1:]), int((last or first)[1:]) + 1)]
    return ids


def figure_of(method, output):
    """The method's figures in words; None if its tests printed none."""
    named = {name: f"{value} {unit}".strip() for name, value, unit in FIGURE.findall(output)}
    told = []
    for text, pattern in method.figures:
        if pattern is None:
            try:
                told.append(text.format(**named))
            except KeyError:
                continue
        elif found := re.findall(pattern, output):
            rows = [row if isinstance(row, tuple) else (row,) for row in found]
            told.append(text.format(*(f"{sum(map(int, column)):,}" for column in zip(*rows))))
    return ", ".join(told) or None


def tests_of(method, long, known):
    pattern = "|".join(part for part in (method.tests, method.long if long else "") if part)
    return [name for name in known if re.fullmatch(pattern, name)]


def known_tests(build):
    listed = subprocess.run(["ctest", "--test-dir", build, "-N"], capture_output=True, text=True,
                            check=True).stdout
    return re.findall(r"(?m)^\s*Test\s+#\d+: (\S+)$", listed)


def run_tests(build, names, jobs):
    """{test: (status, seconds, output)}; progress goes to stderr as it comes."""
    with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
        report = Path(scratch) / "report.xml"
        limit = str(OUTPUT_MAX)
        line = ["ctest", "--test-dir", build, "-j", str(jobs), "--output-junit", report,
                "--test-output-size-passed", limit, "--test-output-size-failed", limit,
                "-R", "^(" + "|".join(map(re.escape, names)) + ")$"]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as ctest:
            for row in ctest.stdout:
                if " Test " in row and "sec" in row:
                    print(row.rstrip(), file=sys.stderr, flush=True)
        if not report.exists():
            raise Refused("ctest wrote no report")
        cases = xml.parse(report).getroot().iter("testcase")
        return {case.get("name"): (case.get("status") == "run", float(case.get("time")),
                                   case.findtext("system-out") or "") for case in cases}


def gather(names, outcomes):
    result = Result()
    for name in names:
        passed, seconds, output = outcomes.get(name, (False, 0.0, ""))
        result.seconds += seconds
        result.output += output + "\n"
        if passed:
            result.passed += 1
        else:
            result.failed.append(name)
    return result


def row_lines(cells):
    """One row, its cells wrapped to their columns."""
    wrapped = [textwrap.wrap(cell, width) or [""]
               for cell, width in zip(cells, WIDTHS.values())]
    for number in range(max(map(len, wrapped))):
        parts = [(cell[number] if number < len(cell) else "").ljust(width)
                 for cell, width in zip(wrapped, WIDTHS.values())]
        yield "  ".join(parts).rstrip()


def table(rows, long):
    """`rows`: (method, result) pairs; result None where no test is there."""
    yield from row_lines(["method", "properties", "how, and how far", "figure", "s", "",
                          "not covered"])
    yield "-" * (sum(WIDTHS.values()) + 2 * (len(WIDTHS) - 1))
    for method, result in rows:
        bound = f"{method.bound}; {method.long_bound}" if long and method.long else method.bound
        cells = [method.name, method.checks or "-", f"{method.how}: {bound}"]
        if result is None:
            cells += ["no test is there", "", "none", method.leaves]
        else:
            figure = figure_of(method, result.output) or f"{result.passed} tests passed"
            cells += [figure, f"{result.seconds:.0f}", "FAILED" if result.failed else "ok",
                      method.leaves]
        yield from row_lines(cells)


def summary(rows):
    """What no method that ran and passed has checked; what failed."""
    seen = set()
    for method, result in rows:
        if result is not None and not result.failed:
            seen.update(properties_of(method))
    for name, text in PROPERTIES.items():
        if name not in seen:
            yield f"not checked here: {name}, {text}"
    for method, result in rows:
        if result is not None and result.failed:
            yield f"FAILED: {method.name}: {', '.join(result.failed)}"


def parse_arguments(argv):
    names = [method.name for method in METHODS]
    parser = argparse.ArgumentParser(
        prog="tools/verify", description="Runs what checks the kernel and prints one table.",
        epilog="Methods: " + ", ".join(names) + ". The exit code is 0 only if each method asked "
        "for has tests and all of them passed.")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="only these (all)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--short", dest="long", action="store_false", default=False,
                        help="what fits into three minutes of a processor (default)")
    length.add_argument("--long", dest="long", action="store_true", help="campaigns, too")
    parser.add_argument("--list", action="store_true", help="print methods and their tests")
    parser.add_argument("--no-build", action="store_true", help="run what was built last")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="tests at a time (2)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/debug", metavar="FOLDER")
    args = parser.parse_args(argv)
    for name in args.methods:
        if name not in names:
            parser.error(f"no method is named {name}")
    return args


def verify(args):
    chosen = [m for m in METHODS
              if (m.name in args.methods if args.methods else args.long or not m.slow)]
    if not args.no_build:
        for words in (["debug"], ["release"]):
            subprocess.run([ROOT / "tools/build", *words], check=True)
    known = known_tests(args.build)
    tests = {method.name: tests_of(method, args.long, known) for method in chosen}
    if args.list:
        for method in chosen:
            print(f"{method.name:11} {method.how}\n{'':11} {' '.join(tests[method.name]) or '-'}")
        return 0
    wanted = sorted({name for names in tests.values() for name in names})
    if not wanted:
        raise Refused("none of the tests is there; has it been built?")
    started = time.monotonic()
    outcomes = run_tests(args.build, wanted, args.jobs)
    rows = [(m, gather(tests[m.name], outcomes) if tests[m.name] else None) for m in chosen]
    print("\n".join(table(rows, args.long)))
    for line in summary(rows):
        print(line)
    if not args.methods and not args.long:
        print("only with --long, or by name: " + ", ".join(m.name for m in METHODS if m.slow))
    good = all(result is not None and not result.failed for _, result in rows)
    print(f"{len(wanted)} tests, {time.monotonic() - started:.0f} s: "
          f"{'all passed' if good else 'NOT all well'}")
    return 0 if good else 1


def main(argv):
    args = parse_arguments(argv)
    try:
        return verify(args)
    except (Refused, OSError) as error:
        print(f"verify: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"verify: {error.cmd[0]} failed ({error.returncode})", file=sys.stderr)
    except KeyboardInterrupt:
        print("verify: interrupted", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
