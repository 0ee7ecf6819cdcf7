"""How deep the kernel's stack can get, from the linked kernel: no recursion, and a bound."""

import re
import subprocess

from elftools.elf.elffile import ELFFile

from wl import tree
from wl.check_shape import find_cycle

LEAVES = re.compile(r"\t(?:jmpq?|retq?|iretq|sysretq)\b")
ALLOC = 2  # and not SHF_EXECINSTR, 4
STACK_LIMIT = 4096  # bytes that C frames may take of the kernel's stack
FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
CALL = re.compile(r"\b(?:callq?|jmpq?)\s+(?:0x)?[0-9a-f]+ <([^>+]+)>$")
INDIRECT = re.compile(r"\b(?:callq?|jmpq?)\s+\*")
SWITCH = re.compile(r"\bjmpq?\s+\*(-?(?:0x)?[0-9a-f]+)\(,%r\w+,8\)")
PUSH = re.compile(r"\bpushq?\s")
GROW = re.compile(r"\bsubq?\s+\$(0x[0-9a-f]+|\d+), %rsp")


class Words:
    """The 8-byte words of the kernel's data sections, by address."""

    def __init__(self, elf):
        self.sections = [(s["sh_addr"], s.data()) for s in elf.iter_sections()
                         if s["sh_type"] == "SHT_PROGBITS" and s["sh_flags"] & 6 == ALLOC]

    def at(self, address):
        for base, data in self.sections:
            if base <= address <= base + len(data) - 8:
                return int.from_bytes(data[address - base : address - base + 8], "little")
        return None

    def all(self):
        for _, data in self.sections:
            for at in range(0, len(data) - 7, 8):
                yield int.from_bytes(data[at : at + 8], "little")


def disassemble(kernel, words, starts):
    """Function -> (frame bytes, callees, calls through a pointer)."""
    listing = subprocess.run(["llvm-objdump-14", "-d", "--no-show-raw-insn", str(kernel)],
                             check=True, capture_output=True, text=True).stdout
    table, name = {}, None
    for line in listing.splitlines():
        if found := FUNCTION.match(line):
            name = found.group(2)
            table[name] = [8, set(), False]
            used = 8  # the return address
        elif name:
            entry = table[name]
            if PUSH.search(line):
                used += 8
            if found := GROW.search(line):
                used += int(found.group(1), 0)
            entry[0] = max(entry[0], used)
            if LEAVES.search(line):
                used = 8  # what follows is reached by a jump, in assembly from elsewhere
            if (found := CALL.search(line)) and found.group(1) != name:
                entry[1].add(found.group(1))
            # A jump table leads into its own function; a table of functions to their starts.
            found = SWITCH.search(line)
            switch = found and words.at(int(found.group(1), 0) % (1 << 64)) not in starts
            entry[2] = entry[2] or bool(INDIRECT.search(line)) and not switch
    return table


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
    with open(kernel, "rb") as stream:
        elf = ELFFile(stream)
        words = Words(elf)
        starts = {s["st_value"]: s.name for s in elf.get_section_by_name(".symtab").iter_symbols()
                  if s["st_info"]["type"] == "STT_FUNC"}
    table = disassemble(kernel, words, starts)
    # What a call through a pointer may reach: functions whose address stands in the data.
    reachable = {starts[word] for word in words.all() if word in starts} & set(table)
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
