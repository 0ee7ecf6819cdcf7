"""Instructions of a 4 KiB read and write through our block driver, and in a Linux guest.

Both are the same machine to QEMU, but for kernel and initial memory: emulated, time counted by
instructions, two virtio disks, of which the second is measured. Its contents are nowhere and it
answers at once (where.c makes sure), so that nothing idles and a figure is the same in every
run: from before the first request to after the last completion, divided by their number; of five
stretches the least.

Usage: compare.py [--only ours|linux] [--json FILE] [--profile] [--later]; fails if Linux
is better at anything.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "e2e"), str(HERE.parent), str(HERE)]
from harness import BUILDS, ROOT, Refused, Session, options  # noqa: E402
import guest  # noqa: E402
import where  # noqa: E402

REQUESTS = 400  # as in tests/target/system.toml
FEW = 16  # of the same work, for --later
RUNS = 6  # of each kind of work: one to warm up
LATER_NS = 200_000
DISK_BYTES = 64 << 20
LINUX_SECONDS, OUR_SECONDS, READY_SECONDS = 400, 200, 60
FIGURE = re.compile(r"FIGURE (\w+) (\w+) (\w+) (\d+) (\d+) (\d+)")
WHERE = Path(os.environ.get("WL_WHERE", BUILDS["debug"] / "tests/bench/micro/where.so"))
ANSWER_US = 300  # by then the device has answered
INIT = Path(os.environ.get("WL_LINUX_INIT", BUILDS["debug"] / "tests/bench/linux/linux_init"))
# As it comes; and with all that costs it instructions and can be left out.
BOOTS = {"linux": ("", ""),
         "linux, tuned": ("mitigations=off", "/sys/block/vdb/queue/scheduler=none"
                          " /sys/block/vdb/queue/iostats=0")}


def second_disk(plugin, later):
    """It answers at once, or later; then the plugin counts, as the machine's time goes on."""
    slow = f",latency-ns={LATER_NS}" if later else ""
    wait = "" if later else f",wait={ANSWER_US}"
    return ["-blockdev", f"null-co,node-name=null,size={DISK_BYTES},read-zeroes=on{slow}",
            "-device", "virtio-blk-pci,disable-legacy=on,drive=null,ioeventfd=off",
            "-plugin", f"{WHERE}{wait}{plugin}"]


def first_disk(scratch):
    """Our log is not made on a disk that is in use; what the last byte says."""
    path = Path(scratch) / "first.img"
    path.write_bytes(bytes((1 << 20) - 1) + b"x")
    return [path]


def machine(scratch, plugin="", later=False, **more):
    return options(icount=not later, memory="512M", disks=first_disk(scratch),
                   extra=second_disk(plugin, later), **more)


def figures(text, system, report=None):
    """{(system and method, operation, order, depth): instructions a request}; with a report of the
    plugin what that counted, of the short stretches."""
    found = {}
    sections = where.sections(report)[0] if report else []
    for number, line in enumerate(FIGURE.findall(text)):
        method, operation, order, depth, requests, took = line
        if int(requests) != (FEW if report else REQUESTS):
            continue
        if report:
            took = min(sections[number * RUNS + 1 : (number + 1) * RUNS])
        key = (f"{system}: {method}", operation, order, int(depth))
        found[key] = round(int(took) / int(requests))
    if "DONE" not in text or not found:
        raise Refused(f"{system}: no figures\n{text[-2000:]}")
    return found


def measure_linux(scratch, later=False):
    files = guest.unpacked(ROOT / "build/linux-guest")
    kernel, release = guest.kernel_of(files)
    memory = Path(scratch) / "initramfs"
    memory.write_bytes(guest.initramfs(files, release, INIT))
    found = {}
    report = Path(scratch) / "where" if later else None
    for name, (kernel_words, settings) in BOOTS.items():
        words = f"console=ttyS0 quiet {kernel_words} -- {REQUESTS} {settings}"
        with Session(machine(scratch, f",out={report}" if later else "", later, loader=kernel,
                             module=memory, append=words)) as session:
            session.finish(LINUX_SECONDS)
            found |= figures(session.text(), name, report)
    return release, found


def measure_ours(scratch, later=False, report=None):
    image = BUILDS["release"] / "boot-test.img"
    plugin = f",out={report}" if report else ""
    with Session(machine(scratch, plugin, later, image=image)) as session:
        session.prompt(READY_SECONDS)
        session.run("restart second_disk")
        deadline = time.monotonic() + READY_SECONDS
        while not re.search(r"(?m)^ready .* second_disk$", session.run("services")[1]):
            if time.monotonic() > deadline:
                session.fail("the driver of the second disk does not start")
        session.run("restart diskbench")
        session.expect(rb"DONE|FAILED", OUR_SECONDS)
        session.run("", READY_SECONDS)
        if not session.power_off():
            session.fail("the machine did not power off in order")
        return figures(session.text(), "ours", report if later else None)


def profile(scratch):
    """Where the instructions of all our requests went."""
    report = Path(scratch) / "where"
    found = measure_ours(scratch, report=report)
    print("instructions a request, over all kinds of work")
    print("\n".join(where.table(report, BUILDS["release"], len(found) * RUNS * REQUESTS)))


def told(found):
    """A line for each method, a column for each kind of work."""
    kinds = sorted({key[1:] for key in found}, key=lambda kind: (kind[2], kind[1], kind[0]))
    yield " " * 24 + "".join(f"{depth:>8} at once" for _, _, depth in kinds)
    yield " " * 24 + "".join(f"{order:>16}" for _, order, _ in kinds)
    yield " " * 24 + "".join(f"{operation:>16}" for operation, _, _ in kinds)
    for method in dict.fromkeys(key[0] for key in found):
        numbers = (found.get((method, *kind), "") for kind in kinds)
        yield f"{method:24}" + "".join(f"{number:>16}" for number in numbers)


def worse(found):
    """Where the least of Linux's methods costs less than the least of ours."""
    for kind in sorted({key[1:] for key in found}):
        best = {ours: min((number for key, number in found.items()
                           if key[1:] == kind and key[0].startswith("ours") == ours), default=None)
                for ours in (True, False)}
        if None not in best.values() and best[True] >= best[False]:
            yield f"{' '.join(map(str, kind))}: ours {best[True]}, Linux {best[False]}"


def main(argv):
    parser = argparse.ArgumentParser(prog="compare.py", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("ours", "linux"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures, as a list")
    parser.add_argument("--profile", action="store_true", help="ours by function")
    parser.add_argument("--later", action="store_true", help="a device that answers after 0.2 ms")
    args = parser.parse_args(argv)
    found = {}
    try:
        with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
            report = Path(scratch) / "where" if args.later else None
            if args.profile:
                profile(scratch)
                return 0
            if args.only != "linux":
                found |= measure_ours(scratch, args.later, report)
            if args.only != "ours":
                release, linux = measure_linux(scratch, args.later)
                found |= linux
                print(f"Linux {release}")
    except Refused as error:
        print(f"compare: {error}")
        return 1
    print("instructions of a 4 KiB request")
    print("\n".join(told(found)))
    if args.json:
        rows = [dict(zip(("method", "operation", "order", "depth"), key), instructions=number)
                for key, number in found.items()]
        args.json.write_text(json.dumps(rows, indent=4) + "\n", encoding="utf-8")
    problems = list(worse(found))
    print("\n".join(f"compare: not better: {problem}" for problem in problems), end="")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
