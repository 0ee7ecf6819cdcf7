"""The checks see what they are for: each is shown something wrong."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(os.environ["WL_ROOT"])
sys.path.insert(0, str(ROOT / "tools"))
from wl import check_shape, check_stack, check_text, tree  # noqa: E402


class Tree:
    """A tree of texts in the place of the real one."""

    def __init__(self, **texts):
        self.texts = {Path(name): text for name, text in texts.items()}

    def __enter__(self):
        def files(*patterns):
            fits = [p for p in self.texts for pattern in patterns or ("*",)
                    if p.match(pattern) or str(p).startswith(pattern + "/")]
            return sorted(set(fits))

        self.patches = [mock.patch.object(tree, "files", files),
                        mock.patch.object(tree, "read", lambda path: self.texts[Path(path)])]
        for patch in self.patches:
            patch.start()

    def __exit__(self, *_):
        for patch in self.patches:
            patch.stop()


class Checks(unittest.TestCase):
    def assert_one(self, check, expected, **texts):
        with Tree(**texts):
            problems = check()
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(expected, problems[0])

    def test_policy_word(self):
        self.assert_one(check_text.policy, "ledger", **{"kernel/a.c": "int ledger_count;\n"})

    def test_policy_path(self):
        self.assert_one(check_text.policy, "path", **{"kernel/a.c": 'char *a = "/bin/x";\n'})

    def test_policy_comment_is_free(self):
        with Tree(**{"kernel/a.c": "/* as the ledger does */\nint a;\n"}):
            self.assertEqual(check_text.policy(), [])

    def test_long_function(self):
        body = "int f(void)\n{\n" + "    f();\n" * 70 + "}\n"
        self.assert_one(check_shape.shape, "function of 73 lines", **{"a.c": body})

    def test_long_file(self):
        self.assert_one(check_shape.shape, "401 lines", **{"a.c": "int a;\n" * 401})

    def test_long_line(self):
        self.assert_one(check_shape.shape, "101 columns", **{"a.h": "/" * 101 + "\n"})

    def test_equal_numbers(self):
        text = "enum e { A = 1, B, C = 2 };\n"
        self.assert_one(check_text.numbers, "C and B are both 2",
                        **{"kernel/abi/a.h": text, "idl/a.capnp": "@0xdbd1b7b795968e5c;\n"})

    def test_wrong_legend(self):
        text = "/*\n * 2 EMPTY  nothing there\n */\nenum e { ERR_NONE, ERR_EMPTY };\n"
        self.assert_one(check_text.numbers, "EMPTY is 2",
                        **{"kernel/abi/a.h": text, "idl/a.capnp": "@0xdbd1b7b795968e5c;\n"})

    def test_equal_ids(self):
        text = "@0xdbd1b7b795968e5c;\n"
        self.assert_one(check_text.numbers, "stands in", **{
            "kernel/abi/a.h": "enum e { A };\n", "idl/a.capnp": text, "idl/b.capnp": text})

    def test_unfinished_work(self):
        word = "TO" + "DO"
        self.assert_one(check_text.text, word, **{"a.c": f"/* {word}: later */\n"})

    def test_folder_without_readme(self):
        self.assert_one(check_text.text, "no README", **{"nowhere/a.c": "int a;\n"})

    def test_include_cycle(self):
        cycle = check_shape.find_cycle({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})
        self.assertEqual(cycle, ["a", "b", "c", "a"])
        self.assertIsNone(check_shape.find_cycle({"a": ["b", "c"], "b": ["c"], "c": []}))

    def test_stack_depth(self):
        table = {"top": [100, {"low"}, False], "low": [50, set(), False]}
        self.assertEqual(check_stack.depths(table), {"low": 50, "top": 150})


if __name__ == "__main__":
    unittest.main(verbosity=2)
