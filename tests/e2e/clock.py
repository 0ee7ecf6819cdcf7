"""Random bytes, the clocks and timers: each command, each refusal, over restarts and boots."""

import re
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness import BOOT_SECONDS, Booted, Session, options

DATE = re.compile(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)( [AP]M)? ([+-]\d\d:\d\d)")


def random_line(shown):
    return [line for line in shown.splitlines() if re.fullmatch(r"[0-9a-f]+", line)][-1]


class Clock(Booted):
    machine_options = {"extra": ["-rtc", "base=2026-11-21T10:20:30,clock=vm"]}

    def date(self):
        shown = self.run_line("date")
        text, half, zone = DATE.search(shown).groups()
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S"), half, zone

    def uptime(self):
        return float(self.run_line("uptime").split()[0])

    def restart(self, name):
        self.run_line(f"restart {name}")
        deadline = time.monotonic() + 30
        while not re.search(rf"(?m)^ready .* {name}$", self.run_line("services")):
            self.assertLess(time.monotonic(), deadline)

    def test_1_date(self):
        now, half, zone = self.date()
        self.assertLess(now - datetime(2026, 11, 21, 10, 20, 30), timedelta(seconds=60))
        self.assertEqual((half, zone), (None, "+00:00"))

    def test_2_settings_outlive_the_server(self):
        before, _, _ = self.date()
        self.run_line("time zone -03:30")
        self.run_line("time format 12")
        self.restart("time")
        now, half, zone = self.date()
        self.assertEqual((half, zone), (" AM", "-03:30"))
        self.assertLess(now - before + timedelta(hours=3, minutes=30), timedelta(seconds=60))
        self.assertIn("format  12 hours", self.run_line("time"))
        self.run_line("time zone +00:00")
        self.run_line("time format 24")

    def test_3_the_clock_is_set(self):
        self.run_line("time set 2028-02-29 23:59:58")
        self.run_line("sleep 3")
        now, _, _ = self.date()
        self.assertLess(now - datetime(2028, 3, 1, 0, 0, 0), timedelta(seconds=30))
        self.assertGreaterEqual(now, datetime(2028, 3, 1, 0, 0, 0))
        self.restart("time")  # the chip has it
        self.assertEqual(self.date()[0].year, 2028)

    def test_4_timers(self):
        before = self.uptime()
        self.run_line("sleep 1.25")
        after = self.uptime()
        self.assertGreaterEqual(after - before, 1.25)
        self.run_line("sleep 0")

    def test_5_uptime_goes_on(self):
        last = 0.0
        for _ in range(3):
            now = float(re.search(r"uptime +(\d+) ms", self.run_line("time")).group(1))
            self.assertGreater(now, last)
            last = now
            self.restart("time")

    def test_6_sleep_is_interrupted(self):
        self.session.send(b"sleep 1000\r")
        time.sleep(1)
        self.session.send(b"\x03")
        self.assertEqual(self.session.prompt(30), 130)

    def test_7_refusals(self):
        for line, why in (("time zone +14:01", "badZone"), ("time zone -12:01", "badZone"),
                          ("time set 2027-02-29 00:00:00", "badTime"),
                          ("time set 1969-12-31 23:59:59", "badTime"),
                          ("time set 2200-01-01 00:00:00", "badTime"),
                          ("time set 2027-01-01 24:00:00", "badTime"),
                          ("time zone 2", "a zone is"), ("time zone +25:00", "a zone is"),
                          ("time format 13", "12 or 24"), ("time set 2027-01-01 0", "a time is"),
                          ("time x", "zone, format or set"), ("sleep x", "SECONDS"),
                          ("sleep 1.2345", "SECONDS"), ("rand 0", "COUNT"),
                          ("rand 2049", "COUNT"), ("date x", "usage")):
            with self.subTest(line=line):
                self.assert_one_line_refusal(line)
                self.assertIn(why, self.run_line(line, status=None))

    def test_8_who_has_no_control(self):
        """The same commands in a shell whose capability is without control."""
        self.session.send(b"restart noauth\r")
        self.session.prompt(30)
        self.session.prompt(30)
        self.run_line("date")
        self.run_line("rand 4")
        for line in ("time zone +01:00", "time format 12", "time set 2027-01-01 00:00:00"):
            self.assertIn("denied", self.run_line(line, status=None))
        self.session.send(b"exit\r")
        time.sleep(1)
        self.run_line("")
        self.assertEqual(self.date()[2], "+00:00")

    def test_9_random(self):
        shown = self.run_line("rand")
        self.assertIn("rdrand: healthy", shown)
        self.assertIn("virtio-rng: absent, 0 bytes", shown)
        self.assertIn("random: from rdrand; virtio-rng is missing", self.session.text())
        seen = {random_line(self.run_line("rand 16")) for _ in range(20)}
        self.restart("random")
        seen |= {random_line(self.run_line("rand 16")) for _ in range(20)}
        self.assertEqual(len(seen), 40)
        everything = "".join(self.run_line("rand 2048").split())
        self.assertEqual(len(everything), 4096)
        self.assertGreater(len({everything[i:i + 2] for i in range(0, 4096, 2)}), 250)


class NoSource(Booted):
    """A processor without RDRAND, and nothing in its place: no bytes, and all the rest works."""

    machine_options = {"cpu": "max,-rdrand"}

    def test_nothing_is_made_up(self):
        self.assertIn("rdrand: absent", shown := self.run_line("rand", status=None))
        self.assertIn("unhealthy", shown)
        self.run_line("date")


class Boots(unittest.TestCase):
    """Two boots from one disk: settings are kept, random bytes are others."""

    def boot(self, disk, lines):
        shown = []
        with Session(options(disks=[disk])) as session:
            session.prompt(BOOT_SECONDS["fast"])
            for line in lines:
                status, text = session.run(line, 60)
                self.assertEqual(status, 0, text)
                shown.append(text)
            self.assertTrue(session.power_off())
        return shown

    def test_boots(self):
        with tempfile.TemporaryDirectory() as folder:
            disk = Path(folder) / "disk"
            first = self.boot(disk, ("time zone +05:45", "time format 12", "rand 16"))
            second = self.boot(disk, ("time", "date", "rand 16"))
            self.assertIn("zone    +05:45", second[0])
            self.assertIn("format  12 hours", second[0])
            self.assertRegex(second[1], r" [AP]M \+05:45")
            text, half, _ = DATE.search(second[1]).groups()
            local = datetime.strptime(text + half, "%Y-%m-%d %I:%M:%S %p")
            zone = timezone(timedelta(hours=5, minutes=45))
            self.assertLess(abs(datetime.now(zone) - local.replace(tzinfo=zone)),
                            timedelta(minutes=2))
            self.assertNotEqual(random_line(first[2]), random_line(second[2]))


class Device(Booted):
    """With a device of random bytes: it has a part in them, and it alone is enough."""

    machine_options = {"rng": True, "cpu": "max,-rdrand"}

    def looked_at(self):
        shown = self.run_line("rand")
        self.assertRegex(shown, "rdrand: absent")
        self.assertRegex(shown, "virtio-rng: healthy, .* 0 failures")
        return int(re.search(r"virtio-rng: healthy, (\d+)", shown).group(1))

    def test_1_alone(self):
        self.assertIn("random: from virtio-rng; rdrand is missing", self.session.text())
        before = self.looked_at()
        seen = {random_line(self.run_line("rand 16")) for _ in range(40)}
        self.assertEqual(len(seen), 40)
        self.assertGreater(self.looked_at(), before + 40 * 32 - 1)  # the buffer was filled again
        self.assertGreater(len(set(self.run_line("rand 2048"))), 10)

    def test_2_started_again(self):
        for name in ("virtio_rng", "random", "pci"):
            self.run_line(f"restart {name}; sleep 1")
            self.assertNotEqual(random_line(self.run_line("rand 16")),
                                random_line(self.run_line("rand 16")))
            self.looked_at()

    def test_3_who_has_it(self):
        self.assertRegex(self.run_line("pci"), r"1af4:1044 .* dma")
        self.assertRegex(self.run_line("mem"), r"trusted +virtio_rng")


class TwoSources(Booted):
    """Both have a part, and the end of one is no harm."""

    machine_options = {"rng": True}

    def test_both(self):
        self.assertIn("random: from rdrand virtio-rng\n", self.session.text())
        self.run_line("kill virtio_rng; rand 16")
        shown = self.run_line("sleep 1; rand")
        self.assertRegex(shown, "(?s)rdrand: healthy.*virtio-rng: healthy")


if __name__ == "__main__":
    unittest.main(verbosity=2)
