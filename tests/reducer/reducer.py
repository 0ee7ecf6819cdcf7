#!/usr/bin/python3 -B
"""fold.py and libsys/reduce.c agree on the storm's logs, alone and from a disk image of the store;
and the comparison sees each planted difference."""

import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fold  # noqa: E402
import image  # noqa: E402
from compare import PROGRAMS, difference  # noqa: E402

SEED, WORLDS, STEPS = 7, 36, 3000


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([PROGRAMS / "reducer_storm", cls.folder.name, str(SEED), str(WORLDS),
                        str(STEPS)], check=True)
        cls.paths = [Path(cls.folder.name) / str(i) for i in range(WORLDS)]
        cls.logs = [path.read_bytes() for path in cls.paths]


class Storm(Logs):
    def test_agree(self):
        states, records, seen = 0, 0, set()
        for number, raw in enumerate(self.logs):
            count, what = difference(raw)
            self.assertIsNone(what, f"world {number}: {what}")
            state = fold.State()
            for c in fold.commits(raw):
                state.apply(c)
            states += count
            records += len(raw) // fold.RECORD_BYTES
            seen |= {c.op for c in fold.commits(raw)}
        missing = set(fold.STEPS) - seen
        self.assertEqual(missing, set(), "operations that no log has")
        print(f"{WORLDS} worlds, {records} commits, {states} complete states compared")


class Image(Logs):
    def make(self, count):
        path = Path(self.folder.name) / "image"
        subprocess.run([PROGRAMS / "reducer_image", path, *self.paths[:count]], check=True)
        return path.read_bytes()

    def test_agree(self):
        log = image.Log(self.make(8))
        self.assertEqual([bytes(c) for c in log.commits], self.logs[:8])
        self.assertEqual([boot[0] for boot in log.boots], list(range(1, 9)))
        self.assertGreater(log.next[7], 8, "records of a service stand between")
        self.assertGreater(sum(r.stream == image.NOTES and r.type == 2 for r in log.records), 2)
        for raw in log.commits:
            self.assertIsNone(difference(bytes(raw))[1])
        print(f"{log.groups} groups, {len(log.records)} records of {len(log.boots)} boots")

    def test_every_flip_ends_the_log(self):
        data = self.make(2)
        whole = image.Log(data)
        used = [i for i in range(2 * image.BLOCK, 40 * image.BLOCK) if data[i]]
        choose = random.Random(SEED)
        for at in choose.sample(used, 60):
            bad = bytearray(data)
            bad[at] ^= 1 << choose.randrange(8)
            self.assertLess(image.Log(bytes(bad)).groups, whole.groups, f"byte {at}")


def altered(raw, number, name, value):
    c = fold.commits(raw)[number]
    setattr(c, name, value)
    fields = [getattr(c, f) for f in fold.Commit.__dataclass_fields__]
    at = number * fold.RECORD_BYTES
    return raw[:at] + fold.RECORD.pack(*fields) + raw[at + fold.RECORD_BYTES:]


class LastChild(fold.State):
    """A new child becomes the last one."""

    def add(self, c, parent):
        cap = super().add(c, parent)
        self.siblings(cap).insert(0, self.siblings(cap).pop())
        return cap


class KeepsWatermark(fold.State):
    def remove(self, c):
        parent = self.at(c.dst, c).parent
        badge = parent.badge if parent is not None else 0
        super().remove(c)
        if parent is not None:
            parent.badge = badge


class ChildrenGo(fold.State):
    """Children of what is removed stand before its elder siblings."""

    def remove(self, c):
        among = self.siblings(self.at(c.dst, c))
        super().remove(c)
        among.reverse()


class MarksStay(fold.State):
    def destroy(self, c, gone):
        marks = set(self.marks)
        super().destroy(c, gone)
        self.marks = marks


class BindingsStay(fold.State):
    def destroy(self, c, gone):
        config = {k: v for k, v in self.config.items() if k != (c.type, c.obj)}
        super().destroy(c, gone)
        self.config = config


class MoveIsNew(fold.State):
    def move(self, c, gone):
        made = self.at(c.src, c).made
        super().move(c, gone)
        self.at(c.dst, c).made = made


class Faults(Logs):
    def test_a_reducer_with_a_fault_is_seen(self):
        for fault in (LastChild, KeepsWatermark, ChildrenGo, MarksStay, BindingsStay, MoveIsNew):
            seen = any(difference(raw, state=fault())[1] for raw in self.logs)
            self.assertTrue(seen, fault.__name__)

    def test_a_record_that_differs_is_seen(self):
        """One log with a changed field, for C alone: the two cannot agree."""
        raw = self.logs[0]
        records = fold.commits(raw)
        wanted = {"rights": fold.COPY, "obj": fold.RETYPE, "badge": fold.MINT, "arg0": fold.RETYPE,
                  "flags": fold.MINT, "bits": fold.GENESIS, "src": fold.COPY}
        for name, op in wanted.items():
            number = next(c.seq for c in records if c.op == op)
            value = getattr(records[number], name) ^ 1
            state = fold.State()
            for c in fold.commits(raw)[:number]:
                state.apply(c)
            lie = altered(raw, number, name, value)
            try:
                state.apply(fold.commit(lie, number * fold.RECORD_BYTES))
                lied = state.text()
            except fold.Refused:
                continue
            honest = fold.State()
            for c in records[:number + 1]:
                honest.apply(c)
            self.assertNotEqual(lied, honest.text(), name)

    def test_both_refuse(self):
        raw = self.logs[0]
        for number in (5, 60):
            dropped = raw[:number * 96] + raw[(number + 1) * 96:]
            self.assertIsNone(difference(dropped)[1])
            twice = raw[:(number + 1) * 96] + raw[number * 96:]
            self.assertIsNone(difference(twice)[1])


if __name__ == "__main__":
    unittest.main()
