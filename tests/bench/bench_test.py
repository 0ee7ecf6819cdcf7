"""The host's side of tools/bench: what it reads, compares and refuses."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(os.environ.get("WL_ROOT", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(ROOT / "tools"))
from wl import bench, bench_gate, bench_micro, bench_page  # noqa: E402
from wl import bench_scale, bench_system  # noqa: E402
from wl.errors import Refused  # noqa: E402

ROW = {"least": 100, "median": 101, "most": 120, "rounds": 256, "each": 1, "cr3": 2, "msr": 0,
       "invlpg": 0, "user": 20, "longest": 70, "data_lines": 9, "code_lines": 11, "places": []}


class Gate(unittest.TestCase):
    def compared(self, change, prefix=""):
        return bench_gate.compared({"a": ROW}, {"a": {**ROW, **change}}, prefix)

    def test_the_same(self):
        self.assertEqual(self.compared({}), ([], []))

    def test_slower_by_one(self):
        self.assertEqual(self.compared({"least": 101}), (["a: least was 100, is 101"], []))

    def test_faster(self):
        self.assertEqual(self.compared({"least": 99}), ([], ["a: least was 100, is 99"]))

    def test_another_write_to_cr3(self):
        self.assertEqual(self.compared({"cr3": 3})[0], ["a: cr3 was 2, is 3"])

    def test_layout_is_not_gated(self):
        self.assertEqual(self.compared({"code_lines": 500, "most": 9000}), ([], []))

    def test_servers_have_a_hundredth(self):
        for least, worse in ((101, 0), (102, 1)):
            found = bench_gate.compared({"spawn": ROW}, {"spawn": {**ROW, "least": least}})
            self.assertEqual(len(found[0]), worse)

    def test_row_gone_and_row_new(self):
        worse, _ = bench_gate.compared({"a": ROW}, {"b": ROW})
        self.assertEqual(len(worse), 2)
        self.assertEqual(bench_gate.compared({"a": ROW}, {}, "x"), ([], []))

    def test_written_and_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "baseline.json"
            bench_gate.write(path, {"a": ROW, "b": ROW}, "")
            bench_gate.write(path, {"a": {**ROW, "least": 5}}, "a")
            kept = bench_gate.read(path)
            self.assertEqual((kept["a"]["least"], kept["b"]["least"]), (5, 100))
            self.assertNotIn("places", kept["a"])
            path.write_text("{", encoding="utf-8")
            self.assertRaises(Refused, bench_gate.read, path)
            self.assertRaises(Refused, bench_gate.read, Path(folder) / "none")


class Page(unittest.TestCase):
    def test_tables_are_of_the_figures_kept(self):
        goals = json.loads((ROOT / "tests/bench/goals.json").read_text(encoding="utf-8"))
        self.assertTrue(bench_page.is_right(bench_gate.read(bench_gate.BASELINE), goals),
                        "tools/bench --accept writes them")
        self.assertEqual([name for name in goals if name not in bench_page.TEXTS], [])

    def test_another_figure_is_another_page(self):
        kept = {**bench_gate.read(bench_gate.BASELINE)}
        kept["call_0"] = {**kept["call_0"], "least": 1}
        self.assertFalse(bench_page.is_right(kept, {}))

    def test_a_row_without_a_text(self):
        self.assertRaises(Refused, bench_page.parts, {"zzz": ROW}, {})


class Scale(unittest.TestCase):
    FLAT = {"open_among_files": [(1, 100), (128, 660)], "server_of_clients": [(1, 5), (2, 10)]}

    def problems(self, points):
        return bench_scale.problems({**self.FLAT, "a": points})

    def test_flat(self):
        self.assertEqual(self.problems([(1, 100), (10, 900), (100, 102)]), [])

    def test_grows(self):
        self.assertEqual(self.problems([(1, 100), (100, 103)]),
                         ["a: 100 instructions with 1, 103 with 100"])

    def test_grows_more_than_is_known(self):
        found = bench_scale.problems({**self.FLAT, "open_among_files": [(1, 100), (2, 183)]})
        self.assertEqual(len(found), 1)

    def test_a_series_is_missing(self):
        self.assertEqual(len(bench_scale.problems({"a": [(1, 1), (2, 1)]})), 2)

    def test_series_and_plots(self):
        rows = {"scale/a/10": {"least": 7}, "scale/a/1": {"least": 6}}
        series = bench_scale.series_of(rows)
        self.assertEqual(series, {"a": [(1, 6), (10, 7)]})
        root = ElementTree.fromstring("\n".join(bench_scale.svg(series)))
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}circle")), 2)


class Refusals(unittest.TestCase):
    def refused(self, *words):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(bench.main(["--no-build", *words]), 2)
        return said.getvalue()

    def test_no_such_kernel(self):
        for option in ("--kernel", "--against"):
            self.assertIn("/nope is not there", self.refused("--only", "null", option, "/nope"))

    def test_no_such_row(self):
        self.assertIn("no row begins with 'zzz'", self.refused("--only", "zzz"))
        self.assertIn("no row 'zzz'", self.refused("--profile", "zzz"))
        kernel = str(ROOT / "build/release/symbols/kernel.elf")
        self.assertIn("no row begins", self.refused("--only", "zzz", "--against", kernel))

    def test_a_kernel_that_is_none(self):
        said = self.refused("--only", "null", "--kernel", __file__)
        self.assertIn("micro: exit code 33", said)
        self.assertIn("the kernel is no ELF program", said)

    def test_no_baseline(self):
        self.assertIn("/nope", self.refused("--only", "null", "--check", "--baseline", "/nope"))


class Lines(unittest.TestCase):
    def test_parse(self):
        rows = bench_micro.parse(["row empty 2 2 2 256 1", "row a 1002 1012 2002 8 10", "end"])
        self.assertEqual((rows["a"]["least"], rows["a"]["median"], rows["a"]["most"]),
                         (100, 101, 200))

    def test_stages_of_boot(self):
        line = "kernel 2.3 ms, axiom 9.7 ms, init and services 34.3 ms; `help` lists the commands"
        self.assertTrue(bench_system.STAGES.match(line))
        self.assertEqual(bench_system.STAGE.findall(line),
                         [("kernel", "2.3"), ("axiom", "9.7"), ("init and services", "34.3")])

    def test_nothing_of_the_system_is_asked_for(self):
        self.assertEqual(bench_system.measure(Path("none"), None, "zzz"), ({}, {}))

    def test_no_build(self):
        self.assertRaises(Refused, bench_micro.measure, Path("none"), None, "")
        self.assertRaises(Refused, bench_system.measure, Path("none"), None, "")


if __name__ == "__main__":
    unittest.main()
