"""The figures of record, measured on counted time, so the same in every run.

Under -icount shift=0 the time stamp counts instructions of the guest, idle time aside.
"""

import json
import os
import re
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness import Session, options, ready_line  # noqa: E402

INSTRUCTIONS_MAX = 60_000_000  # from kernel entry to the prompt
COMMITS = 95_000  # at 98,304, three quarters of the log, only storage gets new objects


def number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise AssertionError(f"no {pattern!r} in:\n{text}")
    return int(found.group(1))


class Figures(unittest.TestCase):
    figures = {}

    @classmethod
    def tearDownClass(cls):
        print(json.dumps(cls.figures, indent=4))
        if path := os.environ.get("WL_FIGURES"):
            Path(path).write_text(json.dumps(cls.figures, indent=4) + "\n", encoding="utf-8")

    def test_boot(self):
        with Session(options(icount=True)) as session:
            session.prompt(60)
            ready = ready_line(session.text())
            shown = session.run("mem")[1]
            pingpong = session.run("pingpong 10000", 120)[1]
            self.assertTrue(session.power_off())
        instructions = int(ready.get("ticks") or ready["instructions"])
        self.figures["instructions from kernel entry to prompt"] = instructions
        self.figures["memory used when idle, KiB"] = number(r"used\s+(\d+) KiB", shown)
        self.figures["of these the logs, KiB"] = number(r"logs\s+(\d+) KiB", shown)
        self.figures["instructions for a call and its reply"] = number(r"least (\d+)", pingpong)
        self.assertLess(instructions, INSTRUCTIONS_MAX)

    def test_seconds(self):
        started = time.monotonic()
        with Session(options()) as session:
            session.prompt(60)
            self.figures["seconds from power-on to prompt"] = round(time.monotonic() - started, 2)
            self.assertTrue(session.power_off())

    def test_verify(self):
        with Session(options()) as session:
            session.prompt(60)
            while (commits := number(r"commits\s+(\d+)", session.run("mem")[1])) < COMMITS:
                status, shown = session.run("memhog", 120)
                self.assertEqual(status, 0, shown)
            started = time.monotonic()
            status, shown = session.run("verify", 300)
            self.figures[f"seconds of verify with {commits} commits"] = round(
                time.monotonic() - started, 2)
            self.assertEqual(status, 0, shown)
            self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
