"""tools/run --exec: its output, and the exit code that scripts rely on."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BUILDS, ROOT, Session, machine, options


def tools_run(*arguments):
    line = [ROOT / "tools/run", "--build", BUILDS["release"], "--accel", "tcg", *arguments]
    if not {"--disks", "--disk"} & set(arguments):
        line.append("--no-disks")  # not those of the person who runs the tests
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=200)


class Run(unittest.TestCase):
    def test_success(self):
        with tempfile.NamedTemporaryFile() as log:
            done = tools_run("--exec", "ps; echo 'a; b'; verify", "--keep-log", log.name)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("a; b", done.stdout)
            self.assertNotIn("\x1b", done.stdout)
            self.assertIn(b"wl> ", Path(log.name).read_bytes())

    def test_a_failing_command_fails_the_run(self):
        done = tools_run("--exec", "cat /missing; ps")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("cat /missing: status", done.stderr)

    def test_an_open_quote_is_refused(self):
        done = tools_run("--exec", "echo 'a; ps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not closed", done.stderr)

    def test_poweroff_by_hand(self):
        done = tools_run("--exec", "ps; poweroff")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_log_that_cannot_be_written(self):
        done = tools_run("--exec", "ps", "--keep-log", "/nowhere/log")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("Traceback", done.stderr)

    def test_counted_time_is_repeatable(self):
        first, second = (tools_run("--icount", "--exec", "uptime") for _ in range(2))
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        ready = [[line for line in done.stdout.splitlines() if '"ready"' in line]
                 for done in (first, second)]
        self.assertEqual(ready[0], ready[1])
        self.assertEqual(len(ready[0]), 1)

    def test_disks_are_made_and_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            disks = Path(folder) / "disks"
            done = tools_run("--disks", disks, "--exec", "disks; echo kept > /note")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("no such disk", done.stdout)
            for serial, size in machine.DISK_SET.items():
                path = machine.disk_set(disks)[serial]
                self.assertEqual(path.stat().st_size, size)
                self.assertLess(path.stat().st_blocks * 512, 16 << 20)  # sparse
                self.assertRegex(done.stdout, rf"{serial} +{size >> 10}\b")
            done = tools_run("--disks", disks, "--exec", "cat /note")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("kept", done.stdout)

    def test_checked(self):
        done = subprocess.run([ROOT / "tools/run", "--build", BUILDS["debug"], "--checked",
                               "--accel", "tcg", "--no-disks",
                               "--append", "every=64", "--exec", "ps"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"checked: \d+ steps, \d+ checks")

    def test_checked_takes_no_iso(self):
        done = tools_run("--checked", "--iso", "bios", "--exec", "ps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not with --iso", done.stderr)


class Reboot(unittest.TestCase):
    def test_reboot_starts_again(self):
        with Session(options(reboot=True)) as session:
            session.prompt(60)
            session.send(b"reboot\r")
            session.expect(b'"ready":true', 60)
            session.prompt(60)
            self.assertTrue(session.power_off())

    def test_reset_is_no_power_off(self):
        with Session(options()) as session:
            session.prompt(60)
            session.send(b"reboot\r")
            self.assertEqual(session.finish(20), 0)

    def test_least_memory(self):
        """What the smallest machine that is promised can do."""
        with Session(options(memory="96M")) as session:
            session.prompt(60)
            self.assertEqual(session.run("verify", 120)[0], 0)
            self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
