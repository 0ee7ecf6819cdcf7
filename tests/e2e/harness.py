"""What every end-to-end test shares: a booted machine for a class of tests, and its checks."""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("WL_ROOT", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(ROOT / "tools"))
from wl import machine  # noqa: E402
from wl.errors import Refused  # noqa: E402
from wl.serial import Session, plain  # noqa: E402

BUILDS = {
    "debug": Path(os.environ.get("WL_DEBUG_BUILD", ROOT / "build/debug")),
    "release": Path(os.environ.get("WL_RELEASE_BUILD", ROOT / "build/release")),
}
BOOT_SECONDS = {"fast": 60, "bios": 120, "uefi": 240, "usb": 150}
READY_KEYS = {"ready", "version", "kernel", "head", "ms", "instructions"}
SERVICES = ("axiom", "ledger", "audit", "init", "uart", "console", "vfs", "power", "shell")


def options(variant="release", **more):
    """Options of a machine; emulated everywhere, so that a test means the same on all hosts."""
    return machine.Options(build=BUILDS[variant], accel="tcg", **more)


def services_of(shown):
    """What `services` printed: name -> [state, pid, restarts]."""
    lines = [line.split() for line in shown.splitlines()]
    return {words[3]: words[:3] for words in lines if len(words) == 4 and words[1].isdigit()}


def ready_line(text):
    """The machine-readable line of this boot, or None."""
    for line in text.splitlines():
        start = line.find('{"')
        if start >= 0 and '"ready"' in line:
            return json.loads(line[start : line.rindex("}") + 1])
    return None


class Boots(unittest.TestCase):
    """A machine that is booted again and again, with `disks` if nothing else is said."""

    disks = ()

    def boot(self, **more):
        """A session at its prompt; it ends with the test at the latest."""
        session = Session(options(**{"disks": self.disks, **more}))
        session.__enter__()
        self.addCleanup(session.__exit__)
        session.prompt(BOOT_SECONDS["fast"])
        return session

    def line(self, session, text, status=0, timeout=60):
        """What a command printed, as it did. Status None: any but 0."""
        got, shown = session.run(text, timeout)
        good = got != 0 if status is None else got == status
        self.assertTrue(good, f"{text!r} gave {got} and printed:\n{shown}")
        return shown


class Booted(unittest.TestCase):
    """One machine for all tests of a class, in the order of their names. At the end `verify`
    must agree, and the machine must go off as it should."""

    machine_options = {}

    @classmethod
    def scratch(cls):
        """A folder that goes with the class."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        return Path(folder.name)

    @classmethod
    def setUpClass(cls):
        cls.session = Session(options(**cls.machine_options))
        cls.session.__enter__()
        try:
            cls.session.prompt(BOOT_SECONDS[cls.session.options.firmware])
        except Refused:
            cls.session.__exit__()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            status, shown = cls.session.run("verify", 120)
            if status != 0:
                raise AssertionError(f"verify: status {status}\n{shown}")
            if not cls.session.power_off():
                raise AssertionError("the machine did not power off in order")
        finally:
            cls.session.__exit__()

    def run_line(self, line, status=0, timeout=60):
        """What a command printed; its status must be `status` (None: any but 0)."""
        got, shown = self.session.run(line, timeout)
        if status is None:
            self.assertNotEqual(got, 0, f"{line!r} should fail but printed:\n{shown}")
        else:
            self.assertEqual(got, status, f"{line!r} printed:\n{shown}")
        return shown

    def lives(self):
        """Name -> [state, pid, restarts]."""
        return services_of(self.run_line("services"))

    def assert_one_line_refusal(self, line):
        """What was wrong, and the usage: one line each."""
        shown = self.run_line(line, status=None).strip().splitlines()
        self.assertLessEqual(len(shown), 2, f"{line!r} answers with {shown}")
        self.assertTrue(shown, f"{line!r} fails without a word")
