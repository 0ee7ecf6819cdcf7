"""A disk each for log, files and keys: each driver has its own, and no other, wherever it stands on
the bus and whoever ended meanwhile."""

import re
import tempfile
import time
import unittest
from pathlib import Path

from harness import Booted, machine

DRIVERS = {"wl-log": "virtio_blk", "wl-files": "virtio_files", "wl-keys": "virtio_keys"}
NAMES = {"wl-log": "log", "wl-files": "files", "wl-keys": "keys"}
MIB = {"wl-log": 32, "wl-files": 24, "wl-keys": 16, "else": 8}
HEAD = re.compile(r"(?m)^(\w\w:\w\w\.\w) +1af4:1042 +\w+ +\d+ +\w+ +(\d+|-)(.*)$")


class WithDisks(Booted):
    """Machines whose disks have these serials, in this order on the bus."""

    serials = ("wl-log", "wl-files", "wl-keys")
    own = dict(zip(DRIVERS, DRIVERS))  # whose disk has which serial

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        extra = []
        for number, serial in enumerate(cls.serials):
            path = Path(cls.scratch.name) / f"{number}.img"
            path.write_bytes(bytes(MIB[serial] << 20))
            extra += ["-drive", f"if=none,id=own{number},format=raw,file={path}", "-device",
                      f"virtio-blk-pci,disable-legacy=on,drive=own{number},serial={serial}"]
        cls.machine_options = {"extra": extra}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.scratch.cleanup()

    def pids(self):
        shown = self.run_line("services")
        found = re.findall(r"(?m)^ready +(\d+) +\d+ +(virtio_\w+)$", shown)
        return {name: int(pid) for pid, name in found if name in DRIVERS.values()}

    def wait_for_new(self, name, old):
        deadline = time.monotonic() + 60
        while self.pids().get(name, old) == old:
            self.assertLess(time.monotonic(), deadline, f"{name} did not come back")

    def assert_each_its_own(self):
        shown, pids = self.run_line("disks"), self.pids()
        self.assertEqual(set(pids), set(DRIVERS.values()))
        for wanted, name in NAMES.items():
            serial = self.own.get(wanted)
            if serial is None:
                self.assertRegex(shown, rf"(?m)^{name} +no such disk$")
                self.assertIn("noDevice", self.run_line(f"disk {name}", status=None))
                continue
            self.assertRegex(shown, rf"(?m)^{name} +{serial} +{MIB[serial] << 10}$")
            self.assertRegex(self.run_line(f"disk {name}"), rf"serial +{serial}\n")
        drivers = sorted(int(pid) for _, pid, _ in HEAD.findall(self.run_line("pci")) if pid != "-")
        having = sorted(pids[DRIVERS[wanted]] for wanted in self.own)
        self.assertEqual(drivers, having)

    def test_1_each_its_own(self):
        self.assert_each_its_own()

    def test_2_one_ends(self):
        for name in DRIVERS.values():
            before = self.pids()
            self.run_line(f"kill {name}")
            others = {other: pid for other, pid in before.items() if other != name}
            self.assertLessEqual(others.items(), self.pids().items())
            self.wait_for_new(name, before[name])
            self.assertLessEqual(others.items(), self.pids().items())
            self.assert_each_its_own()

    def test_3_all_end_with_the_bus_server(self):
        before = self.pids()
        self.run_line("kill pci")
        for name, pid in before.items():
            self.wait_for_new(name, pid)
        self.assert_each_its_own()

    def test_4_unknown_name(self):
        self.assertIn("log, files and keys", self.run_line("disk tape", status=2))


class Mixed(WithDisks):
    """In another order, with one that is nobody's among them."""

    serials = ("wl-keys", "else", "wl-log", "wl-files")


class WithoutLog(WithDisks):
    """The one that is nobody's is the log's then, as on a machine with one disk."""

    serials = ("wl-files", "else")
    own = {"wl-log": "else", "wl-files": "wl-files"}


class OnlyKeys(WithDisks):
    """A disk with a service's name is no other's, also if that one has none. Two of a name: one."""

    serials = ("wl-keys", "wl-keys")
    own = {"wl-keys": "wl-keys"}


class NoDisk(WithDisks):
    serials = ()
    own = {}

    def test_memory(self):
        """Three drivers without a device cost little."""
        shown = self.run_line("ps")
        for name in DRIVERS.values():
            pages = re.search(rf"(?m)^ +\d+ .* (\d+)/\d+ +\d+/\d+ .* {name}$", shown)
            self.assertIsNotNone(pages, shown)
            self.assertLess(int(pages.group(1)), 64)


if __name__ == "__main__":
    assert set(machine.DISK_SET) == set(DRIVERS)
    unittest.main(verbosity=2)
