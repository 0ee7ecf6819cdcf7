"""Debian's kernel as a guest beside ours: fetched, packed with init.c's program, booted.

The package is the one that linux-image-amd64 of this Debian depends on. It is kept, unpacked, in
the build folder; nothing of it is ever part of the tree.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from wl.errors import Refused

META = "linux-image-amd64"
MODULES = ["virtio/virtio_ring", "virtio/virtio", "virtio/virtio_pci_modern_dev",
           "virtio/virtio_pci_legacy_dev", "virtio/virtio_pci", "block/virtio_blk"]
FILE_MODULES = ["../lib/crc16", "../crypto/crc32c_generic", "../lib/libcrc32c", "../fs/mbcache",
                "../fs/jbd2/jbd2", "../fs/ext4/ext4"]
FETCH_SECONDS = 300


def run(*line, cwd=None):
    try:
        done = subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False,
                              timeout=FETCH_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{line[0]}: {error}") from error
    if done.returncode != 0:
        raise Refused(f"{' '.join(line)}: {done.stderr.strip()}")
    return done.stdout


def package_name():
    found = re.search(r"Depends: (linux-image-[0-9]\S+)", run("apt-cache", "depends", META))
    if not found:
        raise Refused(f"apt-cache knows no {META}: run apt-get update, on Debian")
    return found.group(1)


def unpacked(folder):
    """The folder with the package's files; fetched when it is not there."""
    folder = Path(folder)
    ready = folder / "unpacked"
    if not ready.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            run("apt-get", "download", package_name(), cwd=scratch)
            package, = Path(scratch).glob("*.deb")
            run("dpkg-deb", "-x", str(package), f"{scratch}/files")
            (Path(scratch) / "files").rename(ready)
    return ready


def kernel_of(files):
    kernel, = (files / "boot").glob("vmlinuz-*")
    return kernel, kernel.name.removeprefix("vmlinuz-")


def archive_entry(number, name, mode, data):
    """One file of a cpio archive, format newc."""
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def initramfs(files, release, init, more=()):
    contents = [("init", 0o100755, Path(init).read_bytes())]
    drivers = files / "lib/modules" / release / "kernel/drivers"
    for number, module in enumerate([*MODULES, *more], 1):
        contents.append((f"{number}.ko", 0o100644, (drivers / f"{module}.ko").read_bytes()))
    entries = [archive_entry(number, *entry) for number, entry in enumerate(contents, 1)]
    return b"".join(entries) + archive_entry(0, "TRAILER!!!", 0, b"")
