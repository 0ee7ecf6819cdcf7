"""The container of images/loader: a kernel and a boot image in one file, for QEMU's -initrd."""

import struct
import zlib
from pathlib import Path

from wl.elf import PAGE, page_up

MAGIC = b"!WLboot1"
HEAD = struct.Struct("<8sII")


def build(kernel, image):
    """The container's bytes. An image of no bytes is none: the kernel will say so."""
    head = HEAD.pack(MAGIC, len(kernel), len(image))
    crc = zlib.crc32(kernel, zlib.crc32(head))
    padded = kernel.ljust(page_up(len(kernel)), b"\0")
    return (head + struct.pack("<I", crc)).ljust(PAGE, b"\0") + padded + image


def write(path, kernel, image):
    """The same of files, as a file; its path."""
    contents = Path(image).read_bytes() if image else b""
    path.write_bytes(build(Path(kernel).read_bytes(), contents))
    return path
