"""The list of mutants: reading it, and finding what each replaces."""

import re
from dataclasses import dataclass, field


class Problem(Exception):
    """What is wrong, for a person."""


@dataclass
class Mutant:
    id: str
    file: str
    line: int
    old: str = ""
    new: str = ""
    equal: str = ""
    at: str = ""  # while it is read: what a line that goes on belongs to
    seen: list = field(default_factory=list)


HEAD = re.compile(r"\[([a-z0-9-]+)\] ([a-z_/]+\.[ch])$")


def spaced(text):
    return " ".join(text.split())


def pattern_of(old):
    """Any spaces where there are some: how lines are broken does not matter."""
    return re.compile(r"\s+".join(re.escape(word) for word in old.split()))


def take_line(mutant, text, where):
    """A line without a sign goes on with the text before it."""
    known = text.startswith(("-", "+", "equal: ", "seen: "))
    if not known and mutant.at:
        text = mutant.at + text
    mutant.at = text[0] if text[0] in "+-" else ""
    if mutant.at == "-":
        mutant.old = spaced(f"{mutant.old} {text[1:]}")
    elif mutant.at == "+":
        mutant.new = spaced(f"{mutant.new} {text[1:]}")
    elif text.startswith("equal: "):
        mutant.equal = text.removeprefix("equal: ")
    elif text.startswith("seen: "):
        mutant.seen = text.removeprefix("seen: ").split()
    else:
        raise Problem(f"{where}: not a line of a mutant: {text}")


def parse(text, name="mutants.txt"):
    mutants = []
    for number, raw in enumerate(text.splitlines(), 1):
        line, where = raw.rstrip(), f"{name}:{number}"
        if not line or line.startswith("#"):
            continue
        head = HEAD.match(line)
        if head:
            if any(m.id == head[1] for m in mutants):
                raise Problem(f"{where}: {head[1]} is listed twice")
            mutants.append(Mutant(head[1], head[2], number))
        elif not mutants:
            raise Problem(f"{where}: no mutant begins here: {line}")
        else:
            take_line(mutants[-1], line, where)
    return mutants


CONTRACTS = re.compile(r"/\*@.*?\*/", re.S)  # comments for the prover, also within functions


def mutated(mutant, text):
    """The file's text with the fault; its fragment must be there exactly once."""
    text = CONTRACTS.sub("", text)
    found = list(pattern_of(mutant.old).finditer(text)) if mutant.old else []
    if len(found) != 1:
        raise Problem(
            f"mutants.txt:{mutant.line}: {mutant.id}: {mutant.file} has this {len(found)} times, "
            f"not once: {mutant.old}"
        )
    return text[: found[0].start()] + mutant.new + text[found[0].end() :]


def read_list(path, kernel):
    mutants = parse(path.read_text())
    texts, wrong = {}, []
    for mutant in mutants:
        file = kernel / mutant.file
        if not file.exists():
            raise Problem(f"{path.name}:{mutant.line}: there is no {mutant.file}")
        text = texts.setdefault(mutant.file, CONTRACTS.sub("", file.read_text()))
        try:
            if mutated(mutant, text) == text:
                raise Problem(f"{path.name}:{mutant.line}: {mutant.id} changes nothing")
        except Problem as problem:
            wrong.append(str(problem))
    if wrong:
        raise Problem("\n".join(wrong))
    return mutants
