"""Programs as page runs: what a loader does with an ELF file, done ahead of time."""

from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

from wl.errors import Refused

PAGE = 4096
READ, WRITE, EXEC = 1, 2, 8  # RIGHT_READ, RIGHT_WRITE, MAP_EXEC of kernel/abi/object.h
ELF_X, ELF_W, ELF_R = 1, 2, 4
USER_TOP = 1 << 47


@dataclass
class Run:
    """Pages with the same rights, one after the other."""

    vaddr: int
    rights: int
    data: bytes  # whole pages, bss included


@dataclass
class Program:
    entry: int
    runs: list


def page_up(n):
    return (n + PAGE - 1) & ~(PAGE - 1)


def load_program(path):
    """Reads a static ELF64 program; refuses what no loader of ours would map."""
    with open(path, "rb") as stream:
        elf = ELFFile(stream)
        if elf.elfclass != 64 or elf["e_machine"] != "EM_X86_64" or elf["e_type"] != "ET_EXEC":
            raise Refused(f"{path}: not a static ELF64 program for x86_64")
        segments = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_memsz"]]
        runs = [load_segment(path, s) for s in sorted(segments, key=lambda s: s["p_vaddr"])]
        entry = elf["e_entry"]
    check_runs(path, entry, runs)
    return Program(entry, merge_runs(runs))


def load_segment(path, segment):
    flags, vaddr = segment["p_flags"], segment["p_vaddr"]
    if flags & ELF_W and flags & ELF_X:
        raise Refused(f"{path}: segment at {vaddr:#x} is writable and executable")
    if not flags & ELF_R:
        raise Refused(f"{path}: segment at {vaddr:#x} is not readable")
    if vaddr == 0 or vaddr + segment["p_memsz"] > USER_TOP:
        raise Refused(f"{path}: segment at {vaddr:#x} lies outside user space")
    lead = vaddr % PAGE
    body = bytes(lead) + segment.data()[: segment["p_filesz"]]
    size = page_up(lead + segment["p_memsz"])
    rights = READ | (WRITE if flags & ELF_W else 0) | (EXEC if flags & ELF_X else 0)
    return Run(vaddr - lead, rights, body.ljust(size, b"\0"))


def check_runs(path, entry, runs):
    for low, high in zip(runs, runs[1:]):
        if low.vaddr + len(low.data) > high.vaddr:
            raise Refused(f"{path}: two segments share the page at {high.vaddr:#x}")
    code = [r for r in runs if r.rights & EXEC]
    if not any(r.vaddr <= entry < r.vaddr + len(r.data) for r in code):
        raise Refused(f"{path}: the entry {entry:#x} is not in an executable segment")


def merge_runs(runs):
    """Neighbours with the same rights become one run."""
    merged = []
    for run in runs:
        last = merged[-1] if merged else None
        if last and last.rights == run.rights and last.vaddr + len(last.data) == run.vaddr:
            last.data += run.data
        else:
            merged.append(run)
    return merged
