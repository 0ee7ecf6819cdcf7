"""The QEMU command line of every way to boot."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from wl import container
from wl.errors import Refused

ROOT = Path(__file__).resolve().parent.parent.parent
OVMF = Path("/usr/share/OVMF")
QEMU = "qemu-system-x86_64"

# The power server writes its code to isa-debug-exit, so QEMU exits with 2 * code + 1. A reset under
# -no-reboot is 0: so a crash is never taken for a clean power-off.
EXIT_CLEAN = 1
CHECKED_MEMORY = "256M"  # what the checked kernel wants: tests/checked/window.h


@dataclass
class Options:
    """What to boot, and on what machine."""

    build: Path
    firmware: str = "fast"  # fast, bios, uefi, usb
    memory: str = "256M"
    smp: int = 1
    append: str = ""
    cpu: str = "max"
    accel: str = "auto"
    reboot: bool = False  # a reset resets, instead of ending QEMU
    icount: bool = False
    gdb_port: int = 0
    kernel: Path | None = None
    image: Path | None = None
    no_image: bool = False
    loader: Path | None = None  # what QEMU starts instead of ours
    module: Path | None = None  # what it is given, in place of a container of kernel and image
    disks: list = field(default_factory=list)  # files: the first one is the log's
    own_disks: dict = field(default_factory=dict)  # serial -> file, see DISK_SET
    rng: bool = False  # a device of random bytes
    extra: list = field(default_factory=list)


def kvm_works():
    """KVM may exist and be useless: where kvm_pvm runs, guest kernels are interpreted."""
    modules = Path("/sys/module")
    usable = (modules / "kvm_intel").exists() or (modules / "kvm_amd").exists()
    usable = usable and not (modules / "kvm_pvm").exists()
    return usable and os.access("/dev/kvm", os.R_OK | os.W_OK)


def need(path):
    if not Path(path).exists():
        raise Refused(f"{path} is not there; has it been built?")
    return str(path)


def boot_arguments(options, scratch):
    if options.firmware == "fast":
        loader = options.loader or options.build / "loader.elf"
        kernel = options.kernel or options.build / "kernel.elf"
        image = options.image or options.build / "boot.img"
        module = options.module or container.write(
            Path(scratch) / "container", need(kernel), None if options.no_image else need(image))
        arguments = ["-bios", "qboot.rom", "-kernel", need(loader), "-initrd", need(module)]
        words = [options.append] if options.append else []
        if options.icount:
            words.append("icount")  # so that the guest knows what its time stamps count
        return arguments + (["-append", " ".join(words)] if words else [])
    iso = need(options.image or options.build / "waterlight.iso")
    if options.firmware == "usb":
        return ["-drive", f"if=none,id=stick,format=raw,readonly=on,file={iso}",
                "-device", "qemu-xhci", "-device", "usb-storage,drive=stick"]
    arguments = ["-cdrom", iso, "-boot", "d"]
    if options.firmware == "uefi":
        variables = Path(scratch) / "vars.fd"
        shutil.copyfile(OVMF / "OVMF_VARS_4M.fd", variables)
        code = need(OVMF / "OVMF_CODE_4M.fd")
        arguments += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                      "-drive", f"if=pflash,format=raw,file={variables}"]
    return arguments


DISK_BYTES = 1 << 30  # of one that is made: sparse, as nothing but the log is ever written
# What the system's disks are known by, and how large they are made.
DISK_SET = {"wl-log": DISK_BYTES, "wl-files": 4 << 30, "wl-keys": 64 << 20}


def disk_set(folder):
    """The system's disks as files in `folder`, for Options.own_disks."""
    return {serial: Path(folder) / f"{serial[3:]}.img" for serial in DISK_SET}


def disk_arguments(disks, own_disks):
    """A virtio device each; a file that is not there becomes an empty disk. What the guest flushes
    is in the file: QEMU's cache is the host's page cache."""
    arguments = []
    named = [(path, f"waterlight{number}") for number, path in enumerate(disks)]
    named += [(path, serial) for serial, path in own_disks.items()]
    for number, (path, serial) in enumerate(named):
        if not Path(path).exists():
            with open(path, "wb") as disk:
                disk.truncate(DISK_SET.get(serial, DISK_BYTES))
        name = str(path).replace(",", ",,")
        arguments += ["-drive", f"if=none,id=disk{number},format=raw,cache=writeback,"
                      f"discard=unmap,file={name}",
                      "-device", f"virtio-blk-pci,disable-legacy=on,drive=disk{number},"
                      f"serial={serial}"]
    return arguments


def command(options, serial, scratch):
    """`serial`: 'interactive' (QEMU's escape keys on the terminal) or 'pipe'."""
    accel = options.accel
    if accel == "auto":
        accel = "kvm" if kvm_works() and not options.icount else "tcg"
    arguments = [QEMU, "-M", "q35", "-nodefaults", "-accel", accel, "-cpu", options.cpu,
                 "-m", options.memory, "-smp", str(options.smp), "-display", "none",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
    if serial == "interactive":
        arguments += ["-serial", "mon:stdio"]
    else:
        arguments += ["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line",
                      "-monitor", "none"]
    if not options.reboot:
        arguments.append("-no-reboot")
    if options.icount:
        # What comes from outside is the same in each boot, too: the wall clock, random numbers.
        arguments += ["-icount", "shift=0,sleep=off", "-seed", "1",
                      "-rtc", "base=2026-01-01T00:00:00,clock=vm"]
    if options.gdb_port:
        arguments += ["-S", "-gdb", f"tcp:127.0.0.1:{options.gdb_port}"]
    arguments += boot_arguments(options, scratch) + disk_arguments(options.disks, options.own_disks)
    if options.rng:
        arguments += ["-object", "rng-builtin,id=noise",
                      "-device", "virtio-rng-pci,disable-legacy=on,rng=noise"]
    return arguments + options.extra


def scratch_folder():
    return tempfile.TemporaryDirectory(prefix="waterlight-")


def guest_code(status):
    """What the guest said when it powered off; None if it did not: reset, crash, killed."""
    return (status - 1) // 2 if status is not None and status > 0 and status % 2 == 1 else None
