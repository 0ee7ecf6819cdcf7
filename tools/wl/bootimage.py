"""The boot image of kernel/abi/boot.h: written, checked, listed."""

import hashlib
import struct
from dataclasses import dataclass

from wl.elf import PAGE, page_up
from wl.errors import Refused

MAGIC = 0x3167616D494C5721
VERSION = 1
RUNS_MAX = 8
PATH_MAX = 80
RUN = struct.Struct("<QQII")
FILE = struct.Struct(f"<{PATH_MAX}sQQ")
HEAD = struct.Struct("<QQQQQQ32s")
PROGRAM_SIZE = 16 + RUNS_MAX * RUN.size
CHECKSUM_AT = 24
BUILD_ID_AT = 48
MASK = (1 << 64) - 1


@dataclass
class Laid:
    """A program whose runs have their place in the image."""

    entry: int
    runs: list  # (vaddr, offset, pages, rights)


def image_sum(data):
    """image_sum() of boot.h over the whole image."""
    total = 0
    for (word,) in struct.iter_unpack("<Q", data):
        total = ((total << 7 | total >> 57) + word * 0x9E3779B97F4A7C15) & MASK
    return total


def lay_program(name, program, body, base):
    if len(program.runs) > RUNS_MAX:
        raise Refused(f"{name}: {len(program.runs)} runs of pages, at most {RUNS_MAX}")
    runs = []
    for run in program.runs:
        runs.append((run.vaddr, base + len(body), len(run.data) // PAGE, run.rights))
        body += run.data
    return Laid(program.entry, runs)


def program_bytes(laid):
    runs = b"".join(RUN.pack(*run) for run in laid.runs)
    return (struct.pack("<QQ", laid.entry, len(laid.runs)) + runs).ljust(PROGRAM_SIZE, b"\0")


def check_path(path):
    if not path.startswith("/") or len(path.encode()) >= PATH_MAX:
        raise Refused(f"{path}: not an absolute path of less than {PATH_MAX} bytes")


def build(axiom, init, files):
    """The image's bytes. `files`: path -> contents."""
    body = bytearray()
    laid = [
        lay_program("axiom", axiom, body, PAGE),
        lay_program("init", init, body, PAGE),
    ]
    files_offset = PAGE + len(body)
    paths = sorted(files, key=str.encode)
    body += bytes(page_up(len(paths) * FILE.size))
    table = bytearray()
    for path in paths:
        check_path(path)
        table += FILE.pack(path.encode(), PAGE + len(body), len(files[path]))
        body += files[path].ljust(page_up(len(files[path])), b"\0")
    body[files_offset - PAGE : files_offset - PAGE + len(table)] = table

    size = PAGE + len(body)
    programs = b"".join(program_bytes(p) for p in laid)
    head = HEAD.pack(MAGIC, VERSION, size, 0, files_offset, len(paths), bytes(32)) + programs
    image = bytearray(head.ljust(PAGE, b"\0") + body)
    image[BUILD_ID_AT : BUILD_ID_AT + 32] = hashlib.blake2b(image, digest_size=32).digest()
    image[CHECKSUM_AT : CHECKSUM_AT + 8] = struct.pack("<Q", image_sum(image))
    return bytes(image)


def read(image):
    """(build id, programs, files) of an image; refuses one that the kernel would refuse."""
    if len(image) < PAGE or len(image) % PAGE:
        raise Refused("not a whole number of pages")
    magic, version, size, checksum, files_offset, count, build_id = HEAD.unpack_from(image)
    if magic != MAGIC or version != VERSION:
        raise Refused("not a boot image of this version")
    if size != len(image):
        raise Refused(f"{len(image)} bytes, the header says {size}")
    zeroed = bytearray(image)
    zeroed[CHECKSUM_AT : CHECKSUM_AT + 8] = bytes(8)
    if image_sum(zeroed) != checksum:
        raise Refused("damaged: the checksum is wrong")
    programs = []
    for index in range(2):
        at = HEAD.size + index * PROGRAM_SIZE
        entry, run_count = struct.unpack_from("<QQ", image, at)
        runs = [RUN.unpack_from(image, at + 16 + i * RUN.size) for i in range(run_count)]
        programs.append(Laid(entry, runs))
    files = {}
    for index in range(count):
        path, offset, length = FILE.unpack_from(image, files_offset + index * FILE.size)
        files[path.rstrip(b"\0").decode()] = image[offset : offset + length]
    return build_id, programs, files
