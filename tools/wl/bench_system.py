"""The program of tests/bench/system in the running system: booted, waited for, and read.

Nothing is typed: what comes from outside comes when the host likes, and the figures would not be
the same twice.
"""

import json
import re

from wl import bench_micro, machine
from wl.errors import Refused
from wl.serial import Session

SECONDS = 240
STAGES = re.compile(r"kernel [\d.]+ ms, axiom ")
STAGE = re.compile(r"([a-z][a-z ]*) ([\d.]+) ms")
ROWS = ("raw_call", "typed_call", "typed_over_raw", "axiom_call", "axiom_map", "axiom_unmap",
        "spawn", "exit", "ring_alone", "ring_batch_32", "file_open", "file_get_4k", "file_close",
        "file_all", "file_stat", "file_put_4k", "file_read_4k", "file_write_4k", "file_create",
        "file_rename", "file_unlink", "commit_append", "boot")
END = re.compile(rb"(?m)^(end|failed \S+ \d+|init: bench [^\n]*)\s*$")
# Rows in which both sides are the program that measures.
OF_ONE_PROGRAM = ("raw_call", "typed_call", "ring_alone", "ring_batch_32")


def run(build, kernel, image="boot-bench.img", extra=()):
    """The lines that it said, and the line that says that the system is ready."""
    options = machine.Options(build=build, accel="tcg", icount=True, kernel=kernel,
                              image=build / image, extra=list(extra))
    with Session(options) as session:
        session.expect(END, SECONDS, "the end of the measurements")
        text = session.text()
        session.qemu.terminate()  # in order: plugins report at their end
        session.qemu.wait(SECONDS)
    lines = [line.removeprefix("wl> ") for line in text.splitlines()]
    failed = [line for line in lines if line.startswith(("failed ", "init: bench"))]
    if failed:
        raise Refused(f"the system's program: {failed[0]}")
    ready = next(line for line in lines if '"ready"' in line)
    return lines, json.loads(ready[ready.index("{") : ready.rindex("}") + 1])


def counted(build, kernel, name):
    """One row under the counting plugin, which must agree with the time stamps."""
    with machine.scratch_folder() as scratch:
        plugin, report = bench_micro.plugin(build, scratch)
        lines, _ = run(build, kernel, extra=plugin)
        found = json.loads(report.read_text(encoding="utf-8"))
    names = [line.split()[1] for line in lines if line.startswith("row ")]
    rows = bench_micro.parse(lines)
    bench_micro.join(rows, dict(zip(names, found)), name)
    return rows[name]


def is_asked(prefix):
    return any(name.startswith(prefix) for name in ROWS)


def one_figure(value):
    return {"least": value, "median": value, "most": value, "rounds": 1, "each": 1}


def measure(build, kernel, prefix):
    """Rows as of the kernel's operations; and what else it said: title -> name -> number."""
    if not is_asked(prefix):
        return {}, {}
    lines, ready = run(build, kernel)
    rows = bench_micro.parse(lines)
    rows["typed_over_raw"] = one_figure(rows["typed_call"]["least"] - rows["raw_call"]["least"])
    rows["boot"] = one_figure(int(ready.get("ticks") or ready["instructions"]))
    memory = {}
    for line in lines:
        if line.startswith("memory "):
            name, kib = line.removeprefix("memory ").rsplit(" ", 1)
            memory[name] = int(kib)
    stages = next((line for line in lines if STAGES.match(line)), "")
    boot = {name: float(number) for name, number in STAGE.findall(stages)}
    more = {"KiB when idle": memory, "boot, in million instructions": boot}
    return {name: rows[name] for name in ROWS if name.startswith(prefix)}, more
