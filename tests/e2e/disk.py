"""The disk through rings: what a client wrote stands in the file, whoever was ended meanwhile."""

import re
import struct
import time
import unittest

from harness import BUILDS, Booted

DISK_MIB, BLOCK, BLOCKS = 8, 4096, 1024
RESULT = re.compile(r"disktest (\w+): (all there|WRONG); (\d+) requests, driver lost (\d+) times;")
WATCHED = re.compile(r"disktest watch: (\d+) pages, (\d+) words wrong")


def block_of(number, version):
    """As tests/target/disk/work.c writes it."""
    head = number << 32 | version
    return struct.pack("<512Q", *(head ^ i << 52 for i in range(BLOCK // 8)))


class OnDisk(Booted):
    """A machine with the programs of the tests and an empty disk, which is looked at in the end."""

    @classmethod
    def drive(cls):
        return {"disks": [cls.disk]}

    @classmethod
    def setUpClass(cls):
        cls.disk = cls.scratch() / "disk.img"
        # The last byte says that the disk is in use: the ledger makes no log on it.
        cls.disk.write_bytes(bytes((DISK_MIB << 20) - 1) + b"x")
        cls.machine_options = {"image": BUILDS["release"] / "boot-test.img", "memory": "512M",
                               **cls.drive()}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.check_file()

    @classmethod
    def check_file(cls):
        """Each block is one version, whole, and nothing stands behind the last one."""
        contents = cls.disk.read_bytes()
        cls.versions = []
        for number in range(BLOCKS):
            block = contents[number * BLOCK : (number + 1) * BLOCK]
            version = int.from_bytes(block[:4], "little")
            if block != (block_of(number, version) if version else bytes(BLOCK)):
                raise AssertionError(f"block {number} is torn")
            cls.versions.append(version)
        if any(contents[BLOCKS * BLOCK : -1]):
            raise AssertionError("something was written behind what the client wrote")

    def work(self, service, seconds, meanwhile=lambda: None):
        """What the client says at its end."""
        start = len(self.session.text())
        self.run_line(f"restart {service}")
        deadline = time.monotonic() + seconds
        while not (found := RESULT.search(self.session.text(), start)):
            self.assertLess(time.monotonic(), deadline, self.session.text()[-2000:])
            meanwhile()
            time.sleep(0.2)
            self.run_line("")
        self.assertEqual(found.group(2), "all there", found.group(0))
        return found

    def mem(self):
        shown = self.run_line("mem")
        held = re.search(r"(?m)^held +(\d+) KiB", shown)
        free = re.search(r"(?m)^free +(\d+)", shown)
        return int(free.group(1)), int(held.group(1)) if held else 0


class Disk(OnDisk):
    def test_1_refusals(self):
        free, _ = self.mem()
        for _ in range(2):
            start = len(self.session.text())
            self.work("diskbad", 60)
            shown = self.session.text()[start:]
            self.assertIn("0 of 18 cases wrong", shown)
            self.assertRegex(shown, r"0 of 8192 words wrong, [1-9]\d{3} cleared")
            self.assertRegex(shown, r"40 times, then 3 more at once: error 70")
        again, held = self.mem()
        self.assertEqual(held, 0)
        self.assertGreater(again, free - 512)  # 80 clients came and went

    def test_2_fill(self):
        free, _ = self.mem()
        for _ in range(2):
            self.work("diskfill", 60)
        again, held = self.mem()
        self.assertEqual(held, 0)
        self.assertGreater(again, free - 512)  # rings come and go
        self.check_file()
        self.assertEqual(set(self.versions), {1})

    def test_3_only_info(self):
        """The shell's capability is without grant: it can ask, and open nothing."""
        self.assertIn("waterlight0", self.run_line("disk"))
        slots = re.search(r"(?m)^ +\d+ +endpoint +-w- .* (\S*)$", self.run_line("caps shell"))
        self.assertIsNotNone(slots)


class Slow(OnDisk):
    requests_a_second = 0

    @classmethod
    def drive(cls):
        return {"extra": [
            "-drive", f"if=none,id=slow,format=raw,file={cls.disk},"
            f"throttling.iops-total={cls.requests_a_second}",
            "-device", "virtio-blk-pci,disable-legacy=on,drive=slow,serial=waterlight0"]}

    def wait_for_none_held(self):
        deadline = time.monotonic() + 20
        while (held := self.mem()[1]) != 0:
            self.assertLess(time.monotonic(), deadline, f"{held} KiB are held")


class Ended(Slow):
    """A disk whose driver is ended again and again, always with requests in flight."""

    requests_a_second = 1500

    def test_under_load(self):
        ends = iter(["restart virtio_blk"] * 8 + ["kill virtio_blk", "restart pci"] +
                    ["restart virtio_blk"] * 4)

        def end_it():
            if line := next(ends, None):
                self.run_line(line)

        found = self.work("diskload", 200, end_it)
        print(found.group(0))
        self.assertGreaterEqual(int(found.group(4)), 8)
        self.wait_for_none_held()


class Reused(Slow):
    """Driver and client end in mid-transfer: who gets their memory next finds it empty, and nothing
    writes to it. The requests in flight take a second."""

    requests_a_second = 60

    def check(self, ends):
        free, _ = self.mem()
        self.run_line("restart diskload")
        time.sleep(0.5)
        start = len(self.session.text())
        self.run_line(f"{ends}; restart diskwatch")
        deadline = time.monotonic() + 60
        while not (found := WATCHED.search(self.session.text(), start)):
            self.assertLess(time.monotonic(), deadline, self.session.text()[-2000:])
            time.sleep(0.2)
            self.run_line("")
        self.assertGreater(int(found.group(1)), 2000)
        self.assertEqual(found.group(2), "0")
        self.wait_for_none_held()
        self.wait_for_ready("virtio_blk")
        self.assertGreater(self.mem()[0], free - 512)  # nothing of them is left

    def test_client_first(self):
        self.check("kill diskload; kill virtio_blk")

    def test_driver_first(self):
        self.check("kill virtio_blk; kill diskload")

    def test_nobody_resets(self):
        """The bus server is away, too, and longer than the requests take."""
        for _ in range(4):  # init waits twice as long each time
            self.run_line("restart pci")
            self.run_line("kill pci")
            self.wait_for_ready("virtio_blk")
        self.check("kill pci; kill virtio_blk; kill diskload")

    def wait_for_ready(self, name):
        deadline = time.monotonic() + 60
        while not re.search(rf"(?m)^ready .* {name}$", self.run_line("services")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
