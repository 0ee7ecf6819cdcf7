"""What the log costs: hashing, folding, appending, recovery and questions, with a million commits.

Instructions are those that ran (where.c), of all programs and the kernel, not counting the clock's;
seconds are those that emulation took of this host's processor, for orientation.

Usage: log_figures.py [--json FILE]
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "e2e"), str(HERE.parent)]
from harness import BUILDS, ROOT, Refused, Session, options  # noqa: E402
import where  # noqa: E402
from wl import recording  # noqa: E402

WHERE = Path(os.environ.get("WL_WHERE", BUILDS["debug"] / "tests/bench/micro/where.so"))
LOG_IMAGE = Path(os.environ.get("WL_LOG_IMAGE", BUILDS["debug"] / "tests/bench/log/log_image"))
WL_LOG = BUILDS["debug"] / "tools/wllog/wl-log"
STORE_BENCH = BUILDS["debug"] / "tests/host/store/store_bench"
ANSWER_US = 2000  # by then the device has answered
COMMITS, DISK_MIB, FEW = 1_000_000, 512, 1000
HOGS = 50  # so that the boot that is repeated has about 50,000 commits
KINDS = {1: "hash of a commit", 2: "reduce of a commit, in the system",
         3: "record of a stream, appended", 4: "record of a stream, durable, 16 at once",
         5: "record of a stream, durable, singly", 6: "commit of the kernel, made until durable"}
KIND_COMMITS, STRETCHES = 6, 6  # as in tests/target/logbench
QUESTION = ("why --boot 10 axiom 755", "why --boot 11 axiom 755")
SECONDS, LONG_SECONDS = 60, 200
PROCESSOR = "s of the host's processor"


def disk(path, plugin):
    """A machine's options for a disk that answers at once, with the plugin."""
    name = str(path).replace(",", ",,")
    return ["-drive", f"if=none,id=log,format=raw,cache=unsafe,file={name}",
            "-device", "virtio-blk-pci,disable-legacy=on,drive=log,ioeventfd=off",
            "-plugin", f"{WHERE},wait={ANSWER_US},{plugin}"]


def power_off(session):
    if not session.power_off():
        session.fail("the machine did not power off in order")


def in_system(scratch):
    """What logbench does, by kind; of a commit the parts of programs and of hashing, too."""
    path, report = Path(scratch) / "empty.img", Path(scratch) / "where"
    with open(path, "wb") as file:
        file.truncate(64 << 20)
    image = BUILDS["release"] / "boot-test.img"
    extra = disk(path, f"kind={KIND_COMMITS},out={report}")
    with Session(options(icount=True, memory="512M", image=image, extra=extra)) as session:
        session.prompt(SECONDS)
        session.run("restart logbench")
        session.expect(rb"DONE|ended with code", LONG_SECONDS)
        session.run("", SECONDS)
        shown = session.text()
        power_off(session)
    counts = {int(kind): int(count) for kind, count in re.findall(r"FIGURE (\d+) (\d+)", shown)}
    size = re.search(r"BYTES (\d+) (\d+)", shown)
    if counts.keys() != KINDS.keys() or not size:
        raise Refused(f"logbench did not come to its end:\n{shown[-2000:]}")
    sections = where.sections(report)
    for kind, count in counts.items():
        yield KINDS[kind], round(min(sections[kind][1:]) / count), "instructions"
    programs, functions = where.count(report, BUILDS["release"])
    each = counts[KIND_COMMITS] * STRETCHES
    hashing = sum(took for (_, name), took in functions.items() if "blake2b" in name)
    for name in ("kernel", "axiom", "ledger", "virtio_blk"):
        yield f"  of it {name}", round(programs[name] / each), "instructions"
    yield "  of the ledger's, hashing", round(hashing / each), "instructions"
    yield "commit of the kernel, on the disk", round(int(size[2]) / int(size[1]), 1), "bytes"


def images(scratch):
    """Logs of few commits and of a million: a real boot's, again and again."""
    scratch = Path(scratch)
    record, commits = scratch / "boot.rec", scratch / "commits"
    words = ";".join(["memhog"] * HOGS)
    subprocess.run([ROOT / "tools/run", "--build", BUILDS["release"], "--record", record,
                    "--no-disks", "--exec", words, "--timeout", str(SECONDS)], check=True,
                   stdout=subprocess.DEVNULL)
    commits.write_bytes(recording.read(record).commits)
    made = {}
    for count in (FEW, COMMITS):
        made[count] = scratch / f"{count}.img"
        subprocess.run([LOG_IMAGE, made[count], str(DISK_MIB), commits, str(count)], check=True)
    return made


def processor_seconds(session):
    """What QEMU has used of the host's processors."""
    fields = Path(f"/proc/{session.qemu.pid}/stat").read_text(encoding="utf-8").split(") ")[1]
    return sum(int(ticks) for ticks in fields.split()[11:13]) / os.sysconf("SC_CLK_TCK")


def boot(image, scratch, commands=(), counted=False):
    """Boots with a copy: (processor seconds to the prompt, of each command, and instructions of
    each program in all)."""
    path, report = Path(scratch) / "copy.img", Path(scratch) / "where"
    shutil.copyfile(image, path)
    extra = disk(path, f"all=on,out={report}") if counted else []
    plain = {} if counted else {"disks": [path]}
    took = []
    with Session(options(icount=counted, memory="512M", extra=extra, **plain)) as session:
        session.prompt(SECONDS)
        until_prompt = processor_seconds(session)
        for command in commands:
            before = processor_seconds(session)
            status, shown = session.run(command, LONG_SECONDS)
            took.append(processor_seconds(session) - before)
            if status != 0:
                raise Refused(f"{command}: status {status}\n{shown}")
        power_off(session)
    programs = where.count(report, BUILDS["release"])[0] if counted else {}
    return until_prompt, took, programs


def spent(programs):
    """Without those that run as time goes by."""
    return sum(took for name, took in programs.items() if name not in ("timer", "health"))


def recovery(made, scratch):
    """What a million commits add to a boot, and what a question about them costs."""
    few = boot(made[FEW], scratch, counted=True)[2]
    many = boot(made[COMMITS], scratch, counted=True)[2]
    once = boot(made[COMMITS], scratch, QUESTION[:1], counted=True)[2]
    twice = boot(made[COMMITS], scratch, QUESTION, counted=True)[2]
    few_seconds, _, _ = boot(made[FEW], scratch)
    many_seconds, why, _ = boot(made[COMMITS], scratch, QUESTION)
    yield "recovery of 1,000,000 commits", spent(many) - spent(few), \
        "instructions, more than of 1,000"
    yield "boot to prompt, 1,000 commits", round(few_seconds, 2), PROCESSOR
    yield "boot to prompt, 1,000,000 commits", round(many_seconds, 2), PROCESSOR
    yield "why, in the running system", spent(twice) - spent(once), \
        "instructions, of a boot among 1,000,000 commits"
    yield "why, in the running system", round(max(why), 2), PROCESSOR


def offline(made):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([WL_LOG, made[COMMITS], "why", "axiom", "7"], check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    yield "why, tools/wl-log, all verified", round(spent, 2), PROCESSOR


def rows(scratch):
    yield from in_system(scratch)
    made = images(scratch)
    yield from recovery(made, scratch)
    yield from offline(made)


def main(argv):
    parser = argparse.ArgumentParser(prog="log_figures.py", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures, as a list")
    args = parser.parse_args(argv)
    shown = []
    try:
        with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
            for name, value, unit in rows(scratch):
                print(f"{name:42} {value:>14,}  {unit}", flush=True)
                shown.append({"name": name.strip(), "value": value, "unit": unit})
            done = subprocess.run([STORE_BENCH, Path(scratch) / "bench.img"], check=True,
                                  capture_output=True, text=True)
            print(f"\non the host (store_bench):\n{done.stdout}", end="")
    except (Refused, OSError, subprocess.SubprocessError) as error:
        print(f"log_figures: {error}")
        return 1
    if args.json:
        args.json.write_text(json.dumps(shown, indent=4) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
