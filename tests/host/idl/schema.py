"""Reads interface files: a second reader, which shares nothing with the plugin.

Only what idl/README.md allows is understood; anything else is an error."""

import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(r'\s+|#[^\n]*|("(?:[^"\\]|\\.)*")|(@0x[0-9a-f]+|@\d+)|([A-Za-z][\w.]*)|(->)|(.)')
INTEGERS = {f"{kind}{bits}": (kind == "Int", bits)
            for kind in ("UInt", "Int") for bits in (8, 16, 32, 64)}
KEYWORDS = {"register", "default", "signed", "volatile", "switch", "case", "bool", "char", "int"}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


@dataclass
class Value:
    """A field or parameter."""
    name: str
    type: str
    scope: "Scope"
    notes: dict = field(default_factory=dict)

    @property
    def member(self):
        name = snake(self.name)
        return name + "_" if name in KEYWORDS else name


@dataclass
class Method:
    name: str
    ordinal: int
    params: list
    results: list


@dataclass
class Scope:
    """A file, struct, enum or interface."""
    kind: str
    name: str
    parent: "Scope" = None
    inner: dict = field(default_factory=dict)
    values: list = field(default_factory=list)   # of a struct
    names: list = field(default_factory=list)    # of an enum
    methods: list = field(default_factory=list)  # of an interface

    def find(self, name):
        first, *rest = name.split(".")
        scope = self
        while scope and first not in scope.inner:
            scope = scope.parent
        if scope is None:
            raise KeyError(name)
        found = scope.inner[first]
        for part in rest:
            found = found.inner[part]
        return found

    @property
    def tag(self):
        """The C tag of a struct or enum."""
        names, scope = [], self
        while scope:
            if scope.kind != "interface":
                names.insert(0, snake(scope.name))
            scope = scope.parent
        return "_".join(names)


class Reader:
    def __init__(self, path, files):
        self.path = Path(path)
        self.files = files
        self.tokens = [next(t for t in m.groups() if t is not None)
                       for m in TOKEN.finditer(self.path.read_text()) if any(m.groups())]
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, expected=None):
        token = self.peek()
        if token is None or (expected is not None and token != expected):
            raise SyntaxError(f"{self.path}: {token!r}, not {expected!r}")
        self.at += 1
        return token

    def file(self):
        scope = Scope("file", self.path.stem)
        self.files[self.path.resolve()] = scope
        self.take()
        self.take(";")
        while self.peek():
            self.item(scope)
        return scope

    def item(self, scope):
        word = self.take()
        if word == "using":
            name = self.take()
            self.take("=")
            self.take("import")
            target = (self.path.parent / self.take().strip('"')).resolve()
            self.take(";")
            if target.stem != "wl":
                scope.inner[name] = self.files.get(target) or Reader(target, self.files).file()
        elif word in ("struct", "interface", "enum") and self.peek()[0].isupper():
            self.block(Scope(word, self.take(), scope))
        elif scope.kind == "struct":
            self.take()
            scope.values.append(self.value(word, scope))
            self.take(";")
        elif scope.kind == "enum":
            self.take()
            self.take(";")
            scope.names.append(word)
        elif scope.kind == "interface":
            self.method(word, scope)
        else:
            raise SyntaxError(f"{self.path}: {word!r}")

    def block(self, scope):
        scope.parent.inner[scope.name] = scope
        if self.peek().startswith("@"):
            self.take()
        self.take("{")
        while self.peek() != "}":
            self.item(scope)
        self.take("}")

    def value(self, name, scope):
        self.take(":")
        type_name = self.take()
        if type_name == "List":
            self.take("(")
            type_name = f"List({self.take()})"
            self.take(")")
        return Value(name, type_name, scope, self.notes())

    def notes(self):
        notes = {}
        while self.peek() == "$":
            self.take("$")
            name = self.take().split(".")[1]
            notes[name] = True
            if self.peek() == "(":
                depth, text = 0, ""
                while True:
                    token = self.take()
                    depth += {"(": 1, ")": -1}.get(token, 0)
                    text += token
                    if depth == 0:
                        break
                notes[name] = text[1:-1].strip('"')
        return notes

    def parameters(self, scope):
        values = []
        self.take("(")
        while self.peek() != ")":
            values.append(self.value(self.take(), scope))
            if self.peek() == ",":
                self.take(",")
        self.take(")")
        return values

    def method(self, name, scope):
        ordinal = int(self.take()[1:])
        params = self.parameters(scope)
        self.take("->")
        results = self.parameters(scope)
        self.notes()
        self.take(";")
        scope.methods.append(Method(name, ordinal, params, results))


def read(paths):
    """The files, by name, in the order of their names."""
    files = {}
    for path in sorted(Path(p).resolve() for p in paths):
        if path.stem != "wl" and path not in files:
            Reader(path, files).file()
    return sorted(files.values(), key=lambda scope: scope.name)


def interfaces(files):
    return [scope for file in files for scope in file.inner.values()
            if scope.kind == "interface"]
