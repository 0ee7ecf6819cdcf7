"""coverage.py: what it compares, what it says when something is wrong, and its list's form."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import coverage

TOOL = Path(coverage.__file__)


def run(*arguments):
    return subprocess.run([sys.executable, "-B", TOOL, *arguments], capture_output=True, text=True)


class Compare(unittest.TestCase):
    entry = ("cap.c", "if (a && b) return;", "a is false")

    def test_listed_is_well(self):
        self.assertEqual(list(coverage.compare({self.entry}, {self.entry: "why"})), [])

    def test_new_unreached(self):
        self.assertIn("never: a is false", next(coverage.compare({self.entry}, {})))

    def test_listed_but_reached(self):
        self.assertIn("it is reached or gone", next(coverage.compare(set(), {self.entry: "why"})))


class Texts(unittest.TestCase):
    def test_region_over_lines(self):
        lines = ["    if (one &&", "        two) {"]
        self.assertEqual(coverage.source_text(lines, [1, 9, 2, 12]), "one && two")

    def test_only_the_core_counts(self):
        self.assertEqual(coverage.core_file("./x/./kernel/cap.c").name, "cap.c")
        self.assertIsNone(coverage.core_file("./kernel/abi/boot.h"))
        self.assertIsNone(coverage.core_file("tests/host/kernel/view.c"))


class List(unittest.TestCase):
    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            return coverage.read_list(file.name)

    def test_entries(self):
        known = self.read("# head\n\na.c: x = 1;\nruns\nwhy\nand more\n\nb.c: y\nc is true\nso\n")
        self.assertEqual(known[("a.c", "x = 1;", "runs")], "why and more")
        self.assertEqual(len(known), 2)

    def test_without_reason(self):
        with self.assertRaisesRegex(coverage.Refused, "not an entry"):
            self.read("a.c: x\nruns\n")

    def test_ours_is_readable(self):
        self.assertTrue(all(coverage.read_list(coverage.LIST).values()))


class Command(unittest.TestCase):
    def test_help(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--program", done.stdout)

    def test_no_program(self):
        self.assertEqual(run().returncode, 2)

    def test_a_program_that_fails(self):
        done = run("--program", "/bin/false")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/bin/false fails", done.stdout)

    def test_a_missing_list(self):
        done = run("--program", "/bin/true", "--list", "/nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("Traceback", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
