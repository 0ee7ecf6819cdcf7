#!/usr/bin/python3 -B
"""Boots the image of the tests, lets the service `tests` run inside, and reads its TAP.

Usage: run.py debug|release [--smp N] [--only PREFIX] [--repeat N] [--append WORDS]

--only runs the tests whose id begins so; --repeat boots and runs so often; --append adds to the
kernel's command line. `/bin/tests` reads what it has to know as names of directories below
/tests.options, and prints TAP on its console session: one line `ok N - ID: text` or
`not ok N - ID: text` a test, `# ...` for anything else, at the end the plan `1..N` and
`# N failed`. What counts here is the plan, every line, and `verify` afterwards.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness import BOOT_SECONDS, BUILDS, Refused, Session, options, plain  # noqa: E402

TESTS_MIN = 180
DISK_BYTES = 64 << 20
SECONDS_MAX = 600
MEMORY = "1G"  # all commits of a run stay in the log memory, which is a share of it
# The shell may write its prompt when the first line is already there.
PLAN = re.compile(r"(?m)^(?:wl> )?1\.\.(\d+)\s*$")
RESULT = re.compile(r"(?m)^(?:wl> )?(not ok|ok) (\d+) - (\S+)(.*)$")


def tap_problems(text, tests_min=TESTS_MIN):
    """What is wrong with a TAP stream, as a list of texts."""
    problems = []
    plan = PLAN.findall(text)
    results = RESULT.findall(text)
    if len(plan) != 1:
        problems.append(f"{len(plan)} plans instead of one")
    elif int(plan[0]) != len(results):
        problems.append(f"{len(results)} tests ran, the plan says {plan[0]}")
    if len(results) < tests_min:
        problems.append(f"only {len(results)} tests")
    numbers = [int(number) for _, number, _, _ in results]
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append("the numbers of the tests are not in order")
    names = [name for _, _, name, _ in results]
    problems += [f"{name} stands twice" for name in sorted(set(names)) if names.count(name) > 1]
    problems += [f"not ok: {name}{rest}" for verdict, _, name, rest in results if verdict != "ok"]
    return problems


def show(piece):
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def run(arguments):
    with tempfile.TemporaryDirectory() as scratch:
        disk = Path(scratch) / "disk.img"
        disk.write_bytes(bytes(DISK_BYTES - 1) + b"x")  # in use: the ledger makes no log on it
        return run_with(arguments, disk)


def run_with(arguments, disk):
    # Time counts instructions where it can: then a budget is what it is, however busy the host.
    machine = options(arguments.variant, image=BUILDS[arguments.variant] / "boot-test.img",
                      smp=arguments.smp, icount=arguments.smp == 1, append=arguments.append,
                      memory=MEMORY, disks=[disk])
    names = [f"cpus-{arguments.smp}"] + ([f"only-{arguments.only}"] if arguments.only else [])
    names += ["counted"] if machine.icount else []
    names += ["development"] if "development" in arguments.append.split() else []
    with Session(machine, echo=show) as session:
        session.prompt(BOOT_SECONDS["fast"])
        session.run("mkdir /tests.options " + " ".join(f"/tests.options/{n}" for n in names), 30)
        start = session.mark
        session.send(b"restart tests\r")
        session.expect(rb"(?m)^# \d+ failed", SECONDS_MAX, "the end of the tests")
        text = plain(bytes(session.seen[start:]))
        problems = tap_problems(text, 1 if arguments.only else TESTS_MIN)
        session.send(b"\r")
        session.prompt(30)
        if session.run("verify", 120)[0] != 0:
            problems.append("verify does not agree")
        if not session.power_off():
            problems.append("the machine did not power off in order")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("variant", choices=sorted(BUILDS))
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--append", default="")
    arguments = parser.parse_args()
    problems = []
    for _ in range(arguments.repeat):
        try:
            problems += run(arguments)
        except Refused as error:
            problems.append(str(error))
    print()
    for problem in problems:
        print(f"target: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
