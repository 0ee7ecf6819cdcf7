"""Instructions of operations on files: ours beside a Linux guest's.

Both are the same machine to QEMU: emulated, time counted by instructions. Ours is the program of
tests/bench/system in the running system, without disks; Linux's is files.c, on tmpfs and on ext4,
whose disk it never waits for: nothing is synced. A figure is the least of all rounds.

Usage: files.py [--json FILE]; fails if opening, reading 4 KiB of memory and closing costs more than
on Linux.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "e2e"), str(HERE.parents[2] / "tools"), str(HERE)]
from harness import BUILDS, ROOT, Refused, Session, options  # noqa: E402
from wl import bench_system  # noqa: E402
import guest  # noqa: E402

FIGURE = re.compile(r"FIGURE (\w+) (\w+) (\d+) (\d+)")
LINUX_SECONDS, DISK_BYTES = 400, 256 << 20
PROGRAM = Path(os.environ.get("WL_LINUX_FILES", BUILDS["debug"] / "tests/bench/linux/linux_files"))
# As it comes; and with all that costs it instructions left out: without mitigations, and with
# copies of 8 bytes an instruction, as ours are.
BOOTS = {"": ("max", ""), ", tuned": ("max,erms=off", "mitigations=off")}
ROWS = {"open": "file_open", "read 4 KiB": "file_get_4k", "close": "file_close",
        "open, read 4 KiB, close": "file_all", "stat": "file_stat", "write 4 KiB": "file_put_4k",
        "create": "file_create", "rename": "file_rename", "unlink": "file_unlink"}
OF_LINUX = {"open, read 4 KiB, close": "all", "read 4 KiB": "read", "write 4 KiB": "write"}


def measure_linux(scratch):
    """The guest's release, and {system: {operation: instructions}}."""
    files = guest.unpacked(ROOT / "build/linux-guest")
    kernel, release = guest.kernel_of(files)
    memory, disk = Path(scratch) / "initramfs", Path(scratch) / "ext4.img"
    memory.write_bytes(guest.initramfs(files, release, PROGRAM, guest.FILE_MODULES))
    found = {}
    for name, (cpu, words) in BOOTS.items():
        with open(disk, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["/usr/sbin/mke2fs", "-q", "-t", "ext4", disk], check=True)
        with Session(options(icount=True, memory="512M", disks=[disk], loader=kernel,
                             module=memory, append=f"console=ttyS0 quiet {words}",
                             cpu=cpu)) as session:
            session.finish(LINUX_SECONDS)
            text = session.text()
        if "DONE" not in text:
            raise Refused(f"Linux: no figures\n{text[-2000:]}")
        for filesystem, operation, least, _ in FIGURE.findall(text):
            found.setdefault(f"{filesystem}{name}", {})[operation] = int(least)
    return release, found


def measure_ours():
    build = BUILDS["release"]
    rows, _ = bench_system.measure(build, build / "symbols/kernel.elf", "file_")
    return {row: rows[row]["least"] for row in rows}


def table(ours, linux):
    yield "| operation | Waterlight | " + " | ".join(linux) + " |"
    yield "|---|" + "---|" * (1 + len(linux))
    for name, row in ROWS.items():
        others = (figures[OF_LINUX.get(name, name)] for figures in linux.values())
        yield f"| {name} | {ours[row]:,} | " + " | ".join(f"{n:,}" for n in others) + " |"


def main(argv):
    parser = argparse.ArgumentParser(prog="files.py", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures")
    args = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="waterlight-") as scratch:
            release, linux = measure_linux(scratch)
        ours = measure_ours()
    except (Refused, subprocess.CalledProcessError) as error:
        print(f"files: {error}")
        return 1
    print(f"instructions; Linux {release}")
    print("\n".join(table(ours, linux)))
    if args.json:
        args.json.write_text(json.dumps({"ours": ours, "linux": linux}, indent=1) + "\n",
                             encoding="utf-8")
    dearer = [name for name, figures in linux.items() if ours["file_all"] >= figures["all"]]
    if dearer:
        print(f"files: opening, reading and closing costs more than on {' and '.join(dearer)}")
    return 1 if dearer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
