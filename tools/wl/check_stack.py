"""How deep the kernel's stack can get, from the linked kernel: no recursion, and a bound."""

import re
import subprocess

from elftools.elf.elffile import ELFFile

from wl import tree
from wl.check_shape import find_cycle

STACK_LIMIT = 4096  # bytes that C frames may take of the kernel's stack
FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
CALL = re.compile(r"\b(?:callq?|jmpq?)\s+(?:0x)?[0-9a-f]+ <([^>+]+)>$")
INDIRECT = re.compile(r"\b(?:callq?|jmpq?)\s+\*")
PUSH = re.compile(r"\bpushq?\s")
GROW = re.compile(r"\bsubq?\s+\$(0x[0-9a-f]+|\d+), %rsp")


def disassemble(kernel):
    """Function -> (frame bytes, callees, calls through a pointer)."""
    listing = subprocess.run(["llvm-objdump-14", "-d", "--no-show-raw-insn", str(kernel)],
                             check=True, capture_output=True, text=True).stdout
    table, name = {}, None
    for line in listing.splitlines():
        if found := FUNCTION.match(line):
            name = found.group(2)
            table[name] = [8, set(), False]  # 8: the return address
        elif name:
            entry = table[name]
            if PUSH.search(line):
                entry[0] += 8
            if found := GROW.search(line):
                entry[0] += int(found.group(1), 0)
            if (found := CALL.search(line)) and found.group(1) != name:
                entry[1].add(found.group(1))
            entry[2] = entry[2] or bool(INDIRECT.search(line))
    return table


def pointed_to(kernel, names):
    """Functions whose address stands in the kernel's data: what an indirect call may reach."""
    with open(kernel, "rb") as stream:
        elf = ELFFile(stream)
        symbols = {s["st_value"]: s.name for s in elf.get_section_by_name(".symtab").iter_symbols()
                   if s.name in names}
        found = set()
        for section in elf.iter_sections():
            if section["sh_type"] != "SHT_PROGBITS" or section["sh_flags"] & 4:
                continue
            data = section.data()
            for at in range(0, len(data) - 7, 8):
                value = int.from_bytes(data[at : at + 8], "little")
                if value in symbols:
                    found.add(symbols[value])
    return found


def depths(table):
    """Deepest stack below each function; the graph has no cycle."""
    done = {}
    for root in table:
        stack = [root]
        while stack:
            name = stack[-1]
            below = [c for c in table[name][1] if c in table]
            waiting = [c for c in below if c not in done]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            done[name] = table[name][0] + max((done[c] for c in below), default=0)
    return done


def stack(build):
    """No recursion in the kernel, and its deepest chain of calls fits."""
    kernel = build / "kernel.elf"
    if not kernel.exists():
        return [f"{kernel}: is not built"]
    table = disassemble(kernel)
    reachable = pointed_to(kernel, set(table))
    for name, entry in table.items():
        if entry[2]:
            entry[1] |= reachable - {name}
    cycle = find_cycle({name: sorted(entry[1]) for name, entry in table.items()})
    if cycle:
        return ["recursion: " + " -> ".join(cycle)]
    deep = depths(table)
    worst = max(deep, key=deep.get)
    print(f"{len(table)} functions, deepest chain {deep[worst]} bytes, from {worst}")
    if deep[worst] > STACK_LIMIT:
        return [f"{worst}: {deep[worst]} bytes of stack, at most {STACK_LIMIT}"]
    return []
