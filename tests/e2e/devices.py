"""The bus, and a disk behind its driver: found by every firmware, and back after each restart.

Usage: devices.py [CLASS] [fast|bios|uefi]
"""

import re
import sys
import time
import unittest

from harness import BOOT_SECONDS, BUILDS, Booted

DISK_MIB = 8
SERIAL = "waterlight0"


class Devices(Booted):
    firmware = "fast"

    @classmethod
    def setUpClass(cls):
        cls.disk = cls.scratch() / "disk.img"
        cls.disk.write_bytes(bytes(DISK_MIB << 20))
        cls.machine_options = {"firmware": cls.firmware, **cls.drive()}
        super().setUpClass()

    @classmethod
    def drive(cls):
        return {"disks": [cls.disk]}

    def pid(self, name):
        found = re.search(rf"(?m)^(\w+) +(\d+) +\d+ +{name}\b", self.run_line("services"))
        return int(found.group(2)) if found and found.group(1) == "ready" else 0

    def wait_for_new(self, name, old):
        deadline = time.monotonic() + 30
        while (pid := self.pid(name)) in (0, old):
            self.assertLess(time.monotonic(), deadline, f"{name} did not come back")
        return pid

    def function(self):
        """The line of the disk's function."""
        line = re.search(r"(?m)^\w\w:\w\w\.\w +1af4:1042 .*$", self.run_line("pci"))
        self.assertIsNotNone(line)
        return line.group(0)

    def assert_disk(self):
        shown = self.run_line("disk")
        self.assertIn(SERIAL, shown)
        self.assertIn(f"{DISK_MIB << 10} KiB", shown)
        self.assertRegex(self.function(), rf" {self.pid('virtio_blk')} dma ")

    def held(self):
        found = re.search(r"(?m)^held +(\d+) KiB", self.run_line("mem"))
        return int(found.group(1)) if found else 0

    def test_found(self):
        self.assert_disk()
        self.assertIn("host bridge", self.run_line("pci -v"))

    def test_driver_restarts(self):
        for _ in range(3):
            old = self.pid("virtio_blk")
            self.run_line("kill virtio_blk")
            self.wait_for_new("virtio_blk", old)
            self.assert_disk()
        self.assertEqual(self.held(), 0)

    def test_bus_server_restarts(self):
        """Its drivers end with it: what they had of their functions is gone."""
        old, driver = self.pid("pci"), self.pid("virtio_blk")
        self.run_line("kill pci")
        self.wait_for_new("pci", old)
        self.wait_for_new("virtio_blk", driver)
        self.assert_disk()
        self.assertEqual(self.held(), 0)

    def test_memory_is_held(self):
        """Nobody gets the pages that a device knows, until the bus server has reset it."""
        self.run_line("kill pci")  # it starts again after its back-off: until then nobody resets
        self.run_line("kill virtio_blk")
        self.assertGreater(self.held(), 0)
        self.wait_for_new("virtio_blk", 0)
        self.assert_disk()
        self.assertEqual(self.held(), 0)

    def test_verify(self):
        self.assertIn("virtio_blk", self.run_line("mem"))  # whom one has to trust


class BehindBridge(Devices):
    """The same behind a bridge that qboot leaves without numbers; the reset is another."""

    @classmethod
    def drive(cls):
        return {"extra": [
            "-device", "pcie-root-port,id=bridge,chassis=1",
            "-drive", f"if=none,id=behind,format=raw,file={cls.disk}",
            "-device", f"virtio-blk-pci,disable-legacy=on,drive=behind,serial={SERIAL},bus=bridge"]}

    def test_found(self):
        self.assert_disk()
        self.assertRegex(self.function(), r"^01:00\.0 .* flr ")
        self.assertIn("PCI bridge to bus 01", self.run_line("pci"))


class OldChipSet(Devices):
    """The chip set before Q35: configuration space by ports alone, and no PCI Express."""

    test_bus_server_restarts = test_memory_is_held = None

    @classmethod
    def drive(cls):
        return {"disks": [cls.disk], "extra": ["-M", "pc"]}

    def test_chip_set(self):
        self.assertIn("8086:1237", self.run_line("pci"))


class Refusals(Booted):
    """A driver of a second disk is refused what it may not have: tests/target/disk/pcitest.c."""

    @classmethod
    def setUpClass(cls):
        folder = cls.scratch()
        first, second = folder / "first.img", folder / "second.img"
        second.write_bytes(bytes(DISK_MIB << 20))
        cls.machine_options = {"image": BUILDS["release"] / "boot-test.img", "memory": "512M",
                               "disks": [first], "extra": [
                                   "-device", "pcie-root-port,id=express,chassis=1",
                                   "-drive", f"if=none,id=second,format=raw,file={second}",
                                   "-device", "virtio-blk-pci,disable-legacy=on,drive=second,"
                                   "bus=express,aer=on",
                                   "-device", "pcie-root-port,id=narrow,chassis=2",
                                   "-device", "nvme,serial=large,cmb_size_mb=64,bus=narrow"]}
        super().setUpClass()

    def test_refusals(self):
        self.run_line("restart pcitest")
        deadline = time.monotonic() + 60
        while not (found := re.search(r"pcitest: (\d+) of (\d+) wrong", self.session.text())):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
            self.run_line("")
        self.assertEqual(found.group(1), "0", self.session.text()[-2000:])
        self.assertGreater(int(found.group(2)), 40)


class WithoutDisk(Booted):
    def test_disk_is_refused(self):
        self.assertIn("noDevice", self.run_line("disk", status=None))
        self.assertNotIn("1af4:1042", self.run_line("pci"))

    def test_driver_waits(self):
        self.assertRegex(self.run_line("services"), r"(?m)^ready +\d+ +0 +virtio_blk$")


if __name__ == "__main__":
    if sys.argv[-1] in BOOT_SECONDS:
        Devices.firmware = sys.argv.pop()
    unittest.main(verbosity=2)
