"""What signatures and logins cost: instructions, and how many a second here.

Usage: tests/bench/people.py      (boots build/release twice; tests/target/peoplebench measures)
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e")]
from wl import machine  # noqa: E402
from wl.errors import Refused  # noqa: E402
from wl.serial import Session  # noqa: E402

BUILD = ROOT / "build/release"
PASSPHRASE, PASSWORD, SECONDS = b"a passphrase of the bench", b"bench-password", 300
FIGURE = re.compile(r"FIGURE (\w+) (\d+) (\d+)")
END = re.compile(rb"FIGURE end|FAILED [^\n]*|peoplebench .* ended with code [1-9]")


def typed(session, line, *answers):
    """A command that asks for what is not shown."""
    session.send(line.encode() + b"\r")
    for question, answer in answers:
        session.expect(re.escape(question), SECONDS)
        session.send(answer + b"\r")
    if session.prompt(SECONDS) != 0:
        raise Refused(f"{line}: {session.text()[-300:]}")


def figures(icount):
    """Name -> ticks of one; and ticks a second."""
    with tempfile.TemporaryDirectory() as folder:
        options = machine.Options(build=BUILD, accel="tcg", icount=icount,
                                  image=BUILD / "boot-test.img",
                                  own_disks=machine.disk_set(folder))
        with Session(options) as session:
            session.prompt(SECONDS)
            typed(session, "keystore setup", (b"passphrase: ", PASSPHRASE),
                  (b"again: ", PASSPHRASE))
            typed(session, "users create anna", (b"new password: ", PASSWORD),
                  (b"the same again: ", PASSWORD))
            session.send(b"restart peoplebench\r")
            session.expect(END, SECONDS)
            text = session.text()
            session.qemu.terminate()
            session.qemu.wait(SECONDS)
    hz = int(re.search(r'"tick_hz":(\d+)', text).group(1))
    found = {name: int(ticks) / int(count) for name, count, ticks in FIGURE.findall(text)
             if count != "0"}
    if set(found) != {"sign", "verify", "login"}:
        raise Refused(f"the program said: {text[-500:]}")
    return found, hz


def main():
    instructions, _ = figures(True)
    ticks, hz = figures(False)
    print("           instructions     a second here     ms each")
    for name in ("sign", "verify", "login"):
        seconds = ticks[name] / hz
        print(f"{name:8} {instructions[name]:14,.0f} {1 / seconds:17,.1f} {seconds * 1000:11.2f}")


if __name__ == "__main__":
    main()
