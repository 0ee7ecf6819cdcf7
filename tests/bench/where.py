"""Where instructions went: what where.c reports, told with the symbols of kernel and programs.

Usage: where.py REPORT BUILD [REQUESTS]
"""

import bisect
import sys
from collections import Counter
from pathlib import Path

from elftools.elf.elffile import ELFFile

LINES = 60


class Code:
    """One ELF file: whose code it is that stands at an address."""

    def __init__(self, path):
        self.name = path.stem
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.pieces = [(s["p_vaddr"], s.data()) for s in elf.iter_segments("PT_LOAD")
                           if s["p_flags"] & 1]
            table = elf.get_section_by_name(".symtab")
            self.symbols = sorted((s["st_value"], s.name) for s in table.iter_symbols()
                                  if s["st_info"]["type"] in ("STT_FUNC", "STT_NOTYPE")
                                  and s.name and s["st_shndx"] not in ("SHN_UNDEF", "SHN_ABS"))
        self.addresses = [at for at, _ in self.symbols]

    def has(self, at, data):
        return any(0 <= at - start < len(piece)
                   and piece[at - start : at - start + len(data)] == data
                   for start, piece in self.pieces)

    def function(self, at):
        return self.symbols[max(0, bisect.bisect(self.addresses, at) - 1)][1]


def blocks(path):
    """(address, instructions in all, bytes) of each block."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith("section"):
            continue
        at, length, ran, data = line.split()
        yield int(at, 16), int(length) * int(ran), bytes.fromhex(data)


def sections(path):
    """{kind of mark: [instructions of each section, in order]}"""
    found = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if not line.startswith("section"):
            break
        _, kind, instructions = line.split()
        found.setdefault(int(kind), []).append(int(instructions))
    return found


def count(report, build):
    """Instructions by program, and by (program, function)."""
    codes = [Code(path) for path in sorted(Path(build, "symbols").glob("*.elf"))]
    programs, functions = Counter(), Counter()
    for at, instructions, data in blocks(report):
        whose = [code for code in codes if code.has(at, data)]
        name = whose[0].name if len(whose) == 1 else "several" if whose else "?"
        programs[name] += instructions
        functions[name, whose[0].function(at) if whose else hex(at)] += instructions
    return programs, functions


def table(report, build, each=1):
    """Lines of text: the instructions of programs and functions, divided by `each`."""
    programs, functions = count(report, build)
    for name, instructions in programs.most_common():
        yield f"{instructions / each:12.1f}  {name}"
    for (program, function), instructions in functions.most_common(LINES):
        yield f"{instructions / each:12.1f}  {program}: {function}"


def main(argv):
    print("\n".join(table(argv[0], argv[1], float(argv[2]) if len(argv) > 2 else 1)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
