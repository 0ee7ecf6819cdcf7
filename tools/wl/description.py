"""images/system.toml, checked and compiled into the table of libsys/description.h."""

import re
import struct
import tomllib

from wl import tree
from wl.errors import Refused

MAGIC = 0x3163736544574C21
VERSION = 4
SERVICES_MAX, GRANTS_MAX, PRIORITY_MAX, KINDS_MAX = 64, 24, 250, 8
HEADER = struct.Struct("<QIIII")
SERVICE = struct.Struct("<32s64s96s12I8Q2I")
GRANT = struct.Struct("<24sIIII")

FLAGS = {
    "provides": 1, "storage": 2, "manages": 4, "registers": 8, "looks_up": 16, "once": 32,
    "fpu": 64, "image": 128, "log_read": 256, "log_write": 512, "manual": 1024,
    "told": 2048, "timer": 4096, "watches": 8192, "dma": 16384, "follows": 32768,
    "keeps": 65536,
}  # enum description_flag
SERVICE_KEYS = {"name", "program", "arguments", "flags", "priority", "budget_us", "period_us",
                "quota", "restart", "grants", "serves", "misses", "stream"}
QUOTA = {"pages": (1, 1 << 20), "slots": (64, 65536), "threads": (1, 1024),
         "commits": (1, 1 << 30)}
RESTART = {"limit": (0, 1 << 16), "backoff_ms": (1, 60000)}
RIGHTS = {"r": 1, "w": 2, "g": 4}
KINDS = {"service": 1, "irq": 2, "ports": 3, "notification": 4, "observe": 5, "cursor": 6,
         "process": 7, "devices": 9, "history": 10}  # enum grant_kind
STREAM, STREAM_MAX, SPACE = 8, 0x7FFFFFFE, 0x80000000
DEFAULT_RIGHTS = {"service": "wg", "notification": "rw", "ports": "rw", "cursor": "r",
                  "devices": "wg", "history": "wg"}


INTERFACE = re.compile(r"^interface (\w+) @(0x[0-9a-f]{16})\b", re.MULTILINE)


def check(condition, where, what):
    if not condition:
        raise Refused(f"{where}: {what}")


def text(value, size, where):
    check(isinstance(value, str) and "\0" not in value, where, "must be a text")
    check(len(value.encode()) < size, where, f"longer than {size - 1} bytes")
    return value.encode()


def number(value, low, high, where):
    check(isinstance(value, int) and not isinstance(value, bool), where, "must be a whole number")
    check(low <= value <= high, where, f"{value} is not within {low}..{high}")
    return value


def known_keys(table, keys, where):
    check(isinstance(table, dict), where, "must be a table")
    unknown = sorted(set(table) - set(keys))
    check(not unknown, where, f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(keys))}")


def numbers(table, limits, where):
    known_keys(table, limits, where)
    for key in limits:
        check(key in table, where, f"{key} is missing")
    return {key: number(table[key], *limits[key], f"{where}.{key}") for key in limits}


def rights_bits(value, where):
    check(isinstance(value, str) and value and set(value) <= set(RIGHTS), where,
          "rights are letters of r, w, g")
    return sum(RIGHTS[letter] for letter in set(value))


def grant_operands(kind, value, index, where):
    """(a, b) of a grant."""
    if kind in ("service", "process", "history"):
        check(value in index, where, f"no service is named {value!r}")
        return index[value], 0
    if kind == "irq":
        return number(value, 0, 23, where), 0
    if kind == "notification":
        return number(value, 1, (1 << 32) - 1, where), 0
    if kind == "ports":
        check(isinstance(value, list) and len(value) == 2, where, "ports are [first, last]")
        first = number(value[0], 0, 0xFFFF, where)
        return first, number(value[1], first, 0xFFFF, where)
    check(value is True, where, f"{kind} is true or absent")
    return 0, 0


def compile_grant(grant, index, where):
    known_keys(grant, {"name", "rights", "control", "space", *KINDS}, where)
    kinds = [key for key in grant if key in KINDS]
    check(len(kinds) == 1, where, f"exactly one of {', '.join(KINDS)}")
    kind = kinds[0]
    check("name" in grant, where, "name is missing")
    name = text(grant["name"], 24, f"{where}.name")
    check(name, where, "name is empty")
    rights = rights_bits(grant.get("rights", DEFAULT_RIGHTS.get(kind, "w")), f"{where}.rights")
    a, b = grant_operands(kind, grant[kind], index, f"{where}.{kind}")
    if "control" in grant:
        check(kind == "service" and grant["control"] is True, where,
              "control is true or absent, beside service")
        b = 1
    if "space" in grant:
        check(kind == "service" and "control" not in grant, where,
              "space stands beside service, without control")
        check(text(grant["space"], 32, f"{where}.space"), where, "space is empty")
        b = SPACE | stream_number(grant["space"])
    return GRANT.pack(name, KINDS[kind], rights, a, b)


def compile_grants(service, index, where):
    grants = service.get("grants", [])
    check(isinstance(grants, list) and len(grants) <= GRANTS_MAX, where,
          f"grants is a list of at most {GRANTS_MAX}")
    packed, names, before = [], {"service", "stream"}, None
    for position, grant in enumerate(grants):
        here = f"{where}.grants[{position}]"
        packed.append(compile_grant(grant, index, here))
        check(grant["name"] not in names, here, f"{grant['name']!r} is given twice")
        names.add(grant["name"])
        if "irq" in grant:
            check(before is not None and "notification" in before, here,
                  "an irq needs a notification directly before it")
        before = grant
    return packed


def stream_number(name):
    """The number by which the log knows a stream: the same in every image that has the name."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value % STREAM_MAX + 1


def compile_stream(service, services, where):
    """The grant "stream": the ledger's endpoint, badged for that stream. None without one."""
    if "stream" not in service:
        return []
    name = service["stream"]
    check(text(name, 32, f"{where}.stream"), where, "stream is empty")
    check("told" in service.get("flags", []), where,
          "who has a stream is told when the ledger was started again: flag `told`")
    ledgers = [at for at, other in enumerate(services) if "log_write" in other.get("flags", [])]
    check(len(ledgers) == 1, where, "a stream needs one service with `log_write`")
    for other in services:
        same = other is not service and "stream" in other
        check(not same or stream_number(other["stream"]) != stream_number(name), where,
              f"the stream {name!r} has the number of {other.get('stream')!r}")
    rights = RIGHTS["w"] | RIGHTS["g"]
    return [GRANT.pack(b"stream", STREAM, rights, ledgers[0], stream_number(name))]


def service_flags(service, where):
    flags = service.get("flags", [])
    check(isinstance(flags, list), where, "flags is a list")
    for flag in flags:
        check(flag in FLAGS, where, f"unknown flag {flag!r}; known: {', '.join(FLAGS)}")
    check(len(set(flags)) == len(flags), where, "a flag stands twice")
    return sum(FLAGS[flag] for flag in flags)


def interface_ids():
    """Name -> id of the interfaces in idl/."""
    ids = {}
    for path in sorted((tree.ROOT / "idl").glob("*.capnp")):
        for name, number_ in INTERFACE.findall(path.read_text(encoding="utf-8")):
            check(name not in ids, path.name, f"interface {name} stands in another file, too")
            ids[name] = int(number_, 16)
    return ids


def served_ids(service, ids, where):
    """Interface ids by the kind of a badge, as many as the layout has room for."""
    serves = service.get("serves", [])
    check(isinstance(serves, list) and len(serves) <= KINDS_MAX, where,
          f"serves is a list of at most {KINDS_MAX} interfaces")
    check(bool(serves) == ("provides" in service.get("flags", [])), where,
          "who provides an endpoint says what it serves there, and nobody else")
    for name in serves:
        check(name in ids, where, f"no interface is named {name!r}")
    return [ids[name] for name in serves] + [0] * (KINDS_MAX - len(serves))


def compile_service(service, first_grant, grant_count, ids, where):
    quota = numbers(service.get("quota", {}), QUOTA, f"{where}.quota")
    check(quota["slots"] & (quota["slots"] - 1) == 0, where, "quota.slots is a power of two")
    restart = numbers(service.get("restart", {}), RESTART, f"{where}.restart")
    budget = number(service.get("budget_us", 0), 0, 10**9, f"{where}.budget_us")
    period = number(service.get("period_us", 0), 0, 10**9, f"{where}.period_us")
    check(budget <= period, where, "budget_us is greater than period_us")
    program = text(service["program"], 64, f"{where}.program")
    check(program.startswith(b"/"), where, "program is an absolute path")
    return SERVICE.pack(
        text(service["name"], 32, f"{where}.name"), program,
        text(service.get("arguments", ""), 96, f"{where}.arguments"),
        service_flags(service, where), first_grant, grant_count,
        quota["pages"], quota["slots"], quota["threads"], quota["commits"],
        number(service.get("priority"), 1, PRIORITY_MAX, f"{where}.priority"), budget, period,
        restart["limit"], restart["backoff_ms"], *served_ids(service, ids, where),
        number(service.get("misses", 0), 0, 1000, f"{where}.misses"), 0)


def links(service):
    """Names of the services that this one is granted, so calls."""
    return [grant["service"] for grant in service.get("grants", []) if "service" in grant]


def calls(service, services):
    """Names of those that it calls: what it is granted, and the ledger for stream or history."""
    ledgers = [other["name"] for other in services if "log_write" in other.get("flags", [])]
    histories = [grant["history"] for grant in service.get("grants", []) if "history" in grant]
    return links(service) + histories + (ledgers if "stream" in service else [])


def check_calls(services):
    """Calls go uphill: the callee's priority is the higher one. So there is no cycle either."""
    by_name = {service["name"]: service for service in services}
    for service in services:
        for name in calls(service, services):
            where = f"service {service['name']}"
            callee = by_name[name]
            check("provides" in callee.get("flags", []), where,
                  f"is granted {name}, which provides nothing")
            check(callee["priority"] > service["priority"], where,
                  f"calls downhill: {name} has priority {callee['priority']},"
                  f" not above {service['priority']}")


def check_spaces(services):
    """A space is one service's, and no two names have one number."""
    found = {}
    for service in services:
        for grant in service.get("grants", []):
            if "space" not in grant:
                continue
            key = (grant["service"], stream_number(grant["space"]))
            check(key not in found, f"service {service['name']}",
                  f"the space {grant['space']!r} is {found.get(key)}'s")
            found[key] = service["name"]


def check_watched(services):
    """Who is to be asked whether it lives is granted to a watcher, and the other way round."""
    asked = {name for service in services if "watches" in service.get("flags", [])
             for name in links(service)}
    for service in services:
        check((service.get("misses", 0) > 0) == (service["name"] in asked),
              f"service {service['name']}",
              "`misses` is for those that a service with `watches` is granted, and for all of them")


def check_programs(services, paths):
    for service in services:
        check(service["program"] in paths, f"service {service['name']}",
              f"{service['program']} is not in the boot image")


def parse(source):
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"system description: {error}") from error
    known_keys(table, {"service"}, "system description")
    services = table.get("service", [])
    check(isinstance(services, list) and 0 < len(services) <= SERVICES_MAX,
          "system description", f"1 to {SERVICES_MAX} services")
    index = {}
    for position, service in enumerate(services):
        where = f"service[{position}]"
        known_keys(service, SERVICE_KEYS, where)
        for key in ("name", "program", "priority"):
            check(key in service, where, f"{key} is missing")
        check(service["name"] not in index, where, f"{service['name']!r} stands twice")
        check(service["name"] not in ("", "axiom", "init", "registry"), where,
              f"{service['name']!r} is a reserved name")
        index[service["name"]] = position
    return services, index


def compile_description(source, paths=None):
    """The bytes of /system/description.bin. `paths`: files of the image, to check programs."""
    services, index = parse(source)
    ids = interface_ids()
    packed_services, packed_grants = [], []
    for service in services:
        where = f"service {service['name']}"
        grants = compile_grants(service, index, where)
        grants += compile_stream(service, services, where)
        check(len(grants) <= GRANTS_MAX, where, f"more than {GRANTS_MAX} grants and streams")
        packed_services.append(compile_service(service, len(packed_grants), len(grants), ids,
                                               where))
        packed_grants += grants
    check_calls(services)
    check_watched(services)
    check_spaces(services)
    if paths is not None:
        check_programs(services, paths)
    header = HEADER.pack(MAGIC, VERSION, len(packed_services), len(packed_grants), 0)
    return header + b"".join(packed_services) + b"".join(packed_grants)
