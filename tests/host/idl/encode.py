"""Writes messages as idl/README.md lays them out, knowing nothing of the plugin; right ones, and
ones with exactly one thing wrong."""

from schema import INTEGERS

LOW, HIGH, SOME = "low", "high", "some"
WORD = (1 << 64) - 1


def limits(value):
    is_signed, bits = INTEGERS[value.type]
    if "range" in value.notes:
        return tuple(map(int, value.notes["range"].split("..")))
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)


def pack(data):
    data += bytes(-len(data) % 8)
    return [int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data), 8)]


def is_cap(value):
    if value.type == "Capability":
        return True
    return value.type[0].isupper() and value.type not in ("Bool", "Text", "Data") \
        and value.type not in INTEGERS and not value.type.startswith("List(") \
        and value.scope.find(value.type).kind == "interface"


class Encoder:
    """Encodes with the fault number `fault`, or none. Faults are counted as they are met."""

    def __init__(self, how, fault=None):
        self.how = how
        self.fault = fault
        self.met = 0

    def wrong(self):
        self.met += 1
        return self.met - 1 == self.fault

    def encode(self, values):
        """Words of the values: the fixed part, then the varying ones in order."""
        fixed, varying = [], []
        for value in values:
            self.value(value, fixed, varying)
        return fixed + varying

    def value(self, value, fixed, varying):
        if is_cap(value):
            return
        if value.type in INTEGERS:
            fixed.append(self.integer(value))
        elif value.type == "Bool":
            fixed.append(2 if self.wrong() else 1 << 32 if self.wrong() else self.how != LOW)
        elif value.type in ("Text", "Data"):
            self.bytes(value, fixed, varying)
        elif value.type.startswith("List("):
            self.list(value, fixed, varying)
        else:
            scope = value.scope.find(value.type)
            if scope.kind == "enum":
                last = len(scope.names) - 1
                fixed.append(last + 1 if self.wrong() else 0 if self.how == LOW else last)
            else:
                for inner in scope.values:
                    self.value(inner, fixed, varying)

    def integer(self, value):
        low, high = limits(value)
        number = {LOW: low, HIGH: high, SOME: min(low + 1, high)}[self.how]
        is_whole = low & WORD == (high + 1) & WORD
        if not is_whole and self.wrong():
            number = high + 1
        if not is_whole and self.wrong():
            number = low - 1
        return number & WORD

    def length(self, value):
        longest = int(value.notes["max"])
        if self.wrong():
            return longest + 1
        return {LOW: 0, HIGH: longest, SOME: min(3, longest)}[self.how]

    def bytes(self, value, fixed, varying):
        count = self.length(value)
        words = pack(b"x" * count)
        if count % 8 != 0 and self.wrong():
            words[-1] |= 1 << 63
        if value.type == "Text" and count > 0 and self.wrong():
            words[0] &= ~0xff
        if value.type == "Text" and count > 0 and self.wrong():
            words[-1] &= (1 << (count - 1) % 8 * 8) - 1
        fixed.append(count)
        varying.extend(words)

    def list(self, value, fixed, varying):
        count = self.length(value)
        fixed.append(count)
        element = value.type[5:-1]
        for _ in range(count):
            if element in INTEGERS:
                bits = INTEGERS[element][1]
                varying.append(1 << bits if bits < 64 and self.wrong() else (1 << bits) - 1)
            else:
                varying.extend(self.encode(value.scope.find(element).values))


def encode(values, how):
    return Encoder(how).encode(values)


def encode_wrong(values, how):
    """Messages with one thing wrong each, as far as they can be sent."""
    encoder = Encoder(how)
    encoder.encode(values)
    for fault in range(encoder.met):
        words = Encoder(how, fault).encode(values)
        if len(words) <= 512:
            yield words


def caps(values, how):
    """The capabilities that go along: whether each must lead to an interface."""
    present = [v for v in values if is_cap(v) and (how != LOW or "optional" not in v.notes)]
    return [v.type != "Capability" for v in present]
