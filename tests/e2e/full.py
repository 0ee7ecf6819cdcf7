"""With a full log nothing new is made, but whatever is there can be finished."""

import re
import unittest

from harness import Booted


class Full(Booted):
    """The tests run in this order, each with a fuller log."""

    machine_options = {"memory": "64M"}

    @classmethod
    def tearDownClass(cls):
        """Without `verify`: the last test ends who answers it."""
        try:
            if not cls.session.power_off():
                raise AssertionError("the machine did not power off in order")
        finally:
            cls.session.__exit__()

    def held(self):
        """Commits held, and the most that can be."""
        found = re.search(r"commits\s+(\d+) of (\d+)", self.run_line("mem"))
        return int(found.group(1)), int(found.group(2))

    def fill(self, line, part, rounds):
        """Repeats a line until that part of the log is used."""
        for _ in range(rounds):
            held, most = self.held()
            if held >= most * part:
                return
            self.session.run(line, 30)
        self.fail(f"{line}: {self.held()}")

    def test_1_three_quarters(self):
        """Programs are refused, with a reason; whom the description marks starts again."""
        self.fill("memhog", 0.75, 40)
        self.assertIn("storage", self.run_line("hello", status=None))
        self.run_line("kill audit")
        self.run_line("verify", timeout=120)

    def test_2_fifteen_sixteenths(self):
        """Services that the store needs start even now; a temporary slot is empty again."""
        self.fill("restart power", 0.945, 60)
        self.run_line("restart timer")
        self.assertRegex(self.run_line("services"), r"(?m)^(starting|ready) .* timer$")
        before = self.run_line("caps shell").count("endpoint")
        for _ in range(5):
            self.run_line("grant 4 shell 200 w; revoke shell 200")
        self.assertEqual(self.run_line("caps shell").count("endpoint"), before)
        self.run_line("grant 4 shell 201 w")

    def test_3_full(self):
        """Nothing is made any more, but dropped, revoked, killed and asked."""
        self.fill("grant 4 shell 200 w; revoke shell 200", 31 / 32, 600)
        self.assert_one_line_refusal("grant 4 shell 200 w")
        before = self.run_line("caps shell").count("endpoint")
        self.assertIn("log is full", self.run_line("exit", status=None))
        self.run_line("revoke shell 201")
        self.assertEqual(self.run_line("caps shell").count("endpoint"), before - 1)
        self.run_line("verify", timeout=120)

    def test_4_full_and_dead(self):
        """Who ends now stays away; whoever asks it is told, and does not wait for ever."""
        self.run_line("kill audit")
        self.assertIn("cancelled", self.run_line("log", status=None))
        self.assertIn("revoked", self.run_line("log", status=None))
        self.assertIn("given up: the log is full", self.session.text())
        self.assertRegex(self.run_line("services"), r"(?m)^disabled .* audit$")
        self.run_line("ps")


if __name__ == "__main__":
    unittest.main(verbosity=2)
