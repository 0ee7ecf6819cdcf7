"""The program of tests/bench/micro in axiom's place: booted, and what it says read."""

import json
import subprocess
from pathlib import Path

from wl import bootimage, machine
from wl.elf import load_program
from wl.errors import Refused

SECONDS = 120
EMPTY = "empty"  # the row in which nothing is done
SEEN_TWICE = {"page_fault": 1}  # by the plugin: what faulted, and the same when it is done again


def micro_image(build, path):
    program = load_program(machine.need(build / "symbols/micro.elf"))
    path.write_bytes(bootimage.build(program, program, {}))
    return path


def run(build, kernel, words, scratch, extra=()):
    """Boots it once; the lines that it wrote."""
    said = Path(scratch) / "said"
    options = machine.Options(
        build=build, accel="tcg", icount=True, kernel=kernel or build / "symbols/kernel.elf",
        image=micro_image(build, Path(scratch) / "micro.img"), append=words,
        extra=["-chardev", f"file,id=said,path={said}",
               "-device", "isa-debugcon,iobase=0xe9,chardev=said", *extra])
    try:
        done = subprocess.run(machine.command(options, "pipe", scratch), timeout=SECONDS,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise Refused(f"micro: not at its end after {SECONDS} s") from error
    lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
    if done.returncode != machine.EXIT_CLEAN or lines[-1:] != ["end"]:
        shown = "\n".join(lines[-3:]) + (done.stdout + done.stderr).decode(errors="replace")
        raise Refused(f"micro: exit code {done.returncode}\n{shown}")
    return lines


def parse(lines):
    """name -> least, median, most: of an operation, less an empty measurement."""
    rows, empty = {}, 0
    for line in lines:
        words = line.split()
        if words[:1] != ["row"]:
            continue
        least, median, most, rounds, each = (int(word) for word in words[2:7])
        if words[1] == EMPTY:
            empty = least
        rows[words[1]] = {"least": (least - empty) // each, "median": (median - empty) // each,
                          "most": (most - empty) // each, "rounds": rounds, "each": each}
    return rows


def plugin(build, scratch):
    """QEMU's arguments for the counting plugin, and where its report will be."""
    path = machine.need(build / "tests/bench/micro/counts.so")
    report = Path(scratch) / "counts.json"
    return ["-plugin", f"{path},out={report},lines=1"], report


def join(rows, found, name):
    """What was counted in that row; it must be what `rdtsc` said."""
    rows[name].update(found[name])
    said = found[name]["instructions"] - found[EMPTY]["instructions"] - SEEN_TWICE.get(name, 0)
    said //= rows[name]["each"]
    if said != rows[name]["least"]:
        raise Refused(f"{name}: {said} instructions counted, {rows[name]['least']} by rdtsc")


def counted(build, kernel, prefix):
    """The same rows, measured twice: the second time under the counting plugin, which must agree
    with the time stamps, as these must with those of the first time."""
    first = measure(build, kernel, prefix)
    with machine.scratch_folder() as scratch:
        extra, report = plugin(build, scratch)
        lines = run(build, kernel, f"only={prefix}", scratch, extra)
        found = json.loads(report.read_text(encoding="utf-8"))
    rows = parse(lines)
    names = [line.split()[1] for line in lines if line.startswith("row ")]
    for name in names:
        join(rows, dict(zip(names, found, strict=True)), name)
    for name, row in first.items():
        for key, value in row.items():
            if rows[name][key] != value:
                raise Refused(f"{name}: {key} is {value} once and {rows[name][key]} another time")
    del rows[EMPTY]
    return rows


def measure(build, kernel, prefix):
    with machine.scratch_folder() as scratch:
        rows = parse(run(build, kernel, f"only={prefix}", scratch))
    del rows[EMPTY]
    return rows
