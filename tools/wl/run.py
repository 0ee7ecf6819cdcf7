"""tools/run behind its build: boots Waterlight, by hand or by a list of commands."""

import argparse
import os
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from wl import machine, recording  # noqa: E402
from wl.errors import Refused  # noqa: E402
from wl.recorder import Recorder  # noqa: E402
from wl.serial import ESCAPES, Session  # noqa: E402

BOOT_SECONDS = {"fast": 60, "bios": 90, "uefi": 180, "usb": 120}
DISKS = machine.ROOT / "build" / "disks"
EPILOG = """Interactively, Ctrl-A X leaves at once and `poweroff` leaves in order.
With --exec the exit code is 0 only if every command succeeded and the machine powered off."""


def parse_arguments(argv):
    parser = argparse.ArgumentParser(
        prog="tools/run", description="Builds Waterlight and boots it in QEMU.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exec", dest="commands", metavar="COMMANDS",
                        help="run these shell commands, separated by ';', then power off")
    parser.add_argument("--iso", choices=("bios", "uefi", "usb"),
                        help="boot the GRUB image: a CD under SeaBIOS or OVMF, or a USB stick")
    parser.add_argument("--smp", type=int, default=1, metavar="N", help="processors (1)")
    parser.add_argument("--memory", default="256M", metavar="M", help="memory (256M)")
    disks = parser.add_mutually_exclusive_group()
    disks.add_argument("--disks", type=Path, metavar="FOLDER", default=DISKS,
                       help="where the disks of log, files and keys are kept (build/disks); "
                       "what is not there is made: empty, sparse")
    disks.add_argument("--no-disks", dest="disks", action="store_const", const=None,
                       help="without disks: what is written ends with the machine's power")
    disks.add_argument("--disk", type=Path, action="append", default=[], metavar="FILE",
                       help="this file instead, for the log, made with %s MiB if it is not there; "
                       "again for a second one" % (machine.DISK_BYTES >> 20))
    parser.add_argument("--no-rng", action="store_true",
                        help="without a device of random bytes, as on counted time")
    parser.add_argument("--append", default="", metavar="TEXT", help="kernel command line")
    parser.add_argument("--gdb", action="store_true", help="wait for gdb, with all symbols")
    parser.add_argument("--gdb-port", type=int, default=1234, metavar="PORT", help="(1234)")
    parser.add_argument("--keep-log", metavar="FILE", help="also write the serial line to FILE")
    parser.add_argument("--record", type=Path, metavar="FILE",
                        help="write all that decided the kernel's course to FILE, for tools/replay")
    parser.add_argument("--icount", action="store_true",
                        help="time is counted in instructions: the same in every run")
    parser.add_argument("--accel", choices=("auto", "tcg", "kvm"), default="auto")
    parser.add_argument("--timeout", type=int, default=60, metavar="S",
                        help="longest wait for one command of --exec (60)")
    parser.add_argument("--checked", action="store_true",
                        help="the kernel that checks all its invariants after every 16th step "
                        "(--append every=N: every Nth); implies --debug, --memory "
                        + machine.CHECKED_MEMORY)
    variant = parser.add_mutually_exclusive_group()
    variant.add_argument("--release", dest="variant", action="store_const", const="release",
                         default="release", help="what users boot (default)")
    variant.add_argument("--debug", dest="variant", action="store_const", const="debug",
                         help="with assertions")
    parser.add_argument("--no-build", action="store_true", help="boot what was built last")
    parser.add_argument("--build", type=Path, metavar="FOLDER", help="boot what is in this folder")
    return parser.parse_args(argv)


def own_disks(args):
    """Folder and files of the system's disks, unless others are named."""
    if args.disk or args.disks is None:
        return {}
    args.disks.mkdir(parents=True, exist_ok=True)
    return machine.disk_set(args.disks)


def split_commands(text):
    """Splits at semicolons outside quotes."""
    commands, current, quote = [], "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ";":
            commands.append(current)
            current = ""
            continue
        current += letter
    if quote:
        raise Refused(f"a {quote} is not closed in: {text}")
    commands.append(current)
    return [command.strip() for command in commands if command.strip()]


def build(args):
    tools = machine.ROOT / "tools"
    targets = ["images"] + (["kernel-checked"] if args.checked else [])
    subprocess.run([tools / "build", args.variant, *targets], check=True)
    if args.iso:
        subprocess.run([tools / "iso", "--" + args.variant, "--append", args.append], check=True)


class Screen:
    """Prints output as it comes, without the escape sequences; keeps a split one for later."""

    def __init__(self):
        self.rest = ""

    def __call__(self, piece):
        text = self.rest + piece.decode("utf-8", "replace").replace("\r", "")
        cut = text.rfind("\x1b", max(0, len(text) - 40))
        hold = cut >= 0 and not ESCAPES.match(text, cut)
        self.rest = text[cut:] if hold else ""
        sys.stdout.write(ESCAPES.sub("", text[:cut] if hold else text))
        sys.stdout.flush()


def run_commands(options, args, recorder=None):
    """The exit code of --exec."""
    failed, off = [], False
    commands = split_commands(args.commands)
    try:
        with Session(options, echo=Screen(), keep_log=args.keep_log) as session:
            if recorder:
                recorder.start()
            session.prompt(BOOT_SECONDS[options.firmware])
            if commands and commands[-1] == "poweroff":
                commands.pop()  # it is typed below anyway
            for command in commands:
                status, _ = session.run(command, args.timeout)
                if status != 0:
                    failed.append(f"{command}: status {status}")
            off = session.power_off()
    finally:  # a machine that hung or crashed is the one to look at
        print()
        kept = keep_recording(recorder, args.record, off)
    for line in failed:
        print(f"run: {line}", file=sys.stderr)
    if not off:
        print("run: the machine did not power off in order", file=sys.stderr)
    return 0 if off and kept and not failed else 1


def gdb_script(options):
    """A gdb script with the symbols of the kernel and of every program."""
    symbols = options.build / "symbols"
    kernel = symbols / "kernel.elf"
    lines = ["set confirm off", "set pagination off", f"directory {machine.ROOT}",
             f"set substitute-path ./build {options.build}", f"file {kernel}"]
    for program in sorted(symbols.glob("*.elf")):
        if program != kernel:
            lines.append(f"add-symbol-file {program}")
    lines += [f"target remote 127.0.0.1:{options.gdb_port}", "set confirm on"]
    script = options.build / "gdb.script"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def tee(source, path):
    """Copies QEMU's output to the terminal and to a file."""
    with open(path, "wb") as log:
        while piece := os.read(source.fileno(), 4096):
            log.write(piece)
            log.flush()
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()


def keep_recording(recorder, path, whole):
    """False: there is none, and why has been said."""
    if recorder is None:
        return True
    try:
        done = recorder.finish(whole)
        recording.write(path, done)
    except (Refused, OSError) as error:
        print(f"run: {error}", file=sys.stderr)
        return False
    print(f"run: {path}: {done.meta['steps']} steps, {done.meta['commits']} commits recorded")
    if done.meta["dropped"]:
        print(f"run: but the kernel dropped {done.meta['dropped']} events: the recording can be "
              "executed only until there", file=sys.stderr)
    return True


def run_interactive(options, args, recorder=None):
    with machine.scratch_folder() as scratch:
        line = machine.command(options, "interactive", scratch)
        print("run: Ctrl-A X leaves at once, `poweroff` leaves in order, Ctrl-C goes to the guest")
        sys.stdout.flush()
        output = subprocess.PIPE if args.keep_log else None
        with subprocess.Popen(line, stdout=output) as qemu:
            if recorder:
                recorder.start()
            if args.keep_log:
                copier = threading.Thread(target=tee, args=(qemu.stdout, args.keep_log))
                copier.start()
                copier.join()
            status = qemu.wait()
    code = machine.guest_code(status)
    if not keep_recording(recorder, args.record, code is not None):
        return 1
    return code if code is not None else status


def main(argv):
    args = parse_arguments(argv)
    recorder = None
    try:
        if args.commands is not None:
            split_commands(args.commands)
        if args.record and not args.record.parent.is_dir():
            raise Refused(f"--record: there is no folder {args.record.parent}")
        if args.icount and args.smp != 1:
            raise Refused("--icount counts one processor: not with --smp")
        if args.checked and args.iso:
            raise Refused("--checked boots the fast way: not with --iso")
        if args.checked:
            args.variant, args.memory = "debug", machine.CHECKED_MEMORY
        if not args.no_build and args.build is None:
            build(args)
        folder = args.build or machine.ROOT / "build" / args.variant
        options = machine.Options(
            build=folder, firmware=args.iso or "fast", memory=args.memory, smp=args.smp,
            append=args.append, disks=args.disk, own_disks=own_disks(args), accel=args.accel,
            icount=args.icount, rng=not (args.no_rng or args.icount),
            kernel=folder / "kernel-checked.elf" if args.checked else None,
            gdb_port=args.gdb_port if args.gdb else 0,
            reboot=args.commands is None and args.record is None)
        recorder = Recorder(options) if args.record else None
        if args.gdb:
            print(f"run: in another terminal: gdb -x {gdb_script(options)}")
        if args.commands is not None:
            return run_commands(options, args, recorder)
        return run_interactive(options, args, recorder)
    except (Refused, OSError) as error:
        print(f"\nrun: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"run: the build failed ({error.returncode})", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nrun: interrupted", file=sys.stderr)
    finally:
        if recorder:
            recorder.close()
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
