"""What interrupts_off.c reports, read and told with the kernel's symbols."""

import bisect
import json
import os
import re
from pathlib import Path

from elftools.elf.elffile import ELFFile

PLUGIN = Path(os.environ.get("WL_INTERRUPTS_OFF", "interrupts_off.so"))
# The first function of the highest rank that runs says what a stretch is about.
RANKS = [(1, re.compile(r"core_(syscall|fault|irq|tick)")),
         (2, re.compile(r"invoke|drop|ipc_(send|receive|reply|reply_receive|fault)"
                        r"|notification_(wait|signal)")),
         (3, re.compile(r"\w+_check")),
         (4, re.compile(r"\w+_apply"))]


def functions(kernel):
    """[(address, name)] of the kernel's functions, by address; labels of assembly too."""
    with open(kernel, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        found = [(symbol["st_value"], symbol.name) for symbol in table.iter_symbols()
                 if symbol.name and symbol["st_info"]["type"] in ("STT_FUNC", "STT_NOTYPE")
                 and symbol["st_shndx"] not in ("SHN_UNDEF", "SHN_ABS")]
    return sorted(found)


def rank_of(name):
    return next((rank for rank, pattern in RANKS if pattern.fullmatch(name)), 0)


def write_kinds(kernel, path):
    lines = [f"{at:x} {rank_of(name)} {name}\n" for at, name in functions(kernel) if rank_of(name)]
    Path(path).write_text("".join(lines), encoding="utf-8")


def plugin_arguments(kernel, scratch):
    """QEMU's arguments, and where the report will be."""
    kinds, out = Path(scratch) / "kinds", Path(scratch) / "report.json"
    write_kinds(kernel, kinds)
    return ["-plugin", f"{PLUGIN},out={out},kinds={kinds}"], out


class Report:
    """Stretches of several runs together."""

    def __init__(self, kernel):
        self.symbols = functions(kernel)
        self.addresses = [at for at, _ in self.symbols]
        self.boot = self.stretches = 0
        self.kinds = {}

    def add(self, path, where):
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        self.boot = max(self.boot, data["boot"])
        self.stretches += data["stretches"]
        for kind in data["kinds"]:
            kind["where"] = where
            before = self.kinds.get(kind["name"])
            if before is None or kind["longest"] > before["longest"]:
                kind["count"] += before["count"] if before else 0
                self.kinds[kind["name"]] = kind
            else:
                before["count"] += kind["count"]
        return data

    def longest(self):
        return max(self.kinds.values(), key=lambda kind: kind["longest"])

    def symbol(self, at):
        return self.symbols[max(0, bisect.bisect(self.addresses, at) - 1)][1]

    def costs(self, kind, most=4):
        """The functions that took most of the longest stretch of a kind."""
        sums = {}
        for at, instructions in kind["costs"]:
            name = self.symbol(at)
            sums[name] = sums.get(name, 0) + instructions
        best = sorted(sums.items(), key=lambda item: -item[1])[:most]
        return ", ".join(f"{name} {instructions}" for name, instructions in best)

    def table(self):
        yield f"{'about':20} {'count':>9} {'longest':>8} {'repeats':>8}  in        spent in"
        for kind in sorted(self.kinds.values(), key=lambda kind: -kind["longest"]):
            yield (f"{kind['name']:20} {kind['count']:9} {kind['longest']:8} "
                   f"{kind['repeated']:8}  {kind['where']:8}  {self.costs(kind)}")
