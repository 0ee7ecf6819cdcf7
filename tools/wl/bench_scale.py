"""What an operation costs when there is much of something else: series, their check, plots."""

import math

from wl import bench_micro, bench_system
from wl.errors import Refused

PREFIX = "scale/"
PART = 50  # a fiftieth more, from the first to the last of a series, is no growth
# What does grow, and by how many instructions for each doubling at most; and why that is so.
GROWS = {"open_among_files": (80, "a directory is a tree")}
# Where a series begins to be compared: one client alone takes the fast path.
BEGINS = {"server_of_clients": 2}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, COLUMNS = 300, 190, 55, 28, 30, 3


def series_of(rows):
    """name -> [(number, instructions)], by number."""
    found = {}
    for name, row in rows.items():
        _, series, number = name.split("/")
        found.setdefault(series, []).append((int(number), row["least"]))
    return {name: sorted(points) for name, points in sorted(found.items())}


def measure(build, kernel):
    rows = bench_micro.measure(build, kernel, PREFIX)
    lines, _ = bench_system.run(build, kernel, "boot-scale.img")
    rows.update({name: row for name, row in bench_micro.parse(lines).items()
                 if name.startswith(PREFIX)})
    return series_of(rows)


def problems(series):
    """What grows and should not; and what should be there and is not."""
    found = [f"{name}: no such series" for name in (*GROWS, *BEGINS) if name not in series]
    for name, points in series.items():
        points = [point for point in points if point[0] >= BEGINS.get(name, 0)]
        (first, low), (last, high) = points[0], points[-1]
        each, _ = GROWS.get(name, (0, ""))
        if high > low + low // PART + each * math.log2(last / first):
            found.append(f"{name}: {low} instructions with {first}, {high} with {last}")
    return found


def table(series):
    for name, points in series.items():
        shown = "  ".join(f"{number}: {cost}" for number, cost in points)
        why = f"   ({GROWS[name][1]})" if name in GROWS else ""
        yield f"{name:30} {shown}{why}"


def panel(name, points, x, y):
    """One plot: numbers on a logarithmic axis, instructions from zero."""
    top = max(cost for _, cost in points) * 1.2
    inner_w, inner_h = WIDTH - LEFT - 20, HEIGHT - TOP - BOTTOM
    spots = []
    for number, cost in points:
        along = math.log(number / points[0][0]) / math.log(points[-1][0] / points[0][0])
        spots.append((x + LEFT + along * inner_w, y + TOP + inner_h * (1 - cost / top)))
    line = " ".join(f"{sx:.1f},{sy:.1f}" for sx, sy in spots)
    base = y + TOP + inner_h
    yield f'<text x="{x + LEFT}" y="{y + 16}" font-weight="bold">{name}</text>'
    yield (f'<path d="M{x + LEFT} {y + TOP} V{base} H{x + LEFT + inner_w}" fill="none" '
           'stroke="#888"/>')
    yield f'<polyline points="{line}" fill="none" stroke="#0b62a4" stroke-width="2"/>'
    for (number, cost), (sx, sy) in zip(points, spots):
        yield f'<circle cx="{sx:.1f}" cy="{sy:.1f}" r="3" fill="#0b62a4"/>'
        yield f'<text x="{sx:.1f}" y="{sy - 7:.1f}" text-anchor="middle">{cost}</text>'
        yield f'<text x="{sx:.1f}" y="{base + 15}" text-anchor="middle">{number}</text>'


def svg(series):
    rows = -(-len(series) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + 24
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">')
    yield f'<rect width="{width}" height="{height}" fill="white"/>'
    yield '<text x="10" y="14">Instructions of one operation, against how many there are.</text>'
    for index, (name, points) in enumerate(series.items()):
        yield from panel(name, points, index % COLUMNS * WIDTH, 20 + index // COLUMNS * HEIGHT)
    yield "</svg>"


def checked(build, kernel, svg_path):
    """Prints the series; 1 if one grows that should not."""
    series = measure(build, kernel)
    if not series:
        raise Refused("no series was measured")
    print("\n".join(table(series)))
    if svg_path:
        svg_path.write_text("\n".join(svg(series)) + "\n", encoding="utf-8")
    found = problems(series)
    for problem in found:
        print(f"bench: {problem}")
    return 1 if found else 0
