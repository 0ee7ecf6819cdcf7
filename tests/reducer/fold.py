"""The fold of commits to authority state: a second one, written from what is said of the records in
kernel/abi/log.h and libsys/reduce.h, and not from reduce.c. tests/reducer compares the two."""

import struct
from dataclasses import dataclass, field

RECORD = struct.Struct("<QQQBBBBIQQQQQQBBB13s")
RECORD_BYTES = RECORD.size
(BOOT, GENESIS, RETYPE, COPY, MINT, TRANSFER, MOVE, DELETE, REVOKED, DROP, DESTROY, MAP, UNMAP,
 BIND, CONFIGURE) = range(1, 16)
(CAP_EMPTY, CAP_REVOKED, CAP_UNTYPED, CAP_CNODE, CAP_THREAD, CAP_SCHED, CAP_ENDPOINT,
 CAP_NOTIFICATION, CAP_REPLY, CAP_ASPACE, CAP_PTABLE, CAP_FRAME, CAP_IRQ_CONTROL, CAP_IRQ,
 CAP_PORT_CONTROL, CAP_PORTS, CAP_LOG) = range(17)
CONFIGURED = (CAP_THREAD, CAP_SCHED, CAP_IRQ, CAP_LOG)
FLAGS_SHOWN = 3  # CAP_FLAG_BOUND, CAP_FLAG_DEVICE
DELETE_MARKS = 1
SLOT_BYTES = 64
THREAD_BYTES = 1 << 11


class Refused(Exception):
    """The record cannot follow."""


@dataclass
class Commit:
    seq: int
    time: int
    cause: int
    op: int
    type: int
    rights: int
    flags: int
    actor: int
    dst: int
    src: int
    obj: int
    badge: int
    arg0: int
    arg1: int
    bits: int
    depth: int
    cpu: int
    zero: bytes


def commit(raw, at=0):
    return Commit(*RECORD.unpack_from(raw, at))


def commits(raw):
    return [commit(raw, at) for at in range(0, len(raw) - RECORD_BYTES + 1, RECORD_BYTES)]


@dataclass
class Cap:
    """A capability, in its slot."""

    slot: int
    type: int
    rights: int
    flags: int
    bits: int
    depth: int
    obj: int
    badge: int
    made: int
    extra: int = 0
    parent: object = None
    children: list = field(default_factory=list)  # the youngest last


class State:
    def __init__(self):
        self.count = 0
        self.slots = {}
        self.roots = []  # the youngest last
        self.marks = set()
        self.config = {}  # (type, object) -> (badge, extra) as the cursor shows them
        self.gone = None  # what the last record removed

    def apply(self, c):
        if c.seq != self.count:
            raise Refused(f"commit {c.seq}: {self.count} comes next")
        if c.op not in STEPS:
            raise Refused(f"commit {c.seq}: no operation {c.op}")
        gone, self.gone = self.gone, None
        getattr(self, STEPS[c.op])(c, gone)
        self.count += 1

    def at(self, slot, c):
        if slot not in self.slots:
            raise Refused(f"commit {c.seq}: nothing is in slot {slot:#x}")
        return self.slots[slot]

    def siblings(self, cap):
        return cap.parent.children if cap.parent is not None else self.roots

    def add(self, c, parent):
        if c.dst in self.slots or c.dst in self.marks:
            raise Refused(f"commit {c.seq}: slot {c.dst:#x} is in use")
        cap = Cap(c.dst, c.type, c.rights, c.flags & FLAGS_SHOWN, c.bits, c.depth, c.obj, c.badge,
                  c.seq, parent=parent)
        self.slots[c.dst] = cap
        self.siblings(cap).append(cap)
        return cap

    def remove(self, c):
        cap = self.at(c.dst, c)
        if (cap.type, cap.obj) != (c.type, c.obj):
            raise Refused(f"commit {c.seq}: slot {c.dst:#x} has another capability")
        among = self.siblings(cap)
        place = among.index(cap)
        among[place:place + 1] = cap.children
        for child in cap.children:
            child.parent = cap.parent
        parent = cap.parent
        if parent is not None and parent.type == CAP_UNTYPED and not parent.children:
            parent.badge = 0
        del self.slots[c.dst]
        if c.flags & DELETE_MARKS:
            self.marks.add(c.dst)
        self.gone = cap

    # ---- operations ----

    def boot(self, c, _):
        if c.seq != 0:
            raise Refused(f"commit {c.seq}: BOOT opens a log")

    def genesis(self, c, _):
        self.add(c, None)

    def retype(self, c, _):
        src = self.at(c.src, c)
        if src.type != CAP_UNTYPED:
            raise Refused(f"commit {c.seq}: retype of what is no untyped")
        self.add(c, src)
        src.badge = c.arg0
        if c.type in CONFIGURED:
            self.config.pop((c.type, c.obj), None)

    def derive(self, c, _):
        src = self.at(c.src, c)
        if c.type == src.type and c.rights & ~src.rights:
            raise Refused(f"commit {c.seq}: more rights than its parent has")
        if c.type == CAP_IRQ and src.type == CAP_IRQ_CONTROL:
            self.config.pop((c.type, c.obj), None)
        self.add(c, src)

    def move(self, c, _):
        cap = self.at(c.src, c)
        if c.dst in self.slots or c.dst in self.marks:
            raise Refused(f"commit {c.seq}: slot {c.dst:#x} is in use")
        del self.slots[c.src]
        cap.slot, cap.made = c.dst, c.seq
        self.slots[c.dst] = cap

    def delete(self, c, _):
        self.remove(c)

    def revoked(self, c, _):
        if self.at(c.dst, c).children:
            raise Refused(f"commit {c.seq}: something is left below slot {c.dst:#x}")

    def drop(self, c, _):
        if c.type != CAP_REVOKED:
            self.remove(c)
        elif c.dst in self.marks:
            self.marks.discard(c.dst)
        else:
            raise Refused(f"commit {c.seq}: no mark in slot {c.dst:#x}")

    def destroy(self, c, gone):
        if gone is None or (gone.type, gone.obj) != (c.type, c.obj):
            raise Refused(f"commit {c.seq}: the record before deleted something else")
        self.config.pop((c.type, c.obj), None)
        if c.type == CAP_NOTIFICATION:
            for key, (_, bound) in list(self.config.items()):
                if key[0] in (CAP_IRQ, CAP_LOG) and bound == c.obj:
                    self.config[key] = (0, 0)
        size = {CAP_CNODE: 1 << gone.bits, CAP_THREAD: THREAD_BYTES}.get(c.type, 0)
        for slot in range(c.obj, c.obj + size, SLOT_BYTES):
            if slot in self.slots:
                raise Refused(f"commit {c.seq}: a capability is left in slot {slot:#x}")
            self.marks.discard(slot)

    def map(self, c, _):
        cap = self.at(c.dst, c)
        cap.badge, cap.extra = c.arg0 | c.rights, c.obj

    def unmap(self, c, _):
        cap = self.at(c.dst, c)
        cap.badge = cap.extra = 0

    def bind(self, c, _):
        cap = self.at(c.dst, c)
        self.config[cap.type, cap.obj] = (c.badge, c.obj)

    def configure(self, c, _):
        cap = self.at(c.dst, c)
        shown = (c.arg0 << 8 | c.arg1, 0) if cap.type == CAP_THREAD else (c.arg0, c.arg1)
        self.config[cap.type, cap.obj] = shown

    # ---- the whole of it ----

    def lines(self):
        """One a capability, in the order of the kernel's cursor: all that it shows."""
        rest = [(None, self.roots, len(self.roots) - 1)]
        while rest:
            parent, among, place = rest.pop()
            if place < 0:
                continue
            cap = among[place]
            rest += [(parent, among, place - 1), (cap, cap.children, len(cap.children) - 1)]
            badge, extra = cap.badge, cap.extra
            if cap.type in CONFIGURED:
                badge, extra = self.config.get((cap.type, cap.obj), (0, 0))
            above = parent.slot if parent is not None else 0
            following = among[place - 1].slot if place > 0 else above | 1
            child = cap.children[-1].slot if cap.children else 0
            yield (f"{cap.slot:x} {cap.type} {cap.rights} {cap.flags} {cap.bits} {cap.depth} "
                   f"{cap.obj:x} {badge:x} {extra:x} {following:x} {child:x} {cap.made}")

    def text(self):
        head = f"at {self.count}: {len(self.slots)} capabilities, {len(self.marks)} marks\n"
        return head + "".join(line + "\n" for line in self.lines())


STEPS = {BOOT: "boot", GENESIS: "genesis", RETYPE: "retype", COPY: "derive", MINT: "derive",
         TRANSFER: "derive", MOVE: "move", DELETE: "delete", REVOKED: "revoked", DROP: "drop",
         DESTROY: "destroy", MAP: "map", UNMAP: "unmap", BIND: "bind", CONFIGURE: "configure"}
