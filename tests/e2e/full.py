"""With a full log nothing new is made, but whatever is there can be finished."""

import re
import time
import unittest

from harness import BOOT_SECONDS, BUILDS, Booted, Session, options


class Small(Booted):
    """A machine whose log is full soon."""

    machine_options = {"memory": "96M"}

    def held(self):
        """Commits held, and the most that can be."""
        found = re.search(r"commits\s+(\d+) of (\d+)", self.run_line("mem"))
        return int(found.group(1)), int(found.group(2))

    def fill(self, line, part, rounds, before=lambda: None):
        """Repeats a line until that part of the log is used."""
        for _ in range(rounds):
            before()
            held, most = self.held()
            if held >= most * part:
                return
            self.session.run(line, 30)
        self.fail(f"{line}: {self.held()}")


class Filled(Small):
    """The log is so full at the end that `verify` has no memory, or nobody who answers it."""

    @classmethod
    def tearDownClass(cls):
        try:
            if not cls.session.power_off():
                raise AssertionError("the machine did not power off in order")
        finally:
            cls.session.__exit__()


class Full(Filled):
    """The tests run in this order, each with a fuller log."""

    def test_1_three_quarters(self):
        """Programs are refused, with a reason; whom the description marks starts again."""
        self.fill("memhog", 0.75, 40)
        self.assertIn("storage", self.run_line("hello", status=None))
        self.run_line("kill audit")
        self.run_line("verify", timeout=120)

    def test_2_fifteen_sixteenths(self):
        """Services that the store needs start even now; a temporary slot is empty again."""
        self.fill("restart power", 0.945, 60)
        self.run_line("restart timer")
        self.assertRegex(self.run_line("services"), r"(?m)^(starting|ready) .* timer$")
        before = self.run_line("caps shell").count("endpoint")
        for _ in range(5):
            self.run_line("grant 4 shell 200 w; revoke shell 200")
        self.assertEqual(self.run_line("caps shell").count("endpoint"), before)
        self.run_line("grant 4 shell 201 w")

    def test_3_full(self):
        """Nothing is made any more, but dropped, revoked, killed and asked."""
        self.fill("grant 4 shell 200 w; revoke shell 200", 31 / 32, 600)
        self.assert_one_line_refusal("grant 4 shell 200 w")
        before = self.run_line("caps shell").count("endpoint")
        self.assertIn("log is full", self.run_line("exit", status=None))
        self.run_line("revoke shell 201")
        self.assertEqual(self.run_line("caps shell").count("endpoint"), before - 1)
        self.run_line("verify", timeout=120)

    def test_4_full_and_dead(self):
        """Who ends now stays away; whoever asks it is told, and does not wait for ever."""
        self.run_line("kill audit")
        self.assertIn("cancelled", self.run_line("log", status=None))
        self.assertIn("revoked", self.run_line("log", status=None))
        self.assertIn("given up: the log is full", self.session.text())
        self.assertRegex(self.run_line("services"), r"(?m)^disabled .* audit$")
        self.run_line("ps")


class Flooded(Small):
    """One process makes commits as fast as it can, with credits for more than there is room for."""

    machine_options = {"image": BUILDS["release"] / "boot-test.img", "memory": "160M"}

    def flood(self, name):
        """What it may make becomes less and less: there is room left for others."""
        before, most = self.held()
        self.run_line(f"restart {name}")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            self.run_line("ps")
            time.sleep(0.2)
        held = self.held()[0]
        print(f"{held} of {most} commits held under a flood, {before} before")
        self.assertGreater(held, before + 500)
        self.assertLess(held, most * 15 // 16)
        self.run_line("grant 4 shell 200 w; revoke shell 200")
        self.run_line(f"kill {name}")

    def test_calls(self):
        self.flood("flood")

    def test_sends_to_itself(self):
        """Of these axiom hears only when the kernel's ring is half full: after 4,096 commits, which
        is more than what is kept free of this log."""
        self.flood("floodself")


class DriverAway(Small):
    """The ledger's reserve fills while the disk's driver is away. Only it can empty it, so it comes
    back however full it is: its start waits for nothing that is to be durable."""

    @classmethod
    def setUpClass(cls):
        cls.disk = cls.scratch() / "disk.img"
        cls.machine_options = {"memory": "96M", "disks": [cls.disk]}
        super().setUpClass()

    def driver(self):
        found = re.search(r"(?m)^(\w+) +(\d+) +\d+ +virtio_blk$", self.run_line("services"))
        return found.group(1), int(found.group(2))

    def keep_away(self):
        """It is ended again and again: init waits longer each time before it starts it."""
        deadline = time.monotonic() + 60
        while self.driver()[0] not in ("backoff", "disabled"):
            self.assertLess(time.monotonic(), deadline)
            self.session.run("kill virtio_blk")

    def written(self):
        """Commits on the disk."""
        found = re.search(r"(\d+) commits of it on the disk", self.run_line("log head"))
        return int(found.group(1))

    def fill_while_away(self):
        """Until nine tenths are used and a program is refused. When the driver comes back in
        between, all goes to the disk, and it is ended again; each time it stays away longer."""
        deadline = time.monotonic() + 240
        while True:
            self.assertLess(time.monotonic(), deadline, self.held())
            self.keep_away()
            held, most = self.held()
            if held >= most * 0.9 and "storage" in self.session.run("hello", 30)[1]:
                return held, most
            self.session.run("memhog" if held < most * 0.75 else "restart power", 30)

    def test_comes_back(self):
        self.run_line("echo one > /one")
        held, most = self.fill_while_away()
        print(f"{held} of {most} commits have no other place, {self.written()} are on the disk")
        before = self.written()
        self.run_line("restart virtio_blk")
        deadline = time.monotonic() + 60
        while self.driver()[0] != "ready":
            self.assertLess(time.monotonic(), deadline, self.session.text()[-2000:])
        self.run_line("sync", timeout=60)
        self.assertGreaterEqual(self.written(), before + held // 2)
        self.assertLess(self.held()[0], most / 8)
        self.run_line("echo two > /two")
        self.run_line("verify", timeout=120)
        self.session.qemu.kill()
        self.session.__exit__()
        type(self).session = again = Session(options(**self.machine_options))
        again.__enter__()
        again.prompt(BOOT_SECONDS["fast"])
        self.assertIn("one", self.run_line("cat /one"))
        self.assertIn("two", self.run_line("cat /two"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
