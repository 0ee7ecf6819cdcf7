"""Writes messages as idl/README.md lays them out, knowing nothing of the plugin."""

from schema import INTEGERS

LOW, HIGH, SOME = "low", "high", "some"


def integer(value, how):
    is_signed, bits = INTEGERS[value.type]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)
    if "range" in value.notes:
        low, high = map(int, value.notes["range"].split(".."))
    return {LOW: low, HIGH: high, SOME: min(low + 1, high)}[how] & (1 << 64) - 1


def length(value, how):
    longest = int(value.notes["max"])
    return {LOW: 0, HIGH: longest, SOME: min(3, longest)}[how]


def pack(data):
    data += bytes(-len(data) % 8)
    return [int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data), 8)]


def is_cap(value):
    if value.type == "Capability":
        return True
    return value.type[0].isupper() and value.type not in ("Bool", "Text", "Data") \
        and value.type not in INTEGERS and not value.type.startswith("List(") \
        and value.scope.find(value.type).kind == "interface"


def encode(values, how):
    """Words of the values: the fixed part, then the varying ones in order."""
    fixed, varying = [], []

    def flat(value):
        if is_cap(value):
            return
        if value.type in INTEGERS:
            fixed.append(integer(value, how))
        elif value.type == "Bool":
            fixed.append(0 if how == LOW else 1)
        elif value.type in ("Text", "Data"):
            count = length(value, how)
            fixed.append(count)
            varying.extend(pack(b"x" * count))
        elif value.type.startswith("List("):
            count = length(value, how)
            fixed.append(count)
            element = value.type[5:-1]
            if element in INTEGERS:
                varying.extend([(1 << INTEGERS[element][1]) - 1] * count)
            else:
                for _ in range(count):
                    varying.extend(encode(value.scope.find(element).values, how))
        else:
            scope = value.scope.find(value.type)
            if scope.kind == "enum":
                fixed.append(0 if how == LOW else len(scope.names) - 1)
            else:
                for inner in scope.values:
                    flat(inner)

    for value in values:
        flat(value)
    return fixed + varying


def caps(values, how):
    """The capabilities that go along: whether each must lead to an interface."""
    present = [v for v in values if is_cap(v) and (how != LOW or "optional" not in v.notes)]
    return [v.type != "Capability" for v in present]
