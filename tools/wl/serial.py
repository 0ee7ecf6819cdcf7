"""A booted machine, driven through its serial line. Every wait is bounded.

Before each prompt the shell writes an escape sequence that terminals know and do not show:
ESC ] 133 ; D ; STATUS BEL, with the exit status of the last command. That, and the prompt behind
it, is how a command's end and its success are known whatever it printed.
"""

import os
import re
import select
import subprocess
import time

from wl import machine
from wl.errors import Refused

PROMPT = re.compile(rb"\x1b\]133;D;(-?\d+)\x07wl> ")
ESCAPES = re.compile(r"\x1b\][^\x07]*\x07|\x1b\[[0-9;?]*[A-Za-z]")


def plain(data):
    """Text as a person sees it: no escape sequences, no carriage returns."""
    return ESCAPES.sub("", data.decode("utf-8", "replace")).replace("\r", "")


class Session:
    """One QEMU and what its line has shown. Use it as a context manager."""

    def __init__(self, options, echo=None, keep_log=None):
        self.options = options
        self.echo = echo  # called with each piece of output
        self.keep_log = keep_log
        self.seen = bytearray()
        self.mark = 0  # what stands before it has been answered
        self.status = None

    def __enter__(self):
        self.scratch = machine.scratch_folder()
        self.log = open(self.keep_log, "wb") if self.keep_log else None
        line = machine.command(self.options, "pipe", self.scratch.name)
        self.started = time.monotonic()
        self.qemu = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, bufsize=0)
        return self

    def __exit__(self, *_):
        if self.qemu.poll() is None:
            self.qemu.kill()
        self.qemu.wait()
        self.qemu.stdin.close()
        self.qemu.stdout.close()
        if self.log:
            self.log.close()
        self.scratch.cleanup()

    def text(self):
        return plain(bytes(self.seen))

    def fail(self, what):
        tail = "\n".join(self.text().splitlines()[-25:])
        raise Refused(f"{what}\n--- the last lines of the serial line ---\n{tail}")

    def _read(self, deadline):
        """Takes more output; False at the end of it."""
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.qemu.stdout], [], [], left)[0]:
            return None
        piece = os.read(self.qemu.stdout.fileno(), 65536)
        self.seen += piece
        if self.log:
            self.log.write(piece)
            self.log.flush()
        if self.echo and piece:
            self.echo(piece)
        return bool(piece)

    def expect(self, pattern, timeout, what=None):
        """Waits for a bytes pattern behind the mark; moves the mark behind it."""
        pattern = re.compile(pattern) if isinstance(pattern, bytes) else pattern
        deadline = time.monotonic() + timeout
        what = what or f"{pattern.pattern!r}"
        while True:
            found = pattern.search(self.seen, self.mark)
            if found:
                self.mark = found.end()
                return found
            more = self._read(deadline)
            if more is None:
                self.fail(f"waited {timeout} s for {what} in vain")
            if not more:
                code = self.qemu.wait(10)
                self.fail(f"the machine stopped (exit code {code}) before {what}")

    def prompt(self, timeout=60):
        """Waits for a prompt; the status it carries."""
        self.status = int(self.expect(PROMPT, timeout, "the prompt").group(1))
        return self.status

    def send(self, data):
        self.qemu.stdin.write(data)

    def run(self, line, timeout=60):
        """Types a command line; (status, what it printed)."""
        start = self.mark
        self.send(line.encode() + b"\r")
        status = self.prompt(timeout)
        shown = plain(PROMPT.sub(b"", bytes(self.seen[start : self.mark])))
        return status, shown.partition("\n")[2]

    def finish(self, timeout=20):
        """Waits for QEMU's end; its exit code."""
        deadline = time.monotonic() + timeout
        while self._read(deadline):
            pass
        try:
            return self.qemu.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.fail(f"the machine did not stop within {timeout} s")

    def power_off(self, timeout=20):
        """Types `poweroff`; True if the machine went off as it should."""
        self.send(b"poweroff\r")
        return self.finish(timeout) == machine.EXIT_CLEAN
