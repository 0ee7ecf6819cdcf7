"""The driver of tools/run against a small program in the place of the machine."""

import io
import os
import sys
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

ROOT = Path(os.environ["WL_ROOT"])
sys.path.insert(0, str(ROOT / "tools"))
from wl import machine, run  # noqa: E402
from wl.errors import Refused  # noqa: E402
from wl.serial import Session  # noqa: E402

# Echoes like a console; `fail` has status 3, `hang` never answers, `die` ends at once.
GUEST = r"""
import sys
prompt = lambda status: sys.stdout.write(f"\x1b]133;D;{status}\x07wl> ")
sys.stdout.write("banner wl> \r\n"); prompt(0); sys.stdout.flush()
line = ""
while letter := sys.stdin.read(1):
    if letter != "\r":
        line += letter
        continue
    sys.stdout.write(line + "\r\n")
    if line == "poweroff": sys.exit(1)
    if line == "die": sys.exit(0)
    if line != "hang":
        sys.stdout.write(f"did {line}\r\n"); prompt(3 if line == "fail" else 0)
    sys.stdout.flush(); line = ""
"""


def guest_command(*_):
    return [sys.executable, "-c", GUEST]


@mock.patch.object(machine, "command", guest_command)
class Driver(unittest.TestCase):
    def test_commands_and_status(self):
        with Session(None) as session:
            self.assertEqual(session.prompt(10), 0)
            self.assertEqual(session.run("one", 10), (0, "did one\n"))
            self.assertEqual(session.run("fail", 10), (3, "did fail\n"))
            self.assertTrue(session.power_off(10))

    def test_waits_are_bounded(self):
        with Session(None) as session:
            session.prompt(10)
            with self.assertRaisesRegex(Refused, "in vain"):
                session.run("hang", 0.3)

    def test_a_crash_is_no_power_off(self):
        with Session(None) as session:
            session.prompt(10)
            with self.assertRaisesRegex(Refused, "stopped .exit code 0. before the prompt"):
                session.run("die", 10)

    def exec_status(self, commands):
        args = run.parse_arguments(["--no-build", "--timeout", "10", "--exec", commands])
        shown = io.StringIO()
        with redirect_stdout(shown), mock.patch("sys.stderr", io.StringIO()):
            options = machine.Options(build=ROOT)
            status = run.run_commands(options, args)
        self.assertNotIn("\x1b", shown.getvalue())
        return status, shown.getvalue()

    def test_exec(self):
        status, shown = self.exec_status("one; two")
        self.assertEqual(status, 0)
        self.assertIn("wl> one\ndid one\nwl> two\ndid two\nwl> poweroff\n", shown)
        self.assertEqual(self.exec_status("one; fail; two")[0], 1)


class Splitting(unittest.TestCase):
    def test_quotes(self):
        self.assertEqual(run.split_commands(" a 'x;y' ;; b \"p;'q\";"),
                         ["a 'x;y'", "b \"p;'q\""])
        with self.assertRaises(Refused):
            run.split_commands("echo 'a")


class Guest(unittest.TestCase):
    def test_codes(self):
        self.assertEqual([machine.guest_code(s) for s in (1, 3, 0, 2, None, -9)],
                         [0, 1, None, None, None, None])


if __name__ == "__main__":
    unittest.main(verbosity=2)
