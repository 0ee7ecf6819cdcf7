"""The longest stretch with interrupts off, in instructions of the kernel as users boot it.

Runs under interrupts_off.c: `worst` makes the kernel's worst cases on purpose, `session` uses the
shell's commands, `target` runs ten groups of the tests
inside the system, `suite` all of them. `crowd` compares the revoke of few
descendants with the revoke of many, on counted time: the figure must be the same.

Usage: interrupts_off.py [--most N] [--only RUN ...] [--kernel FILE] [--costs]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import stretches

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "checked"))
from checked import run_tests  # noqa: E402
from harness import BUILDS, Refused, Session, options  # noqa: E402
from wl import bootimage, machine  # noqa: E402
from wl.elf import load_program  # noqa: E402

MOST = 20_000
FEW, MANY = 1_000, 100_000
WORST = Path(os.environ.get("WL_WORST", "worst"))
COMMANDS = ("ps", "caps init", "caps shell", "mem", "log 50", "syslog 50", "verify", "ls /",
            "echo text > /a", "cat /a", "rm /a", "pingpong 2000", "memhog", "spawn /bin/spin",
            "kill spin", "restart vfs", "restart uart", "verify")
GROUPS = ("SYS", "CAP", "MEM", "OBJ", "SLF", "MSG", "PRC", "FPU", "REG", "THR")


def worst_image(path):
    """A boot image in which the program of the worst cases is axiom."""
    program = load_program(WORST)
    Path(path).write_bytes(bootimage.build(program, program, {}))
    return Path(path)


def run_worst(arguments, kernel, scratch, append="", icount=False):
    image = worst_image(Path(scratch) / "worst.img")
    with Session(options(kernel=kernel, image=image, extra=arguments, append=append,
                         icount=icount)) as session:
        status = session.finish(100)
    if status != machine.EXIT_CLEAN:
        raise Refused(f"worst: exit code {status}\n{session.text()}")


def run_session(arguments, kernel, _scratch):
    with Session(options(kernel=kernel, extra=arguments)) as session:
        session.prompt(60)
        for command in COMMANDS:
            session.run(command, 60)
        if not session.power_off():
            raise Refused("session: the machine did not power off in order")


def boot_tests(groups, arguments, kernel):
    image = BUILDS["release"] / "boot-test.img"
    with Session(options(kernel=kernel, image=image, extra=arguments, memory="512M")) as session:
        session.prompt(60)
        for group in groups:
            run_tests(session, group)
        if not session.power_off():
            raise Refused("target: the machine did not power off in order")


def run_target(arguments, kernel, _scratch):
    boot_tests(GROUPS, arguments, kernel)


def run_suite(arguments, kernel, _scratch):
    boot_tests([""], arguments, kernel)


def run_few(arguments, kernel, scratch):
    run_worst(arguments, kernel, scratch, f"crowd={FEW} only=1", icount=True)


def run_many(arguments, kernel, scratch):
    run_worst(arguments, kernel, scratch, f"crowd={MANY} only=1", icount=True)


RUNS = {"worst": [run_worst], "session": [run_session], "target": [run_target],
        "crowd": [run_few, run_many], "suite": [run_suite]}
SHORT = ("worst", "session", "target", "crowd")


def parse_arguments(argv):
    parser = argparse.ArgumentParser(
        prog="interrupts_off.py",
        description="Counts the instructions that the kernel runs with interrupts off.")
    parser.add_argument("--most", type=int, default=MOST, metavar="N", help=f"the gate ({MOST})")
    parser.add_argument("--only", action="append", choices=sorted(RUNS), metavar="RUN",
                        help="one of: " + ", ".join(sorted(RUNS)))
    parser.add_argument("--kernel", type=Path, metavar="FILE", help="an ELF file with symbols")
    parser.add_argument("--costs", action="store_true", help="all functions of the longest")
    return parser.parse_args(argv)


def main(argv):
    args = parse_arguments(argv)
    kernel = args.kernel or BUILDS["release"] / "symbols/kernel.elf"
    report = stretches.Report(kernel)
    problems, revokes = [], []
    for name in args.only or SHORT:
        for run in RUNS[name]:
            try:
                kinds = counted(run, name, kernel, report)
            except Refused as error:
                problems.append(f"{name}: {error}")
                continue
            if name == "crowd":
                revokes.append(kinds["revoke_apply"]["longest"])
    problems += told(report, args) if report.kinds else ["nothing was counted"]
    if len(revokes) == 2:
        print(f"revoke of {FEW} descendants: {revokes[0]}, of {MANY}: {revokes[1]} instructions")
        if abs(revokes[0] - revokes[1]) > revokes[0] // 100:  # where a tick falls, moves it a bit
            problems.append("the number of descendants matters")
    for problem in problems:
        print(f"interrupts_off: {problem}")
    return 1 if problems else 0


def counted(run, name, kernel, report):
    """One run; its stretches by kind."""
    with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
        arguments, out = stretches.plugin_arguments(kernel, scratch)
        run(arguments, kernel, scratch)
        if not out.exists():
            raise Refused("no report")
        return {kind["name"]: kind for kind in report.add(out, name)["kinds"]}


def told(report, args):
    """Prints what was found; what is wrong with it."""
    print("\n".join(report.table()))
    longest = report.longest()
    if args.costs:
        print(report.costs(longest, 100))
    print(f"{report.stretches} stretches; boot, not counted, {report.boot} instructions")
    print(f"FIGURE interrupts_off_longest {longest['longest']} instructions")
    if longest["longest"] <= args.most:
        return []
    return [f"{longest['name']} runs {longest['longest']} instructions, at most {args.most}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
