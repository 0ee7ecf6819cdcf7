"""A client of the disk (libsys/blockdev.h) while its drivers are ended: each request is
answered."""

import unittest

from harness import BUILDS, Booted

DRIVERS = 4  # that are ended
SECONDS = 240
DISK_BYTES = 64 << 20


class Drivers(Booted):
    @classmethod
    def setUpClass(cls):
        disk = cls.scratch() / "disk.img"
        disk.write_bytes(bytes(DISK_BYTES - 1) + b"x")  # in use: the ledger makes no log on it
        cls.machine_options = {"variant": "debug", "image": BUILDS["debug"] / "boot-test.img",
                               "disks": [disk]}
        super().setUpClass()

    def test_drivers_end(self):
        self.run_line(f"mkdir /tests.options /tests.options/cpus-1 /tests.options/only-DSK0002 "
                      f"/tests.options/ends-{DRIVERS}")
        self.run_line("restart diskkiller")  # some kills come before the test, some after it
        start = self.session.mark
        self.session.send(b"restart tests\r")
        self.session.expect(rb"(?m)^# \d+ failed", SECONDS, "the end of the test")
        shown = bytes(self.session.seen[start:])
        self.assertRegex(shown, rb"(?m)^(?:wl> )?ok 1 - DSK0002", shown.decode(errors="replace"))
        self.session.send(b"\r")
        self.session.prompt(30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
