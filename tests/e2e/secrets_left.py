"""What is left of keys, passphrases and passwords: in the machine's memory, and on its disks."""

import json
import os
import socket
import time
import unittest
from pathlib import Path

from keystore import MEMORY, WORDS, Clients
from people import chosen, converse


def written(path):
    """What was ever written to a disk, without what nobody wrote: that is most of it."""
    parts, at = [], 0
    with open(path, "rb") as disk:
        size = disk.seek(0, os.SEEK_END)
        while at < size:
            try:
                at = os.lseek(disk.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(disk.fileno(), at, os.SEEK_HOLE)
            parts.append(os.pread(disk.fileno(), end - at, at))
            at = end
    return b"".join(parts)


class Memory:
    """The machine's memory, through QEMU."""

    BLOCK = 1 << 16

    def __init__(self, monitor, file):
        self.file = file
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(60)
        self.line.connect(str(monitor))
        self.answers = self.line.makefile("r")
        self.answers.readline()
        self.do("qmp_capabilities")

    def do(self, command, **arguments):
        self.line.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while "return" not in (answer := json.loads(self.answers.readline())):
            if "error" in answer:
                raise AssertionError(answer)

    def close(self):
        self.answers.close()
        self.line.close()

    def settles(self, counts, *what):
        """Each of them stands there so often, as soon as who asked for it has ended."""
        deadline = time.monotonic() + 30
        while (found := self.count(*what)) != counts:
            if time.monotonic() > deadline:
                raise AssertionError(f"{found} times, not {counts}")
            time.sleep(1)

    def count(self, *what):
        self.do("pmemsave", val=0, size=MEMORY << 20, filename=str(self.file))
        nothing, used = bytes(self.BLOCK), []
        with open(self.file, "rb") as contents:
            while block := contents.read(self.BLOCK):
                if block != nothing:
                    used.append(block)
        used = b"".join(used)
        return [used.count(piece) for piece in what]


class Left(Clients):
    test_methods_and_refusals = test_spaces = None  # keystore.py has them

    def test_nothing_is_left(self):
        """The bytes of a key stand in the keystore's memory, once, and nowhere else: not on a disk,
        and not in memory when it is deleted, or the keystore locked or ended."""
        secret = bytes(i * i + 101 * i + 7 & 255 for i in range(32))  # as keytest makes it
        halves = secret[:16], secret[16:]
        monitor = Path(self.scratch.name) / "monitor"
        extra = ["-qmp", f"unix:{monitor},server=on,wait=off"]
        with self.boot(extra=extra) as session:
            session.prompt(60)
            self.setup_keys(session)
            memory = Memory(monitor, Path(self.scratch.name) / "memory")
            memory.settles([0, 0], *halves)
            self.ask(session, "keymark", "mark")
            memory.settles([1, 1, 1], secret, *halves)
            self.ask(session, "keymark", "mark")  # deletes it
            memory.settles([0, 0], *halves)
            self.ask(session, "keymark", "mark")
            self.run_line(session, "keystore lock")
            memory.settles([0, 0], *halves)
            session.send(b"keystore unlock\r")
            session.expect(b"passphrase: ", 60)
            memory.do("stop")  # more than a byte arrives at once
            session.send(WORDS.encode() + b"\r")
            time.sleep(0.3)
            memory.do("cont")
            session.prompt(120)
            self.assertEqual(session.status, 0)
            # At once, before another request takes the place of this one: no word of it is
            # anywhere. Each eight bytes of the passphrase have one of these in them.
            memory.do("stop")
            parts = [WORDS[at : at + 6].encode() for at in range(0, len(WORDS) - 5, 3)]
            self.assertEqual(memory.count(secret, *parts), [1] + [0] * len(parts))
            memory.do("cont")
            self.run_line(session, "kill keystore")
            self.wait_until_locked(session)  # a new one, in pages that the kernel has cleared
            memory.settles([0, 0], *halves)
            memory.close()
            self.assertTrue(session.power_off())
        for name, path in self.disks.items():
            contents = written(path)
            self.assertGreater(len(contents), 0, name)
            for half in (*halves, WORDS.encode(), b"/keys/mark"):
                self.assertNotIn(half, contents, name)

    def test_no_password_is_left(self):
        """Of one who was made, who logged in, who chose another, and of one that was wrong: it is
        nowhere, wherever it passed, in the moment of the answer."""
        word = "zjquv!kfwmx?pybd"
        parts = [word[at : at + 6].encode() for at in range(0, len(word) - 5, 3)]
        monitor = Path(self.scratch.name) / "monitor"
        extra = ["-qmp", f"unix:{monitor},server=on,wait=off"]
        with self.boot(extra=extra) as session:
            session.prompt(60)
            self.setup_keys(session)
            memory = Memory(monitor, Path(self.scratch.name) / "memory")
            for line, *answers in (("users create anna", *chosen(word)),
                                   ("assume anna", ("password: ", word)),
                                   ("passwd", ("password: ", word), *chosen(word)),
                                   ("machine rotate 1", ("password: ", word))):
                self.assertEqual(converse(session, line, *answers)[0], 0)
                memory.do("stop")
                self.assertEqual(memory.count(*parts), [0] * len(parts), line)
                memory.do("cont")
            status, _ = converse(session, "assume anna", ("password: ", word[:-1] + "!"))
            self.assertNotEqual(status, 0)
            memory.do("stop")
            self.assertEqual(memory.count(*parts), [0] * len(parts))
            memory.do("cont")
            memory.close()
            self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
