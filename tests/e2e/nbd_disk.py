"""A disk with a write cache, in the test: QEMU reaches it as a network block device (NBD).

Requests that wait are done in any order. What is written stays in the cache until a flush that was
asked for after the write was answered. When the power is cut, each write that was not flushed
reaches the disk or not, in any order, torn between sectors: all that a disk may do.
"""

import os
import random
import select
import signal
import socket
import struct
import tempfile
import threading
import time
from dataclasses import dataclass

SECTOR = 512
READ, WRITE, BYE, FLUSH = 0, 1, 2, 3  # "The NBD protocol", request types
EIO = 5
GREETING = struct.pack(">8sQH", b"NBDMAGIC", 0x49484156454F5054, 3)  # newstyle, without zeros
OPTION_GO, REPLY_ACK, REPLY_INFO, REPLY_UNKNOWN = 7, 1, 3, 0x80000001
EXPORT_FLAGS = 1 | 4  # there are flags; it can flush
REQUEST, REPLY = struct.Struct(">IHHQQI"), struct.Struct(">IIQ")
KEPT = (0, 0.1, 0.5, 0.9, 1)  # how much of the cache survives a cut
LINGERS = 0.001  # seconds that a request waits for others, so that their order can be another,
HELD = (0, 0.02, 0.1, 0.3)  # before a cut
FLUSH_LINGERS = 0.02  # and a flush at most: much is written meanwhile


@dataclass(eq=False)
class Request:
    kind: int
    cookie: int
    offset: int
    length: int
    data: bytes = b""
    answered: int = 0  # a flush: so many writes were in the cache when it was asked for
    due: float = 0  # it is not done earlier


class Disk:
    """Serves one machine after the other, until close()."""

    def __init__(self, path, size, seed=0, serial="waterlight0"):
        self.random = random.Random(seed)
        self.serial = serial
        self.brothers, self.loses = [], False  # other disks of the machine; with one that is cut
        self.size = size
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self.file, size)
        self.folder = tempfile.TemporaryDirectory(prefix="waterlight-")
        self.place = os.path.join(self.folder.name, "disk")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.place)
        self.listener.listen()
        self.waiting, self.cache = [], []
        self.served = {READ: 0, WRITE: 0, FLUSH: 0}
        self.broken = {}  # kind -> how many more of them fail
        self.keeps = self.kept = None  # the next one of that kind is not done: this one
        self.cut_after, self.victim, self.held, self.cut_at = None, None, 0, None
        self.cut = threading.Event()
        self.unflushed = self.lost = self.torn = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def arguments(self):
        """What QEMU's command line needs."""
        name = f"cached-{self.serial}"
        return ["-drive", f"if=none,id={name},format=raw,cache=writeback,file.driver=nbd,"
                f"file.server.type=unix,file.server.path={self.place}",
                "-device", f"virtio-blk-pci,disable-legacy=on,drive={name},serial={self.serial}"]

    def arm(self, requests, qemu, held=None):
        """The power is cut, and that process killed, when so many more requests were done and
        flushes were held back for `held` seconds. Who takes for durable what is only written has
        the time to say so."""
        self.victim, self.cut_at = qemu, None
        self.held = self.random.choice(HELD) if held is None else held
        self.cut_after = sum(self.served.values()) + requests

    def fail(self, kind, times=1 << 62):
        """The next ones of that kind fail: a write is done in part, or not; with a flush some of
        the cache is lost."""
        self.broken[kind] = times

    def left(self, kind):
        """How many are still to fail."""
        return self.broken.get(kind, 0)

    def mend(self):
        self.broken.clear()

    def keep(self, kind):
        """The next one of that kind waits, as `kept`, others are done; None: it is done, too."""
        self.keeps, self.kept = kind, None

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        os.close(self.file)
        self.folder.cleanup()

    # The protocol.

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return  # closed
            with peer:
                self.peer = peer
                try:
                    self._greet()
                    self._requests()
                except OSError:
                    pass  # the machine was killed
                if self.loses:
                    self._lose()
                    self.loses = False
                self.waiting.clear()
                self._write_back(len(self.cache))  # it went off in order, or was killed without us

    def _take(self, count):
        data = b""
        while len(data) < count:
            piece = self.peer.recv(count - len(data))
            if not piece:
                raise ConnectionResetError
            data += piece
        return data

    def _greet(self):
        self.peer.sendall(GREETING)
        self._take(4)
        option = None
        while option != OPTION_GO:
            _, option, length = struct.unpack(">QII", self._take(16))
            self._take(length)
            answers = [(REPLY_UNKNOWN, b"")]
            if option == OPTION_GO:
                answers = [(REPLY_INFO, struct.pack(">HQH", 0, self.size, EXPORT_FLAGS)),
                           (REPLY_INFO, struct.pack(">HIII", 3, SECTOR, 4096, 32 << 20)),
                           (REPLY_ACK, b"")]
            for kind, data in answers:
                self.peer.sendall(struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)))
                self.peer.sendall(data)

    def _requests(self):
        while not self._is_due():
            lingers = LINGERS if self.waiting or self.cut_at else None
            more = select.select([self.peer], [], [], lingers)[0]
            if more:
                _, _, kind, cookie, offset, length = REQUEST.unpack(self._take(REQUEST.size))
                if kind == BYE:
                    return
                data = self._take(length) if kind == WRITE else b""
                lingers = self.random.random() * FLUSH_LINGERS if kind == FLUSH else 0
                self.waiting.append(Request(kind, cookie, offset, length, data, len(self.cache),
                                            time.monotonic() + lingers))
                if kind == self.keeps and self.kept is None:
                    self.kept = self.waiting[-1]
            elif due := [r for r in self.waiting if self._may_do(r)]:
                request = self.random.choice(due)
                self.waiting.remove(request)
                self._do(request)
        self._cut()

    def _may_do(self, request):
        held = request.kind == FLUSH and self.cut_at is not None
        return request.due <= time.monotonic() and not held and request is not self.kept

    def _is_due(self):
        if self.cut_after is None or sum(self.served.values()) < self.cut_after:
            return False
        self.cut_at = self.cut_at or time.monotonic() + self.held
        return time.monotonic() >= self.cut_at

    def _do(self, request):
        self.served[request.kind] += 1
        if self.left(request.kind) > 0:
            return self._do_badly(request)
        data = b""
        if request.kind == READ:
            data = self._read(request.offset, request.length)
        elif request.kind == WRITE:
            self.cache.append((request.offset, request.data))
        else:
            self._write_back(request.answered)
        self.peer.sendall(REPLY.pack(0x67446698, 0, request.cookie) + data)

    def _do_badly(self, request):
        self.broken[request.kind] -= 1
        if request.kind == WRITE:
            sectors = range(0, request.length, SECTOR)
            self.cache += [(request.offset + s, request.data[s : s + SECTOR]) for s in sectors
                           if self.random.random() < 0.5]
        if request.kind == FLUSH:
            self.cache = [write for write in self.cache if self.random.random() < 0.5]
            for waiting in self.waiting:
                waiting.answered = min(waiting.answered, len(self.cache))
        self.peer.sendall(REPLY.pack(0x67446698, EIO, request.cookie))

    # The cache.

    def _read(self, offset, length):
        data = bytearray(os.pread(self.file, length, offset))
        for at, piece in self.cache:
            first, last = max(at, offset), min(at + len(piece), offset + length)
            if first < last:
                data[first - offset : last - offset] = piece[first - at : last - at]
        return bytes(data)

    def _write_back(self, count):
        """The oldest ones of the cache: those that a flush has to wait for."""
        for at, piece in self.cache[:count]:
            os.pwrite(self.file, piece, at)
        del self.cache[:count]
        for request in self.waiting:
            request.answered = max(0, request.answered - count)

    def _cut(self):
        for brother in self.brothers:
            brother.loses = True
        os.kill(self.victim.pid, signal.SIGKILL)
        self.victim.wait()
        self._lose()
        self.cut_after = self.cut_at = self.victim = None
        self.cut.set()

    def _lose(self):
        """Writes that wait may have begun, too."""
        writes = self.cache + [(r.offset, r.data) for r in self.waiting if r.kind == WRITE]
        self.unflushed += len(writes)
        self.random.shuffle(writes)
        kept = self.random.choice(KEPT)
        for at, piece in writes:
            sectors = range(0, len(piece), SECTOR)
            share = self.random.random()  # of its sectors that reach the disk
            if self.random.random() < 0.5:
                share = self.random.random() < kept
            some = [s for s in sectors if self.random.random() < share]
            self.lost += not some
            self.torn += 0 < len(some) < len(sectors)
            for start in some:
                os.pwrite(self.file, piece[start : start + SECTOR], at + start)
        self.cache.clear()
