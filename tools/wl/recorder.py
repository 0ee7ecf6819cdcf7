"""Records a boot from outside: the guest's memory is a file that QEMU and we share, and the
kernel's two rings are read from it while the guest runs. The guest has no part in it.

The kernel writes a record behind its head, so what stands close to the head may be half written,
and is taken later, or when the machine stands still. Whoever reads too slowly finds a record
overwritten and says so; nothing is ever skipped. So this is a process of its own, which sleeps most
of the time, and is preferred where that is allowed.
"""

import json
import mmap
import os
import select
import shutil
import signal
import struct
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

from wl import recording
from wl.errors import Refused

KERNEL_BASE, DIRECT_MAP = 0xFFFFFFFF80000000, 0xFFFF800000000000
LOG_COMMITS, LOG_EVENTS = 8192, 32768  # kernel/abi/log.h, as HEADER
HEADER = struct.Struct("<QQQQQQ")  # commit head and tail, event head and tail, dropped, sigma
HEADER_BYTES = 4096
ID_BYTES = 20
MARGIN = 128  # records below the head that may not stand yet: more than one step writes
POLL_SECONDS = 0.001
MEMORY_MAX = 2 << 30  # above, memory does not lie in the file as it does in the machine
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def memory_bytes(text):
    unit = UNITS.get(text[-1:].upper(), 0)
    return int(text[:-1]) * unit if unit else int(text) * UNITS["M"]


def kernel_symbols(build):
    """(name -> address, build id) of the kernel in a build folder."""
    path = build / "symbols/kernel.elf"
    if not path.exists():
        raise Refused(f"{path} is not there; has it been built?")
    with open(path, "rb") as stream:
        elf = ELFFile(stream)
        symbols = {s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()}
        at = symbols["build_id"]
        for segment in elf.iter_segments():
            start = segment["p_vaddr"]
            if segment["p_type"] == "PT_LOAD" and start <= at < start + segment["p_filesz"]:
                return symbols, segment.data()[at - start : at - start + ID_BYTES]
    raise Refused(f"{path}: no build id")


def prefer_this_process():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass  # a busy machine may then be too busy


class Ring:
    """One of the rings, followed by its head."""

    def __init__(self, name, size, record):
        self.name, self.size, self.record = name, size, record
        self.at = 0  # byte offset in memory
        self.taken = 0  # records
        self.data = bytearray()

    def take(self, memory, until):
        while self.taken < until:
            first = self.taken % self.size
            count = min(until - self.taken, self.size - first)
            start = self.at + first * self.record
            self.data += memory[start : start + count * self.record]
            self.taken += count


class Recorder:
    """Adds what it needs to the options of a machine; `start` when QEMU runs, `finish` after."""

    def __init__(self, options):
        if memory_bytes(options.memory) > MEMORY_MAX:
            raise Refused("--record: at most 2 GiB of memory")
        self.options = options
        self.symbols, self.kernel_id = kernel_symbols(options.build)
        folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.scratch = Path(tempfile.mkdtemp(prefix="waterlight-", dir=folder))
        self.path = self.scratch / "memory"
        size = memory_bytes(options.memory)
        with open(self.path, "wb") as stream:
            stream.truncate(size)
        with open(self.path, "rb") as stream:
            self.memory = mmap.mmap(stream.fileno(), size, prot=mmap.PROT_READ)
        options.extra = options.extra + [
            "-object", f"memory-backend-file,id=ram,size={size},mem-path={self.path},share=on",
            "-machine", "memory-backend=ram"]
        self.commits = Ring("commits", LOG_COMMITS, recording.COMMIT_BYTES)
        self.events = Ring("events", LOG_EVENTS, recording.EVENT_BYTES)
        self.header_at = 0
        self.most_behind = 0
        self.pid = self.pipe = None

    def close(self):
        self._end()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def start(self):
        told, self.pipe = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            self._run(told)
        os.close(told)

    def _end(self):
        if self.pid:
            os.close(self.pipe)  # which is how it is told
            os.waitpid(self.pid, 0)
            self.pid = None

    def _word(self, at):
        return struct.unpack_from("<Q", self.memory, at)[0]

    def booted(self):
        """Has the kernel? Then its rings are where its own variable says."""
        if self.header_at:
            return True
        at = self.symbols["build_id"] - KERNEL_BASE
        if self.memory[at : at + ID_BYTES] != self.kernel_id:
            return False
        rings = self._word(self.symbols["rings"] - KERNEL_BASE) - DIRECT_MAP
        last = rings + HEADER_BYTES + LOG_COMMITS * self.commits.record
        end = last + LOG_EVENTS * self.events.record
        if not 0 < rings < end <= len(self.memory):
            return False
        if HEADER.unpack_from(self.memory, rings)[2] == 0:
            return False
        self.header_at, self.commits.at, self.events.at = rings, rings + HEADER_BYTES, last
        return True

    def heads(self):
        header = HEADER.unpack_from(self.memory, self.header_at)
        return header[0], header[2]

    def poll(self, margin=MARGIN):
        """Takes what is new. Margin 0: the machine stands still."""
        if not self.booted():
            return
        for index, ring in enumerate((self.commits, self.events)):
            before = ring.taken
            ring.take(self.memory, max(before, self.heads()[index] - margin))
            behind = self.heads()[index] - before
            self.most_behind = max(self.most_behind, behind / ring.size)
            if behind > ring.size - MARGIN:
                raise Refused(f"recording: {ring.name} from {before} on were overwritten before "
                              "they were read: this machine is too busy; try again")

    def _run(self, told):
        """The process: polls until the pipe is closed, leaves files, ends."""
        error = ""
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the guest, or for our parent
            prefer_this_process()
            while not select.select([told], [], [], POLL_SECONDS)[0]:
                self.poll()
            self.poll(0)
        except (Refused, OSError) as refusal:
            error = str(refusal)
        finally:
            for ring in (self.commits, self.events):
                (self.scratch / ring.name).write_bytes(ring.data)
            (self.scratch / "end").write_text(json.dumps([error, self.most_behind]))
            os._exit(0)

    def finish(self, whole):
        """The recording, when QEMU has ended. `whole`: it went off in order."""
        if self.pid is None:
            raise Refused("recording: the machine did not start")
        self._end()
        error, behind = json.loads((self.scratch / "end").read_text())
        if error:
            raise Refused(error)
        if not self.booted():
            raise Refused("recording: the kernel did not boot")
        events, commits = ((self.scratch / ring.name).read_bytes()
                           for ring in (self.events, self.commits))
        events, commits = recording.trim(events, commits, whole)
        image = self.options.build / "boot.img"
        if self.options.firmware == "fast" and self.options.image:
            image = self.options.image
        meta = {
            "kernel": self.kernel_id.hex(), "events": len(events) // recording.EVENT_BYTES,
            "steps": recording.steps(events), "commits": len(commits) // recording.COMMIT_BYTES,
            "dropped": HEADER.unpack_from(self.memory, self.header_at)[4],
            "memory": memory_bytes(self.options.memory),
            "firmware": self.options.firmware, "cpus": self.options.smp, "whole": whole,
            "behind": round(behind, 3)}
        done = recording.Recording(meta, Path(image).read_bytes(), events, commits)
        recording.check("recording", done)
        return done
