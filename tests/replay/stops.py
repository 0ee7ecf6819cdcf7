"""Stops a recorded machine now and then, and keeps its memory where no step is under way."""

import json
import os
import random
import re
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

AT_REST = re.compile(r"CPL=3 .*?HLT=0|CPL=0 .*?HLT=1")
TRIES = 10_000  # to stop a machine where it is at rest
CPUS = re.compile(r"CPL=\d .*?HLT=\d")


@dataclass
class Stop:
    records: int  # that the kernel had written
    memory: Path


class Monitor:
    """QEMU's machine protocol, as far as it is needed."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        for _ in range(200):
            try:
                self.socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.02)
        self.stream = self.socket.makefile("rw")
        self.stream.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise OSError(answer["error"]["desc"])

    def at_rest(self):
        """Is every CPU in user mode or asleep?"""
        shown = self.command("human-monitor-command", **{"command-line": "info registers -a"})
        cpus = CPUS.findall(shown)
        return bool(cpus) and all(AT_REST.match(cpu) for cpu in cpus)


def copy_sparse(source, target):
    """Only what the machine ever wrote."""
    size = os.path.getsize(source)
    with open(source, "rb") as old, open(target, "wb") as new:
        new.truncate(size)
        at = 0
        while at < size:
            try:
                at = os.lseek(old.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(old.fileno(), at, os.SEEK_HOLE)
            old.seek(at)
            new.seek(at)
            new.write(old.read(end - at))
            at = end


class Stopper:
    """A context: stops at random moments, ever farther apart; `stop` for one more."""

    def __init__(self, options, recorder, folder, seed):
        self.recorder, self.folder = recorder, Path(folder)
        self.random = random.Random(seed)
        self.socket = self.folder / "monitor"
        options.extra = options.extra + ["-qmp", f"unix:{self.socket},server=on,wait=off"]
        self.stops, self.done, self.error = [], threading.Event(), None

    def __enter__(self):
        self.monitor = Monitor(self.socket)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.finish()
        self.monitor.stream.close()
        self.monitor.socket.close()

    def finish(self):
        """No more random ones."""
        self.done.set()
        self.thread.join()

    def _run(self):
        try:
            while not self.done.wait(self.random.uniform(0.01, 0.12) * 2 ** len(self.stops)):
                self.stop()
        except (OSError, ValueError) as error:
            self.error = error

    def stop(self):
        """One stop; what the memory then was."""
        for tries in range(TRIES):
            self.monitor.command("stop")
            if self.recorder.booted() and self.monitor.at_rest():
                break
            if tries == TRIES - 1:
                raise OSError(f"the machine was never at rest when it was stopped {TRIES} times")
            self.monitor.command("cont")
            time.sleep(self.random.uniform(0.0005, 0.003))
        memory = self.folder / f"memory{len(self.stops)}"
        copy_sparse(self.recorder.path, memory)
        self.stops.append(Stop(self.recorder.heads()[1], memory))
        self.monitor.command("cont")
