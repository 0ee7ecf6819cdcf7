"""What every service holds after start-up is what images/system.toml says, and nothing else."""

import re
import unittest

from harness import ROOT, Booted
from wl import description

LINE = re.compile(r"^\s*(\d+)\s+(\w+)\s+([rwg-]{3})\s+(bound)?\s*([0-9a-f]{16})\s+obj (\w+)\s+"
                  r"since (\d+)\s*(\w*)$")
TYPES = {"service": "endpoint", "irq": "irq", "ports": "ports", "notification": "notification",
         "observe": "endpoint", "cursor": "log", "devices": "endpoint", "history": "endpoint"}
OF_AXIOM = ("observe", "devices")  # their badges are its own
DEVICES = ("irq", "ports", "frame", "untyped", "irqctl", "portctl")
TRUSTED = 1 << 63


def letters(rights):
    return "".join(letter if letter in rights else "-" for letter in "rwg")


class Distribution(Booted):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        source = (ROOT / "images/system.toml").read_text(encoding="utf-8")
        cls.services, _ = description.parse(source)

    def caps(self, name):
        """slot -> (type, rights, bound, badge, giver)"""
        held = {}
        for line in self.run_line(f"caps {name}").splitlines():
            if found := LINE.match(line):
                slot, kind, rights, bound, badge, _, _, giver = found.groups()
                held[int(slot)] = (kind, rights, bool(bound), int(badge, 16), giver)
        self.assertTrue(held, f"{name} holds nothing")
        return held

    def pids(self):
        table = {}
        for line in self.run_line("services").splitlines()[1:]:
            state, pid, _, name = line.split()
            table[name] = (state, int(pid))
        return table

    def expected(self, service, pid):
        """slot -> (type, rights, badge or None, bound), as init gives them."""
        flags = service.get("flags", [])
        slots, alone = [("endpoint", "-wg", None), ("endpoint", "-wg", None)], {0, 1}
        if "provides" in flags:
            slots.append(("endpoint", "rwg", 0))
        for grant in service.get("grants", []):
            kind = next(key for key in grant if key in description.KINDS)
            rights = grant.get("rights", description.DEFAULT_RIGHTS.get(kind, "w"))
            if kind == "irq":
                rights = "r" + rights
            badge = TRUSTED | pid if kind == "service" else None if kind in OF_AXIOM else 0
            if "control" in grant:
                badge |= 1 << 56
            if "space" in grant:
                badge = TRUSTED | 2 << 56 | description.stream_number(grant["space"])
                alone.add(len(slots))
            if kind == "history":
                badge = TRUSTED | 2 << 56 | pid
                alone.add(len(slots))
            slots.append((TYPES[kind], letters(rights), badge))
        if "stream" in service:
            number = description.stream_number(service["stream"])
            slots.append(("endpoint", "-wg", TRUSTED | 1 << 56 | number))
        if "told" in flags:
            slots.append(("notification", "rw-", 0))
        if "timer" in flags:
            slots += [("notification", "r--", 0), ("notification", "-w-", None)]
        stream = len(service.get("grants", [])) + ("provides" in flags) + 2
        bound = alone | ({stream} if "stream" in service else set())
        return {i + 1: (*slot, i in bound) for i, slot in enumerate(slots)}

    def test_services_hold_what_is_described(self):
        running = self.pids()
        while "starting" in {state for state, _ in running.values()}:  # the timer's budget is small
            running = self.pids()
        for service in self.services:
            name = service["name"]
            if "manual" in service.get("flags", []):
                continue
            with self.subTest(service=name):
                state, pid = running[name]
                self.assertEqual(state, "ready")
                held = self.caps(name)
                wanted = self.expected(service, pid)
                for slot, (kind, rights, badge, bound) in wanted.items():
                    self.assertIn(slot, held)
                    self.assertEqual(held[slot][:2], (kind, rights), f"slot {slot}")
                    self.assertEqual(held[slot][2], bound, f"slot {slot}: bound")
                    if badge is not None:
                        self.assertEqual(held[slot][3], badge, f"slot {slot}")
                self.check_the_rest(service, held, wanted)

    def check_the_rest(self, service, held, wanted):
        """What it made itself, and objects of services that it is granted or that use it."""
        name = service["name"]
        users = [s["name"] for s in self.services if name in description.links(s)]
        known = {"", name, *description.links(service), *users}
        for slot in held.keys() - wanted.keys():
            kind, _, _, _, giver = held[slot]
            self.assertIn(giver, known, f"slot {slot} of {name}")
            self.assertNotIn(kind, DEVICES, f"slot {slot} of {name}")

    def test_init_holds_no_device(self):
        for slot, (kind, *_) in self.caps("init").items():
            self.assertIn(kind, ("endpoint", "notification", "reply"), f"slot {slot}")

    def test_devices_are_the_drivers(self):
        for service in self.services:
            if "manual" in service.get("flags", []):
                continue
            described = {key for grant in service.get("grants", []) for key in grant}
            for kind, *_ in self.caps(service["name"]).values():
                if kind in DEVICES:
                    self.assertIn(kind, described, service["name"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
