"""tools/verify: what it takes from tests, and that it never says more than they did."""

import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(os.environ["WL_ROOT"])
sys.path.insert(0, str(ROOT / "tools"))
from wl import verify  # noqa: E402
from wl.verify_methods import METHODS, PROPERTIES, Method  # noqa: E402

METHOD = Method("sample", "I1 I4-I6", "how", "bound", "one|two", [("{0} steps", r"(\d+) steps")],
                "the rest", "three", "more")


def run(*arguments):
    return subprocess.run([ROOT / "tools/verify", *arguments], capture_output=True, text=True)


class Figures(unittest.TestCase):
    def test_numbers_add_up(self):
        self.assertEqual(verify.figure_of(METHOD, "1000 steps\n234 steps\n"), "1,234 steps")

    def test_figure_lines(self):
        method = Method("x", "", "", "", "", [("longest {most}", None)])
        self.assertEqual(verify.figure_of(method, "FIGURE most 7 instructions\n"),
                         "longest 7 instructions")

    def test_nothing_is_invented(self):
        self.assertIsNone(verify.figure_of(METHOD, "no figure\n"))


class Tests(unittest.TestCase):
    def test_names_match_as_a_whole(self):
        known = ["one", "one_more", "two", "three"]
        self.assertEqual(verify.tests_of(METHOD, False, known), ["one", "two"])
        self.assertEqual(verify.tests_of(METHOD, True, known), ["one", "two", "three"])

    def test_a_test_without_outcome_failed(self):
        result = verify.gather(["one", "two"], {"one": (True, 2.0, "")})
        self.assertEqual((result.passed, result.failed), (1, ["two"]))

    def test_properties(self):
        self.assertEqual(verify.properties_of(METHOD), ["I1", "I4", "I5", "I6"])
        for method in METHODS:
            self.assertLessEqual(set(verify.properties_of(method)), set(PROPERTIES))
            self.assertTrue(method.leaves, method.name)


class Table(unittest.TestCase):
    def test_what_failed_checks_nothing(self):
        lines = list(verify.summary([(METHOD, verify.Result(1, ["two"]))]))
        self.assertIn("not checked here: I1, capabilities name live objects", lines)
        self.assertIn("FAILED: sample: two", lines)

    def test_a_method_without_tests_is_seen(self):
        text = "\n".join(verify.table([(METHOD, None)], False))
        self.assertIn("no test is there", text)

    def exit_code(self, outcomes):
        args = mock.Mock(methods=["unit"], no_build=True, list=False, long=False, jobs=1)
        with mock.patch.multiple(verify, known_tests=lambda _: ["kernel"],
                                 run_tests=lambda *_: outcomes), mock.patch("builtins.print"):
            return verify.verify(args)

    def test_exit_code(self):
        self.assertEqual(self.exit_code({"kernel": (True, 1.0, "")}), 0)
        self.assertEqual(self.exit_code({"kernel": (False, 1.0, "")}), 1)
        self.assertEqual(self.exit_code({}), 1)


class Command(unittest.TestCase):
    def test_help(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("interrupts", done.stdout)

    def test_an_unknown_method(self):
        done = run("nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no method is named nothing", done.stderr)

    def test_list(self):
        done = run("--no-build", "--list", "--build", os.environ["WL_DEBUG_BUILD"], "unit")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("kernel", done.stdout)

    def test_campaigns_only_when_asked_for(self):
        line = ("--no-build", "--list", "--build", os.environ["WL_DEBUG_BUILD"], "cuts")
        self.assertEqual(run(*line).stdout.split()[-1], "e2e_cuts")
        self.assertEqual(run("--long", *line).stdout.split()[-1], "e2e_cuts_long")

    def test_no_build_folder(self):
        done = run("--no-build", "--build", "/nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
