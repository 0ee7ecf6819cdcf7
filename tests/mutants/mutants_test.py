#!/usr/bin/python3 -B
"""What the runner of mutants says of lists that are wrong."""

import unittest

from plan import Mutant, Problem, mutated, parse
from trial import what_it_says

ONE = "[some-id] cap.c\n- a = b;\n  c = d;\n+ a = c;\nseen: INV-CAP-1 fold\n"


class Parse(unittest.TestCase):
    def test_one(self):
        (m,) = parse(ONE)
        self.assertEqual((m.id, m.file), ("some-id", "cap.c"))
        self.assertEqual((m.old, m.new), ("a = b; c = d;", "a = c;"))
        self.assertEqual((m.seen, m.equal), (["INV-CAP-1", "fold"], ""))

    def test_left_out(self):
        (m,) = parse("[x] cap.c\n- a;\n+\nequal: nothing reads it\n")
        self.assertEqual((m.new, m.equal), ("", "nothing reads it"))

    def test_twice(self):
        with self.assertRaisesRegex(Problem, "list:7: some-id is listed twice"):
            parse(ONE + "\n" + ONE, "list")

    def test_stray_line(self):
        with self.assertRaisesRegex(Problem, "list:1: no mutant begins here"):
            parse("- a;\n", "list")
        with self.assertRaisesRegex(Problem, "list:2: not a line of a mutant"):
            parse("[x] cap.c\nwhat\n", "list")


class Mutate(unittest.TestCase):
    def test_spaces_and_contracts_do_not_count(self):
        m = Mutant("x", "cap.c", 1, "a = b; c = d;", "a = c;")
        text = "{\n    a =\n        b;\n    /*@ assert 1; */\n    c = d;\n}\n"
        self.assertEqual(mutated(m, text), "{\n    a = c;\n}\n")

    def test_not_once(self):
        m = Mutant("x", "cap.c", 5, "a;", "b;")
        for text, count in (("c;", 0), ("a; a;", 2)):
            with self.assertRaisesRegex(Problem, f"mutants.txt:5: x: cap.c has this {count} times"):
                mutated(m, text)


class Says(unittest.TestCase):
    def test_what_it_says(self):
        self.assertEqual(what_it_says("[  FAILED  ] COPY0001: a text\n"), "COPY0001")
        self.assertEqual(what_it_says("storm: FAILED: INV-CAP-1: x\n"), "INV-CAP-1: x")
        self.assertEqual(what_it_says("kernel panic: a < 3"), "kernel panic: a < 3")
        self.assertEqual(what_it_says(""), "ends with an error")


if __name__ == "__main__":
    unittest.main()
