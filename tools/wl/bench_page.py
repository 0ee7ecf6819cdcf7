"""The tables of tests/bench/README.md, written from the figures kept."""

import re

from wl import bench_system, machine
from wl.errors import Refused

PAGE = machine.ROOT / "tests/bench/README.md"
PART = re.compile(r"(<!-- (\w+): written by tools/bench --accept -->\n).*?(<!-- end -->)",
                  re.DOTALL)
# What a row is; in this order.
TEXTS = {
    "call_0": "call and reply, two address spaces, no words",
    "call_4": "the same, 4 words",
    "call_8": "the same, 8 words, all registers",
    "call_0_same_space": "call and reply in one address space, no words",
    "call_4_same_space": "the same, 4 words",
    "call_8_same_space": "the same, 8 words",
    "call_10": "call and reply, 10 words each way, 2 through the buffer",
    "call_buffer_64": "the same, 64 bytes through the buffer",
    "call_buffer_512": "the same, 512 bytes",
    "call_buffer_4032": "the same, 4,032 bytes: the longest message",
    "call_one_way": "a call until the server has it",
    "reply_one_way": "a reply until the caller has it",
    "call_cap_1": "call and reply with a capability handed over",
    "call_cap_2": "the same, 2 capabilities",
    "call_cap_3": "the same, 3",
    "reply_cap_1": "the same, one in the reply",
    "server_1": "a server's turn (reply_recv), one client",
    "server_4": "the same, 4 clients that wait",
    "server_16": "the same, 16",
    "send_wakes": "a send until a more urgent receiver has it",
    "null_syscall": "cheapest system call (poll of an empty notification)",
    "signal": "signal, nobody waits",
    "signal_wakes": "signal until a more urgent thread of another address space runs",
    "signal_wakes_same_space": "the same in one address space",
    "yield": "yield until the other thread runs",
    "yield_same_space": "the same in one address space",
    "fault": "fault (int3) to a handler in another address space and back",
    "fault_syscall": "a system call that is none, to a handler and back",
    "page_fault": "a page missed, mapped by a handler in another address space, read",
    "interrupt": "interrupt until a driver's thread runs",
    "budget_end": "end of a budget until the next thread runs",
    "budget_end_same_space": "the same in one address space",
    "retype": "retype of an endpoint",
    "retype_frame": "retype of a page, cleared",
    "copy": "copy", "mint": "mint", "move": "move", "delete": "delete of a copy",
    "delete_last": "delete of the last capability, and so of the object",
    "revoke_0": "revoke with no descendants",
    "revoke_1": "revoke with one",
    "revoke_10": "revoke, each of 10",
    "revoke_1000": "revoke, each of 1,000",
    "map": "map a page", "unmap": "unmap a page",
    "unmap_loaded": "unmap in the address space that is loaded",
    "map_512": "map, each of 512 pages", "unmap_512": "unmap, each of 512 pages",
    "raw_call": "call and reply between two processes, 4 words back",
    "typed_call": "the same by a stub and a service's handler",
    "typed_over_raw": "what stub, framework and dispatch add",
    "axiom_call": "the same question answered by axiom",
    "axiom_map": "a new page of memory from axiom",
    "axiom_unmap": "giving it back",
    "spawn": "a process made of an ELF file, until its main() runs",
    "exit": "its end, until its maker knows",
    "ring_alone": "a ring: one request and its completion, both sides",
    "ring_batch_32": "the same, each of 32",
    "file_open": "open of a file", "file_read_4k": "read of 4 KiB in messages (two calls)",
    "file_close": "close", "file_all": "open, read of 4 KiB, close",
    "file_get_4k": "read of 4 KiB into an area", "file_put_4k": "write of 4 KiB from an area",
    "file_write_4k": "write of 4 KiB in messages (two calls)", "file_stat": "stat of a path",
    "file_create": "create and open", "file_rename": "rename", "file_unlink": "unlink",
    "commit_append": "a record of 96 bytes appended to a service's stream",
    "boot": "kernel entry to prompt",
}


def number(value):
    return f"{value:,}" if isinstance(value, int) else ""


def table(kept, goals, names, columns):
    head = ["operation", "least", "goal", "seL4", *columns.values()]
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for name in names:
        row, aim = kept[name], goals.get(name, {})
        cells = [TEXTS[name], number(row["least"]), number(aim.get("goal")),
                 number(aim.get("sel4")), *(number(row.get(key)) for key in columns)]
        yield "| " + " | ".join(cells) + " |"


COLUMNS = {"silent": "no events", "user": "user", "cr3": "CR3", "msr": "MSR", "invlpg": "invlpg",
           "longest": "off", "data_lines": "data", "code_lines": "code"}


def parts(kept, goals):
    """name of a part of the page -> its lines."""
    unknown = [name for name in kept if name not in TEXTS]
    if unknown:
        raise Refused(f"bench_page.py does not say what these are: {' '.join(unknown)}")
    names = [name for name in TEXTS if name in kept]
    return {
        "kernel": list(table(kept, goals, [n for n in names if n not in bench_system.ROWS],
                             COLUMNS)),
        "system": list(table(kept, goals, [n for n in names if n in bench_system.ROWS],
                             {"silent": "no events", "median": "median", "most": "most"})),
    }


def filled(text, kept, goals):
    lines = parts(kept, goals)
    return PART.sub(lambda m: m[1] + "\n".join(lines[m[2]]) + "\n" + m[3], text)


def write(kept, goals):
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(filled(text, kept, goals), encoding="utf-8")


def is_right(kept, goals):
    text = PAGE.read_text(encoding="utf-8")
    return filled(text, kept, goals) == text
