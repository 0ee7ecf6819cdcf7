"""What the instructions from kernel entry to the prompt are spent on."""

import re
import sys
from pathlib import Path

from wl import machine
from wl.errors import Refused
from wl.serial import Session

sys.path.insert(0, str(machine.ROOT / "tests/bench"))
import where  # noqa: E402

SECONDS = 120
READY = re.compile(rb'"ready".*\n')
STAGES = re.compile(rb"(?m)^kernel [\d.]+ ms, axiom .*$")
LEAST = 100_000  # functions with fewer are left out
BEFORE = ("?", "loader")  # firmware and loader: before kernel entry


def measured(build, kernel):
    """Instructions by program, by (program, function), and the lines that tell of the boot."""
    with machine.scratch_folder() as scratch:
        report = Path(scratch) / "where"
        plugin = machine.need(build / "tests/bench/micro/where.so")
        options = machine.Options(build=build, accel="tcg", icount=True, kernel=kernel,
                                  image=build / "boot.img",
                                  extra=["-plugin", f"{plugin},out={report},all=on"])
        with Session(options) as session:
            session.expect(READY, SECONDS, "the line that says that it is ready")
            session.qemu.terminate()  # at once: what runs from now on counts, too
            text = session.text()
            session.qemu.wait(SECONDS)
        programs, functions = where.count(report, build)
    stages = STAGES.search(text.encode())
    ready = next((line for line in text.splitlines() if '"ready"' in line), None)
    if stages is None or ready is None:
        raise Refused(f"no line about the boot in:\n{text}")
    return programs, functions, [stages[0].decode(), ready]


def told(build, kernel):
    """Lines of text: in millions, the most first."""
    programs, functions, lines = measured(build, kernel)
    yield from lines
    yield f"{'':6}millions of instructions, of programs and of their functions:"
    for name, count in programs.most_common():
        if name in BEFORE:
            continue
        yield f"{count / 1e6:12.2f}  {name}"
        for (program, function), part in functions.most_common():
            if program == name and part >= LEAST:
                yield f"{part / 1e6:18.2f}  {function}"
    before = sum(programs[name] for name in BEFORE)
    yield f"{before / 1e6:12.2f}  before: firmware and loader"
