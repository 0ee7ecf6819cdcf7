"""A disk image of the log store, read as libsys/store/README.md describes it, by nothing else."""

import struct
from dataclasses import dataclass
from hashlib import blake2b

BLOCK = 4096
SUPER = struct.Struct("<32s8sII16sQQQQQIIII32s")
GROUP = struct.Struct("<32s8sIIQQQII16s32s32sQQ16s")
HEAD = struct.Struct("<IHHIIQ")
BOOT = struct.Struct("<II16sQQ32sQQ32s")
KERNEL, NOTES = 0, 0xFFFFFFFF
NOTE_BOOT = 1


class Refused(Exception):
    """Not a log, or a damaged one."""


@dataclass
class Record:
    stream: int
    type: int
    version: int
    seq: int
    boot: int
    payload: bytes


def digest(data):
    return blake2b(data, digest_size=32).digest()


def superblock(data):
    """The first sound one of the two."""
    for block in (0, len(data) // BLOCK - 1):
        fields = SUPER.unpack_from(data, block * BLOCK)
        end = block * BLOCK + SUPER.size
        if fields[1] == b"WLsuper1" and fields[0] == digest(data[block * BLOCK + 32:end]):
            if fields[2] != 1:
                raise Refused(f"version {fields[2]}")
            return fields
    raise Refused("no superblock")


class Log:
    """All records, in order; `commits`: of each boot, raw records of stream 0."""

    def __init__(self, data):
        fields = superblock(data)
        self.id, self.blocks, self.first, self.segments = fields[4:8]
        self.group_blocks, self.segment_blocks = fields[11:13]
        self.data, self.records, self.groups = data, [], 0
        self.next, self.boots, self.commits = {}, [], []
        self.chain, self.count = bytes(32), 0
        before, place = fields[0], self.first
        while place is not None:
            before, place = self.group(before, place)

    def place_after(self, block):
        """Where the group begins that follows one which ends before `block`."""
        inside = (block - self.first) % self.segment_blocks
        if inside + self.group_blocks > self.segment_blocks:
            block += self.segment_blocks - inside
        return block if block < self.first + self.segments * self.segment_blocks else None

    def group(self, before, block):
        at = block * BLOCK
        if at + BLOCK > len(self.data):
            return before, None
        (stated, magic, version, size, number, first, _, records, boot, own, previous, head, count,
         _, _) = GROUP.unpack_from(self.data, at)
        follows = magic == b"WLgroup1" and version == 1 and own == self.id
        if not follows or not GROUP.size <= size <= self.group_blocks * BLOCK:
            return before, None
        blocks = -(-size // BLOCK)
        sound = stated == digest(self.data[at + 32:at + size])
        sound = sound and not any(self.data[at + size:at + blocks * BLOCK])
        expected = (self.groups, len(self.records), before)
        if not sound or (number, first, previous) != expected:
            return before, None
        self.take(self.data[at + GROUP.size:at + size], records, boot)
        if (head, count) != (self.chain, self.count):
            raise Refused(f"group {number}: its head is not that of the commits")
        self.groups += 1
        return stated, self.place_after(block + blocks)

    def take(self, data, records, boot):
        at = 0
        for _ in range(records):
            stream, kind, version, length, _, seq = HEAD.unpack_from(data, at)
            payload = data[at + HEAD.size:at + HEAD.size + length]
            if seq != self.next.get(stream, 0):
                raise Refused(f"stream {stream}: record {seq}, {self.next.get(stream, 0)} expected")
            self.next[stream] = seq + 1
            self.records.append(Record(stream, kind, version, seq, boot, payload))
            if stream == NOTES and kind == NOTE_BOOT:
                self.boots.append(BOOT.unpack(payload))
                self.commits.append(bytearray())
                self.chain, self.count = bytes(32), 0
            elif stream == KERNEL:
                self.take_commit(payload)
            at += HEAD.size + (length + 7) // 8 * 8

    def take_commit(self, payload):
        self.chain = digest(self.chain + payload[:96])
        if payload[96:104] != self.chain[:8]:
            raise Refused(f"commit {self.count}: the hash beside it is another")
        self.count += 1
        self.commits[-1] += payload[:96]
