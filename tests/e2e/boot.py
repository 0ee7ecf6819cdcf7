"""Each way to boot reaches the prompt, says so in JSON, verifies, and powers off.

Usage: boot.py debug|release fast|bios|uefi|usb [PROCESSORS]
"""

import sys
import unittest

from harness import READY_KEYS, SERVICES, Booted, ready_line


class Boot(Booted):
    def test_1_ready_line(self):
        line = ready_line(self.session.text())
        self.assertIsNotNone(line, "no JSON line was printed")
        self.assertEqual(READY_KEYS - set(line), set(), f"keys are missing: {line}")
        self.assertIs(line["ready"], True)
        self.assertGreater(int(line["ms"]), 0)
        int(line["kernel"], 16)
        int(line["head"], 16)

    def test_2_everyone_runs(self):
        shown = self.run_line("ps")
        for name in SERVICES:
            self.assertRegex(shown, rf"(?m)\b{name}\b")

    def test_3_verify(self):
        self.run_line("verify", timeout=120)


if __name__ == "__main__":
    variant, firmware = sys.argv[1:3]
    Boot.machine_options = {"variant": variant, "firmware": firmware}
    if len(sys.argv) > 3:
        Boot.machine_options["smp"] = int(sys.argv[3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
