"""What a service answered outlives it, and the ledger that keeps it: killed under load."""

import re
import time
import unittest

from harness import BUILDS, Booted, plain

RESULT = re.compile(r"files_load (\S+): (all there|WRONG) \((-?\d+)\) after (\d+) writes, (\d+) of")


class Streams(Booted):
    machine_options = {"image": BUILDS["release"] / "boot-test.img", "memory": "1024M"}

    def services(self):
        """Name -> [state, pid, restarts]."""
        lines = [line.split() for line in self.run_line("services").splitlines()[1:]]
        return {words[3]: words[:3] for words in lines if len(words) == 4}

    def restart(self, name):
        """Ends it wherever it is, and waits until its successor serves."""
        old = self.services()[name][1]
        self.run_line(f"restart {name}")
        deadline = time.monotonic() + 30
        while (now := self.services()[name])[1] == old or now[0] != "ready":
            self.assertLess(time.monotonic(), deadline, f"{name} did not come back")
            time.sleep(0.05)

    def test_1_files_outlive_the_server(self):
        self.run_line("echo one > /one")
        self.run_line("mkdir /d")
        self.run_line("cp /etc/motd /d/motd")
        self.run_line("mv /one /d/two")
        listed = self.run_line("ls -l /d")
        for name in ("vfs", "ledger", "vfs"):
            self.restart(name)
        self.assertEqual(self.run_line("ls -l /d"), listed)
        self.assertIn("one", self.run_line("cat /d/two"))
        self.assertEqual(self.run_line("cat /d/motd"), self.run_line("cat /etc/motd"))
        self.run_line("rm /d/two /d/motd /d")
        self.restart("vfs")
        self.run_line("ls /d", status=None)

    def test_2_under_load(self):
        """Two writers, each with one handle that it keeps; server and ledger are ended sixty times
        by who runs above them, wherever they are then."""
        self.run_line("restart killer")
        for name in ("/a", "/b"):
            self.run_line(f"spawn files_load {name} 10")
        deadline = time.monotonic() + 100
        while len(results := RESULT.findall(plain(bytes(self.session.seen)))) < 2:
            self.assertLess(time.monotonic(), deadline, self.session.text())
            time.sleep(0.5)
            self.run_line("")  # what was printed is read
        while (services := self.services())["killer"][0] != "disabled":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        print("restarts of vfs, ledger:", services["vfs"][2], services["ledger"][2], results)
        for name, least in (("vfs", 8), ("ledger", 2)):
            self.assertGreater(int(services[name][2]), least)
        for _, verdict, _, writes, _ in results:
            self.assertEqual(verdict, "all there")
            self.assertGreater(int(writes), 200)
        self.assertGreater(sum(int(again) for *_, again in results), 0)
        self.restart("vfs")
        listed = self.run_line("ls -l /")
        for name in "ab":
            self.assertRegex(listed, rf"\b2048 .*\b{name}\b")


if __name__ == "__main__":
    unittest.main(verbosity=2)
