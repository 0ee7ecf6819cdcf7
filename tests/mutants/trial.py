"""Builds a core with a fault and lets the suites run."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from plan import Problem, mutated

EACH = {}  # the checkers' names, in their order
EACH_SEEDS = 8
SAYS = [
    re.compile(r"^\[  FAILED  \] (.+?)(?:$|:)", re.M),
    re.compile(r"^(?:storm: FAILED|BROKEN): (.+)$", re.M),
    re.compile(r"^(kernel panic: .+)$", re.M),
    re.compile(r"(\S+\.c:\d+: .*)", re.M),
]


@dataclass
class Suite:
    name: str
    args: list
    seconds: int


def output_text(raw):
    return raw.decode(errors="replace") if isinstance(raw, bytes) else raw or ""


def what_it_says(text):
    for pattern in SAYS:
        found = pattern.search(text)
        if found:
            return found[1].strip()
    return "ends with an error"


class Bench:
    def __init__(self, kernel, build, work):
        if not build.exists():
            raise Problem(f"{build} is missing: build the target `mutants` first")
        self.kernel, self.work = kernel, work
        self.build = dict(line.split(" ", 1) for line in build.read_text().splitlines() if line)

    def listed(self, key):
        return [part for part in self.build[key].split(";") if part]

    def includes(self, header):
        """The .c files that see the header, also through others."""
        texts = {p.name: p.read_text() for p in self.kernel.glob("*.[ch]")}
        reached = {header}
        while True:
            more = {
                name
                for name, text in texts.items()
                if any(f'#include "{one}"' in text for one in reached)
            } - reached
            if not more:
                return sorted(name for name in reached if name.endswith(".c"))
            reached |= more

    def compile(self, mutant):
        """Objects of the files that differ from the core as it is."""
        folder = self.work / mutant.id
        folder.mkdir()
        for path in self.kernel.glob("*.[ch]"):
            shutil.copy(path, folder / path.name)
        target = folder / mutant.file
        target.write_text(mutated(mutant, target.read_text()))
        files = [mutant.file] if mutant.file.endswith(".c") else self.includes(mutant.file)
        command = [self.build["compiler"], *self.build["flags"].split(), "-c"]
        command += [f"-D{one}" for one in self.build["definitions"].split()]
        command += [f"-I{one}" for one in [str(folder), *self.listed("folders")]]
        done = subprocess.run(command + files, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise Problem(f"mutants.txt:{mutant.line}: {mutant.id} does not compile\n{done.stderr}")
        return [str(folder / Path(f).with_suffix(".o")) for f in files]

    def link(self, suite, objects, out):
        archives = self.listed("archives") if suite != "explore" else self.listed("core")
        command = [self.build["compiler"], "-fuse-ld=lld", "-o", str(out), *objects]
        command += [*self.listed(suite), *archives, "-lcmocka"]
        subprocess.run(command, check=True, capture_output=True)
        return out

    def run(self, suite, objects, folder):
        """None: nothing found; else what was."""
        program = self.link(suite.name, objects, folder / suite.name)
        try:
            done = subprocess.run(
                [program, *suite.args], cwd=folder, capture_output=True, timeout=suite.seconds
            )
        except subprocess.TimeoutExpired:
            return f"does not end within {suite.seconds} s"
        text = output_text(done.stdout) + output_text(done.stderr)
        if suite.name == "explore" and done.returncode == 1 and "BROKEN" not in text:
            return None  # with so few states it does not meet every situation that it looks for
        return None if done.returncode == 0 else what_it_says(text)

    def killer_of(self, mutant, suites):
        objects = self.compile(mutant)
        folder = self.work / mutant.id
        try:
            for suite in suites:
                what = self.run(suite, objects, folder)
                if what is not None:
                    return suite.name, what
            return None, mutant.equal
        finally:
            shutil.rmtree(folder)

    def must_pass(self, suites):
        """What fails without a fault finds nothing."""
        folder = self.work / "as-it-is"
        folder.mkdir()
        for suite in suites:
            what = self.run(suite, [], folder)
            if what is not None:
                raise Problem(f"the core as it is fails in {suite.name}: {what}")

    def each(self, objects, folder, seeds=EACH_SEEDS):
        program = self.link("storm", objects, folder / "storm")
        command = [program, "--each", "--seeds", str(seeds), "--steps", "4000"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        rows = (line.split() for line in done.stdout.splitlines())
        return {row[0]: row[1] == "fails" for row in rows if len(row) == 2}

    def checkers(self):
        found = self.each([], self.work)
        wrong = [name for name, fails in found.items() if fails]
        if wrong or not found:
            raise Problem(f"in the core as it is, these fail: {wrong}")
        return found

    def seen_by_each(self, mutant, short):
        """Short: one seed is enough if those that are named see it there."""
        objects, folder = self.compile(mutant), self.work / mutant.id
        try:
            row = self.each(objects, folder, 1) if short else {}
            enough = row and all(row.get(n) for n in mutant.seen)
            return row if enough else self.each(objects, folder)
        finally:
            shutil.rmtree(self.work / mutant.id)
