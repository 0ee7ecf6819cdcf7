"""Boots the kernel with the invariants inside: whatever happens, all hold after every Nth step.

Usage: checked.py [--only RUN ...] [--every N] [--long]
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("WL_ROOT", Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(ROOT / "tests/target"), str(ROOT / "tests/e2e")]
from harness import BUILDS, Refused, Session, options  # noqa: E402
from run import tap_problems  # noqa: E402
from wl import bootimage, machine  # noqa: E402
from wl.elf import load_program  # noqa: E402

BUILD = BUILDS["debug"]
EXIT_PANIC = 2 * 0x11 + 1
COMMANDS = ("ps", "caps init", "mem", "echo text > /a", "cat /a", "pingpong 50", "spawn /bin/spin",
            "kill spin", "restart vfs", "verify")
GROUPS = ("CAP", "MEM", "SLF")
SUMMARY = re.compile(r"checked: (\d+) steps, (\d+) checks, at most (\d+) slots")
END_OF_TESTS = rb"(?m)^# \d+ failed"


def boot(every, image, words=""):
    return Session(options("debug", kernel=BUILD / "kernel-checked.elf", image=image,
                           memory=machine.CHECKED_MEMORY, append=f"every={every} {words}"))


def end(session, status):
    """(steps, checks) of a machine that has gone off."""
    found = SUMMARY.search(session.text())
    if status != machine.EXIT_CLEAN or not found:
        session.fail(f"exit code {status}")
    steps, checks, slots = map(int, found.groups())
    if checks == 0 or slots < 100:
        raise Refused(f"{checks} checks of at most {slots} slots")
    return steps, checks


def power_off(session):
    session.send(b"poweroff\r")
    return end(session, session.finish(60))


def run_session(every, _scratch):
    with boot(every, BUILD / "boot.img") as session:
        session.prompt(100)
        for command in COMMANDS:
            status, shown = session.run(command, 100)
            if status != 0:
                raise Refused(f"{command}: status {status}\n{shown}")
        return power_off(session)


def run_worst(every, scratch):
    """The kernel's worst cases: tests/bench/worst in axiom's place."""
    program = load_program(os.environ.get("WL_WORST", BUILD / "tests/bench/worst"))
    image = Path(scratch) / "worst.img"
    image.write_bytes(bootimage.build(program, program, {}))
    with boot(2 * every, image, "crowd=200") as session:
        return end(session, session.finish(150))


def prompt_again(session):
    """What is typed while the tests still hold the terminal is lost with it."""
    for _ in range(20):
        session.send(b"\r")
        try:
            return session.prompt(3)
        except Refused:
            continue
    raise Refused("the shell does not come back")


def run_tests(session, only=""):
    """The tests inside whose ids begin so."""
    if only:
        session.run(f"mkdir /tests.options /tests.options/only-{only}", 60)
    start = len(session.text())
    session.send(b"restart tests\r")
    session.expect(END_OF_TESTS, 600, "the end of the tests")
    prompt_again(session)
    if problems := tap_problems(session.text()[start:], 1):
        raise Refused("; ".join(problems))
    if only:
        session.run(f"rm /tests.options/only-{only}", 60)


def run_groups(every, _scratch):
    with boot(every, BUILD / "boot-test.img") as session:
        session.prompt(100)
        for group in GROUPS:
            run_tests(session, group)
        return power_off(session)


def run_suite(every, _scratch):
    with boot(12 * every, BUILD / "boot-test.img") as session:
        session.prompt(100)
        run_tests(session)
        return power_off(session)


def run_fails(_every, _scratch):
    """That a broken state is seen: the kernel plants a fault, and must stop at the next look."""
    with boot(1, BUILD / "boot.img", "plant=1") as session:
        status = session.finish(60)
        shown = session.text()
    if status != EXIT_PANIC or "kernel: panic: INV-CAP-2" not in shown:
        raise Refused(f"a planted fault is not seen: exit code {status}\n{shown}")
    return 0, 0


SHORT = {"fails": run_fails, "session": run_session, "worst": run_worst, "groups": run_groups}
RUNS = dict(SHORT, suite=run_suite)


def parse_arguments(argv):
    parser = argparse.ArgumentParser(
        prog="checked.py", description="Runs the kernel that checks its own invariants.")
    parser.add_argument("--only", action="append", choices=sorted(RUNS), metavar="RUN",
                        help="one of: " + ", ".join(sorted(RUNS)))
    parser.add_argument("--every", type=int, default=16, metavar="N",
                        help="steps between two looks (16); worst cases 2 N, the suite 12 N")
    parser.add_argument("--long", action="store_true", help="the whole suite of tests as well")
    args = parser.parse_args(argv)
    if args.every < 1:
        parser.error("--every: at least 1")
    return args


def main(argv):
    args = parse_arguments(argv)
    total, failed = [0, 0], False
    for name in args.only or (RUNS if args.long else SHORT):
        try:
            with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
                steps, checks = RUNS[name](args.every, scratch)
        except (Refused, OSError) as error:
            print(f"checked: {name}: {error}")
            failed = True
            continue
        print(f"{name:8} {steps:9} steps, {checks:7} checks of all invariants")
        total = [total[0] + steps, total[1] + checks]
    print(f"FIGURE checked_steps {total[0]} steps")
    print(f"FIGURE checked_looks {total[1]} checks")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
