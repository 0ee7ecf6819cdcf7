"""A recorded boot as one file: all that the kernel's core needs to run it again.

    8 bytes   "WLRECORD"
    u32 u32   version (1), number of sections
    sections  4 bytes name, u32 0, u64 stored bytes, u64 bytes unpacked, 32 bytes BLAKE2b-256 of the
              stored bytes; then these, packed by zlib
    32 bytes  BLAKE2b-256 of everything before

META  JSON: kernel (build id), events, commits, steps and what else a reader may like to know
IMAG  the boot image, as it was loaded
EVNT  struct event[] of kernel/abi/log.h, from BOOT on, ARGS behind their events
CMIT  struct commit[], from number 0 on
"""

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass

from wl import bootimage
from wl.errors import Refused

MAGIC = b"WLRECORD"
VERSION = 1
HEAD = struct.Struct("<8sII")
SECTION = struct.Struct("<4sIQQ32s")
NAMES = (b"META", b"IMAG", b"EVNT", b"CMIT")
DIGEST_BYTES = 32
EVENT = struct.Struct("<QIBBBBIIQ")
EVENT_BYTES, COMMIT_BYTES = 32, 96
COMMIT_CAUSE_AT, COMMIT_ARG1_AT = 16, 72
BOOT, GAP, ARGS = 1, 6, 8  # enum event_kind
UNPACKED_MAX = 1 << 32


@dataclass
class Recording:
    meta: dict
    image: bytes
    events: bytes
    commits: bytes


def digest(data):
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def write(path, recording):
    bodies = (json.dumps(recording.meta, sort_keys=True).encode(), recording.image,
              recording.events, recording.commits)
    out = bytearray(HEAD.pack(MAGIC, VERSION, len(NAMES)))
    for name, body in zip(NAMES, bodies):
        packed = zlib.compress(body, 6)
        out += SECTION.pack(name, 0, len(packed), len(body), digest(packed)) + packed
    out += digest(out)
    path.write_bytes(out)


def section(data, at, path):
    """(name, contents, where the next one begins)"""
    if at + SECTION.size > len(data):
        raise Refused(f"{path}: truncated: it ends within the head of a section")
    name, zero, stored, size, checksum = SECTION.unpack_from(data, at)
    at += SECTION.size
    if name not in NAMES or zero != 0 or size > UNPACKED_MAX:
        raise Refused(f"{path}: damaged: the head of a section at byte {at - SECTION.size}")
    shown = name.decode()
    if at + stored > len(data):
        raise Refused(f"{path}: truncated: section {shown} has {len(data) - at} of {stored} bytes")
    packed = data[at : at + stored]
    if digest(packed) != checksum:
        raise Refused(f"{path}: damaged: checksum of section {shown}")
    body = zlib.decompress(packed)
    if len(body) != size:
        raise Refused(f"{path}: damaged: size of section {shown}")
    return name, body, at + stored


def read(path):
    """Refuses whatever is not a whole recording, and says why."""
    data = path.read_bytes()
    if len(data) < HEAD.size or data[: len(MAGIC)] != MAGIC:
        raise Refused(f"{path}: not a recording")
    _, version, count = HEAD.unpack_from(data)
    if version != VERSION:
        raise Refused(f"{path}: version {version}; this program reads version {VERSION}")
    if count != len(NAMES):
        raise Refused(f"{path}: damaged: {count} sections, not {len(NAMES)}")
    found, at = {}, HEAD.size
    for _ in range(count):
        name, body, at = section(data, at, path)
        found[name] = body
    if len(data) != at + DIGEST_BYTES:
        raise Refused(f"{path}: truncated or longer than it should be: {len(data)} bytes, not "
                      f"{at + DIGEST_BYTES}")
    if digest(data[:at]) != data[at:] or len(found) != len(NAMES):
        raise Refused(f"{path}: damaged: checksum of the file")
    recording = Recording(json.loads(found[b"META"]), found[b"IMAG"], found[b"EVNT"],
                          found[b"CMIT"])
    check(path, recording)
    return recording


def check(path, recording):
    """What the engine relies on."""
    events, commits = recording.events, recording.commits
    if len(events) % EVENT_BYTES or len(commits) % COMMIT_BYTES or not events or not commits:
        raise Refused(f"{path}: not whole records, or none")
    if events[12] != BOOT:
        raise Refused(f"{path}: the first event is not BOOT")
    told = struct.unpack_from("<Q", commits, COMMIT_ARG1_AT)[0]
    if struct.unpack_from("<Q", recording.image, bootimage.CHECKSUM_AT)[0] != told:
        raise Refused(f"{path}: the boot image is not the one that was booted (checksum)")


def steps(events):
    """How many steps the kernel took: events without their ARGS."""
    return sum(events[at + 12] not in (ARGS, GAP) for at in range(0, len(events), EVENT_BYTES))


def trim(events, commits, whole):
    """Leaves out the step that had begun when the machine stopped: commits without their event and,
    unless what stands there is known to be `whole`, the last event, which may be half written."""
    if not whole:
        while len(events) > EVENT_BYTES and events[-EVENT_BYTES + 12] == ARGS:
            events = events[:-EVENT_BYTES]
        events = events[:-EVENT_BYTES]
    known = steps(events)
    while commits:
        cause = struct.unpack_from("<Q", commits, len(commits) - COMMIT_BYTES + COMMIT_CAUSE_AT)[0]
        if cause < known:
            break
        commits = commits[:-COMMIT_BYTES]
    return events, commits
