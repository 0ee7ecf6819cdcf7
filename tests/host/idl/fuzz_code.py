"""Writes what the fuzzers need for every interface: handlers that check all that they are given,
calls that check all that they return, and seeds.

usage: fuzz_code.py OUT.c SEEDS IDL...

A handler's checks come from the schema by way of schema.py, not from the plugin."""

import struct
import sys
from pathlib import Path

import encode
import schema

HOWS = (encode.LOW, encode.HIGH, encode.SOME)


class Code:
    def __init__(self):
        self.lines = []
        self.checked = set()

    def put(self, depth, text):
        self.lines.append("    " * depth + text)

    def check_struct(self, scope):
        """A function that checks a struct of a list or a field."""
        if scope.tag in self.checked:
            return
        self.checked.add(scope.tag)
        self.needed(scope.values)
        self.put(0, f"static void check_{scope.tag}(const struct {scope.tag} *v)")
        self.put(0, "{")
        for value in scope.values:
            self.check(value)
        self.put(0, "}")

    def needed(self, values):
        for value in values:
            name = value.type[5:-1] if value.type.startswith("List(") else value.type
            if name[0].isupper() and name not in schema.INTEGERS \
                    and name not in ("Bool", "Text", "Data", "Capability"):
                scope = value.scope.find(name)
                if scope.kind == "struct":
                    self.check_struct(scope)

    def check(self, value):
        member = f"v->{value.member}"
        kind = value.type
        if encode.is_cap(value):
            needs_endpoint = "false" if kind == "Capability" else "true"
            may_lack = "true" if "optional" in value.notes else "false"
            self.put(1, f"check_cap(&{member}, {needs_endpoint}, {may_lack});")
        elif kind in schema.INTEGERS:
            if "range" in value.notes:
                low, high = value.notes["range"].split("..")
                self.put(1, f"REQUIRE((__int128){member} >= (__int128){low}"
                            f" && (__int128){member} <= (__int128){high});")
            self.put(1, f"touch(&{member}, sizeof({member}));")
        elif kind == "Bool":
            self.put(1, f"check_bool(&{member});")
        elif kind in ("Text", "Data"):
            is_text = "true" if kind == "Text" else "false"
            self.put(1, f"check_bytes({member}.at, {member}.len, {value.notes['max']}, {is_text});")
        elif kind.startswith("List("):
            self.check_list(value, member, kind[5:-1])
        else:
            scope = value.scope.find(kind)
            if scope.kind == "enum":
                self.put(1, f"REQUIRE((uint64_t){member} < {len(scope.names)});")
            else:
                self.put(1, f"check_{scope.tag}(&{member});")

    def check_list(self, value, member, element):
        self.put(1, f"REQUIRE({member}.count <= {value.notes['max']});")
        if element in schema.INTEGERS:
            bits = schema.INTEGERS[element][1]
            self.put(1, f"check_words({member}.at, {member}.count, {bits});")
        else:
            self.put(1, f"for (uint32_t i = 0; i < {member}.count; i++)"
                        f" check_{value.scope.find(element).tag}(&{member}.at[i]);")

    def check_message(self, tag, values):
        self.put(0, f"static void check_{tag}(const struct {tag} *v)")
        self.put(0, "{")
        for value in values:
            self.check(value)
        self.put(0, "}")

    def handler(self, prefix, method, number):
        name = f"{prefix}_{schema.snake(method.name)}"
        arguments = "struct request *rq"
        if method.params:
            arguments += f", const struct {name}_in *in"
        if method.results:
            arguments += f", struct {name}_out *out"
        self.needed(method.params + method.results)
        if method.params:
            self.check_message(f"{name}_in", method.params)
        if method.results:
            self.check_message(f"{name}_out", method.results)
        self.put(0, f"static int on_{name}({arguments})")
        self.put(0, "{")
        if method.params:
            self.put(1, f"check_{name}_in(in);")
        if method.results:
            self.put(1, "(void)out;")
        least, most = (len(encode.caps(method.params, how)) for how in (encode.LOW, encode.HIGH))
        self.put(1, f"REQUIRE(msg_caps(rq->info) - {least}u <= {most - least}u);")
        self.put(1, f"return fuzz_reached(rq, {number});")
        self.put(0, "}")
        self.call(name, method)

    def call(self, name, method):
        """Calls the stub with parameters that it sends; what it returns must be within bounds."""
        self.put(0, f"static int call_{name}(void)")
        self.put(0, "{")
        arguments = "1"
        if method.params:
            self.put(1, f"static const struct {name}_in in = {{")
            for value in method.params:
                if encode.is_cap(value) and "optional" not in value.notes:
                    self.put(2, f".{value.member} = {{.slot = 2}},")
            self.put(2, "0" if not any(encode.is_cap(v) for v in method.params) else "")
            self.put(1, "};")
            arguments += ", &in"
        if method.results:
            self.put(1, f"static struct {name}_out out;")
            self.put(1, "memset(&out, 0xa5, sizeof(out));")
            cap = next((v for v in method.results if encode.is_cap(v)), None)
            if cap:
                self.put(1, f"out.{cap.member}.slot = 20;")
            arguments += ", &out"
        self.put(1, f"int err = {name}({arguments});")
        if method.results:
            self.put(1, f"if (err == OK) check_{name}_out(&out);")
        self.put(1, "return err;")
        self.put(0, "}")

    def interface(self, scope, first):
        prefix = schema.snake(scope.name)
        for i, method in enumerate(scope.methods):
            self.handler(prefix, method, first + i)
        self.put(0, f"static int dispatch_{prefix}(struct request *rq)")
        self.put(0, "{")
        self.put(1, f"static const struct {prefix}_ops ops = {{")
        for method in scope.methods:
            member = schema.Value(method.name, "", None).member
            self.put(2, f".{member} = on_{prefix}_{schema.snake(method.name)},")
        self.put(1, "};")
        self.put(1, f"return {prefix}_dispatch(&ops, rq);")
        self.put(0, "}")


def write_code(path, files):
    code = Code()
    code.put(0, '#include "fuzz.h"')
    code.put(0, "#include <string.h>")
    for file in files:
        code.put(0, f'#include "idl/{file.name}.h"')
    number = 0
    table, calls = [], []
    for scope in schema.interfaces(files):
        code.interface(scope, number)
        prefix = schema.snake(scope.name)
        table.append(f'    {{"{scope.name}", dispatch_{prefix}, {len(scope.methods)}, {number}}},')
        calls += [f'    call_{prefix}_{schema.snake(m.name)},' for m in scope.methods]
        number += len(scope.methods)
    code.lines += ["const struct fuzz_interface fuzz_interfaces[] = {", *table, "};",
                   f"const uint32_t fuzz_interface_count = {len(table)};",
                   "int (*const fuzz_calls[])(void) = {", *calls, "};",
                   f"const uint32_t fuzz_method_count = {number};", ""]
    path.write_text("\n".join(code.lines))


def self_or(part, leads):
    """The byte for an endpoint, or for a notification."""
    return (6 if leads else 7) - (2 if part == "answers" else 0)


def message(first, label, leads, words, part="requests"):
    types = bytes(self_or(part, lead) for lead in leads).ljust(4, b"\0")
    return struct.pack("<BHB", first, label, len(leads)) + types \
        + struct.pack(f"<{len(words)}Q", *words)


def write_wrong(folder, scope, index, method):
    """Requests with one thing wrong: none may reach a handler."""
    for how in (encode.LOW, encode.SOME):
        leads = encode.caps(method.params, how)
        for i, words in enumerate(encode.encode_wrong(method.params, how)):
            name = f"{scope.name}.{method.name}.{how}.{i}"
            (folder / name).write_bytes(message(index, method.ordinal, leads, words))
    least, most = (encode.caps(method.params, how) for how in (encode.LOW, encode.HIGH))
    bad = {"few": least[:-1], "many": most + [True], "kind": [False] * len(least)}
    if not least:
        del bad["few"]
    if not any(least):
        del bad["kind"]
    words = encode.encode(method.params, encode.LOW)
    for kind, leads in bad.items():
        if len(leads) <= 4:
            name = f"{scope.name}.{method.name}.{kind}"
            (folder / name).write_bytes(message(index, method.ordinal, leads, words))


def write_seeds(folder, files):
    """Messages in the form that fuzz_dispatch.c reads: requests/ must all be accepted, wrong/ must
    not. answers/ are the same for fuzz_answer.c."""
    number = 0
    for part in ("requests", "answers", "wrong"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for old in (folder / part).iterdir():
            old.unlink()
    for index, scope in enumerate(schema.interfaces(files)):
        for method in scope.methods:
            for how in HOWS:
                name = f"{scope.name}.{method.name}.{how}"
                (folder / "requests" / name).write_bytes(
                    message(index, method.ordinal, encode.caps(method.params, how),
                            encode.encode(method.params, how)))
                (folder / "answers" / name).write_bytes(
                    message(number, 0, encode.caps(method.results, how),
                            encode.encode(method.results, how), "answers"))
            write_wrong(folder / "wrong", scope, index, method)
            number += 1


def main():
    out, seeds, *paths = sys.argv[1:]
    files = schema.read(paths)
    write_code(Path(out), files)
    write_seeds(Path(seeds), files)


if __name__ == "__main__":
    main()
