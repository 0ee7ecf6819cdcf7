"""The plugin refuses what our messages cannot carry: says where and why, writes nothing.

usage: plugin.py PLUGIN"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ["WL_ROOT"])
PLUGIN = sys.argv.pop()

HEAD = '@0xd5a1c7e0b3f84921;\nusing Wl = import "/idl/wl.capnp";\n'


def compile_schema(text, folder, **others):
    """The compiler's result, and the files that were written."""
    source = Path(folder) / "in"
    out = Path(folder) / "out"
    (source / "idl").mkdir(parents=True)
    out.mkdir()
    files = {"bad": HEAD + text, **others}
    for name, content in files.items():
        (source / "idl" / f"{name}.capnp").write_text(content)
    result = subprocess.run(
        ["capnp", "compile", f"-I{ROOT}", f"--src-prefix={source}", f"-o{PLUGIN}:{out}",
         *(str(source / "idl" / f"{name}.capnp") for name in files)],
        capture_output=True, text=True, timeout=60, check=False)
    return result, sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())


def interface(body, name="Thing"):
    return f"interface {name} @0xe3f6a9d2c5b80417 {{\n{body}\n}}\n"


# name of the test -> (schema, what the message must say)
BAD = {
    "text_without_max": (interface("go @0 (path :Text) -> ();"),
                         "idl/bad.capnp: Thing.go.path: needs $Wl.max"),
    "data_without_max": (interface("go @0 () -> (d :Data);"),
                         "idl/bad.capnp: Thing.go ->.d: needs $Wl.max"),
    "list_without_max": (interface("go @0 (l :List(UInt8)) -> ();"), "Thing.go.l: needs $Wl.max"),
    "text_in_struct_without_max": ("struct S { t @0 :Text; }\n", "S.t: needs $Wl.max"),
    "max_of_zero": (interface("go @0 (t :Text $Wl.max(0)) -> ();"), "Thing.go.t: $Wl.max is 0"),
    "max_of_integer": (interface("go @0 (n :UInt8 $Wl.max(4)) -> ();"),
                       "Thing.go.n: $Wl.max is for Text, Data and List"),
    "too_long": (interface("go @0 (d :Data $Wl.max(4089)) -> ();"),
                 "Thing.go: may take 513 words, more than 512"),
    "too_long_answer": (interface("go @0 () -> (l :List(UInt8) $Wl.max(512));"),
                        "Thing.go ->: may take 513 words, more than 512"),
    "too_long_list": ("struct S { a @0 :UInt64; t @1 :Text $Wl.max(255); }\n"
                      + interface("go @0 () -> (l :List(S) $Wl.max(16));"),
                      "may take 545 words, more than 512"),
    "product_overflows": ("struct S { t @0 :Data $Wl.max(4000); }\n"
                          + interface("go @0 () -> (l :List(S) $Wl.max(4294967295));"),
                          "words, more than 512"),
    "once_without_number": (interface("go @0 (n :UInt32) -> () $Wl.once;"),
                            "Thing.go: $Wl.once needs `request :UInt64` as the last parameter"),
    "once_with_long_answer": (
        interface("go @0 (request :UInt64) -> (t :Text $Wl.max(8)) $Wl.once;"),
        "Thing.go: $Wl.once: the answer has more than 4 words or one capability"),
    "error_not_in_enum": (interface('enum Error { a @0; }\ngo @0 () -> () $Wl.errors(["b"]);'),
                          "Thing.go: error 'b' is not in Thing.Error"),
    "error_without_enum": (interface('go @0 () -> () $Wl.errors(["b"]);'),
                           "Thing.go: error 'b' is not in Thing.Error"),
    "error_twice": (interface('enum Error { a @0; }\ngo @0 () -> () $Wl.errors(["a", "a"]);'),
                    "Thing.go: error 'a' twice"),
    "range_backwards": (interface('go @0 (n :UInt8 $Wl.range("5..4")) -> ();'), "is empty"),
    "range_beyond_type": (interface('go @0 (n :UInt8 $Wl.range("0..256")) -> ();'),
                          "is not within the type"),
    "range_below_type": (interface('go @0 (n :Int8 $Wl.range("-129..0")) -> ();'),
                         "is not within the type"),
    "range_of_nonsense": (interface('go @0 (n :UInt8 $Wl.range("a..b")) -> ();'),
                          "is not within the type"),
    "range_without_dots": (interface('go @0 (n :UInt8 $Wl.range("5")) -> ();'),
                           '"lowest..highest"'),
    "range_of_text": (interface('go @0 (t :Text $Wl.max(4) $Wl.range("0..1")) -> ();'),
                      "$Wl.range is for integers"),
    "needs_unknown": (interface('go @0 () -> () $Wl.needs("read");'),
                      'Thing.go: $Wl.needs is "grant" or absent'),
    "optional_integer": (interface("go @0 (n :UInt8 $Wl.optional) -> ();"),
                         "Thing.go.n: only a capability is optional"),
    "optional_first": (interface("go @0 (a :Capability $Wl.optional, b :Capability) -> ();"),
                       "b follows an optional capability"),
    "five_capabilities": (interface("go @0 (a :Capability, b :Capability, c :Capability,"
                                    " d :Capability, e :Capability) -> ();"),
                          "more than 4 capabilities"),
    "capability_in_struct": ("struct S { c @0 :Capability; }\n",
                             "S: capabilities can be parameters"),
    "capability_list": (interface("go @0 (l :List(Capability) $Wl.max(2)) -> ();"),
                        "lists are of unsigned integers or of structs"),
    "list_of_text": (interface("go @0 (l :List(Text) $Wl.max(2)) -> ();"),
                     "lists are of unsigned integers or of structs"),
    "list_of_signed": (interface("go @0 (l :List(Int8) $Wl.max(2)) -> ();"),
                       "lists are of unsigned integers or of structs"),
    "float": (interface("go @0 (f :Float64) -> ();"), "Thing.go.f: this type is not supported"),
    "void": (interface("go @0 (v :Void) -> ();"), "Thing.go.v: this type is not supported"),
    "any_pointer": (interface("go @0 (p :AnyPointer) -> ();"), "AnyPointer"),
    "union": ("struct S { union { a @0 :UInt8; b @1 :UInt8; } }\n", "S: unions are not supported"),
    "group": ("struct S { g :group { a @0 :UInt8; } }\n", "S.g: groups are not supported"),
    "default": ("struct S { a @0 :UInt8 = 4; }\n", "S.a: defaults are not supported"),
    "empty_struct": ("struct S { }\n", "S: has no fields"),
    "recursive": ("struct S { l @0 :List(S) $Wl.max(2); }\n", "S: contains itself"),
    "field_order": ("struct S { b @1 :UInt8; a @0 :UInt8; }\n",
                    "is not declared in ordinal order"),
    "method_order": (interface("b @1 () -> ();\na @0 () -> ();"),
                     "is not declared in ordinal order"),
    "inheritance": (interface("go @0 () -> ();", "Thing")
                    + "interface Heir @0xf0c2d4e6a8b91357 extends(Thing) { }\n",
                    "Heir: inheritance is not supported"),
    "nested_interface": (interface("interface Inner @0xf0c2d4e6a8b91357 { }"),
                         "stands at the top level"),
    "generic_method": (interface("go @0 [T] (a :UInt8) -> ();"), "generics are not supported"),
    "constant": ("const x :UInt8 = 4;\n", "constants are not supported"),
    "name_of_error_and_method": (interface("enum Error { go @0; }\ngo @0 () -> ();"),
                                 "the C name 'THING_GO' is also that of"),
    "method_called_id": (interface("id @0 () -> ();"), "the C name 'THING_ID' is also that of"),
    "method_called_connect": (interface("connect @0 () -> ();"),
                              "the C name 'thing_connect' is also that of"),
    "same_member": (interface("go @0 (aB :UInt8, a_b :UInt8) -> ();"), "the C name 'a_b' twice"),
    # the Cap'n Proto compiler's own
    "ordinal_twice": (interface("a @0 () -> ();\nb @0 () -> ();"), "uplicate ordinal"),
    "ordinal_gap": (interface("a @0 () -> ();\nb @2 () -> ();"), "kipped ordinal"),
    "id_twice": (interface("a @0 () -> ();") + interface("a @0 () -> ();", "Other"), "uplicate ID"),
    "unknown_type": (interface("go @0 (a :Nothing) -> ();"), "Nothing"),
}


class Refused(unittest.TestCase):
    pass


def add(name, schema, expected):
    def test(self):
        with tempfile.TemporaryDirectory() as folder:
            result, files = compile_schema(schema, folder)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(expected, result.stderr)
        self.assertEqual(files, [])
        self.assertNotIn("*** Uncaught", result.stderr)
    setattr(Refused, f"test_{name}", test)


for case, (source, message) in BAD.items():
    add(case, source, message)


class Others(unittest.TestCase):
    def test_all_faults_at_once(self):
        schema = interface("a @0 (t :Text) -> ();\nb @1 (u :Text) -> ();")
        with tempfile.TemporaryDirectory() as folder:
            result, _ = compile_schema(schema, folder)
        self.assertIn("Thing.a.t: needs", result.stderr)
        self.assertIn("Thing.b.u: needs", result.stderr)

    def test_two_files_with_one_name(self):
        other = "@0xd6a1c7e0b3f84922;\ninterface Thing @0xf0c2d4e6a8b91357 { go @0 () -> (); }\n"
        with tempfile.TemporaryDirectory() as folder:
            result, files = compile_schema(interface("go @0 () -> ();"), folder, other=other)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("the C name 'THING_ID' is also that of", result.stderr)
        self.assertEqual(files, [])

    def test_exactly_the_longest(self):
        with tempfile.TemporaryDirectory() as folder:
            result, files = compile_schema(
                interface("go @0 (d :Data $Wl.max(4088)) -> (l :List(UInt8) $Wl.max(511));"),
                folder)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(files, ["idl/REFERENCE.md", "idl/bad.c", "idl/bad.h", "idl/trace.c"])

    def test_same_bytes_again(self):
        outs = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as out:
                subprocess.run(["capnp", "compile", f"--src-prefix={ROOT}", f"-o{PLUGIN}:{out}",
                                *sorted(map(str, (ROOT / "idl").glob("*.capnp")))],
                               check=True, timeout=60)
                outs.append({p.name: p.read_bytes() for p in (Path(out) / "idl").iterdir()})
        self.assertGreater(len(outs[0]), 10)
        self.assertEqual(outs[0], outs[1])

    def test_not_a_request(self):
        result = subprocess.run([PLUGIN], input=b"garbage" * 100, capture_output=True, timeout=60,
                                check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"capnpc-wl: ", result.stderr)


if __name__ == "__main__":
    unittest.main()
