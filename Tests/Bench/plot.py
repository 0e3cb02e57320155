#!/usr/bin/env python3
"""Draws how cost grows with work, as SVG, from the JSON of table.py and growth.py.

    plot.py JSON [JSON ...] --into FOLDER

Writes `posting.svg` (posting stage onto a growing history), `house.svg` (whole files onto a growing house), `files.svg`
(files of growing size) and `close.svg`, each where its figures are in one of the files. It needs Python alone.
"""
import argparse
import json
import math
import pathlib

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 300, 64, 44, 36, 120
COLOURS = ("#0b5fa5", "#b3470f", "#3c7a33")


def ticks(low, high, isLog):
    if isLog:
        return [10 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                if low <= 10 ** power <= high]
    step = 10 ** math.floor(math.log10(high))
    for part in (0.2, 0.5, 1):
        if high / (step * part) <= 6:
            step *= part
            break
    return [round(step * index, 12) for index in range(int(high / step) + 1)]


def name(value):
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def draw(title, across, up, series, isLog=False):
    """A plot: series are names with lists of (x, y)."""
    points = [point for _, line in series for point in line]
    low = min(x for x, _ in points) if isLog else 0
    high, top = max(x for x, _ in points) * 1.0001, max(y for _, y in points) * 1.1

    def place(x, y):
        part = math.log(x / low) / math.log(high / low) if isLog else (x - low) / (high - low)
        return (LEFT + part * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="#fff"/>', f'<text x="{LEFT}" y="18" font-size="13">{title}</text>',
           f'<text x="{(WIDTH - RIGHT + LEFT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{across}</text>',
           f'<text x="{LEFT}" y="{TOP - 4}" fill="#555">{up}</text>']
    for value in ticks(low, high, isLog):
        x, y = place(value, 0)
        out.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{name(value)}</text>')
    for value in ticks(0, top, False):
        x, y = place(low, value)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{name(value)}</text>')
    for index, (label, line) in enumerate(series):
        colour = COLOURS[index % len(COLOURS)]
        places = [place(*point) for point in sorted(line)]
        out.append(f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" fill="none" stroke="{colour}" '
                   'stroke-width="1.5"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}"/>' for x, y in places]
        out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{places[-1][1] + 4 + 13 * index:.1f}" fill="{colour}">{label}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def plots(growth, records):
    if posting := growth.get("posting"):
        yield "posting", draw(
            "Posting alone, ids ascending", "records of history", "CPU s a million", [
                ("posting", [(row["history"], row["posting"] * 1e6 / records) for row in posting]),
                ("remembering", [(row["history"], row["remembering"] * 1e6 / records) for row in posting])])
    if house := growth.get("house"):
        yield "house", draw(
            "A CSV file onto a growing house", "records of history", "CPU s a million",
            [("whole file", [((row["file"] - 1) * records, row["cpu"] * 1e6 / records) for row in house])])
    if files := growth.get("files"):
        forms = sorted({row["format"] for row in files})
        for key, unit, scale in (("cpu", "CPU µs a record", 1e6), ("memory", "peak memory, MiB", None)):
            yield f"files-{key}", draw(
                "Files of growing size", "records of the file", unit,
                [(form, [(row["records"], row[key] * scale / row["records"] if scale else row[key])
                         for row in files if row["format"] == form]) for form in forms], isLog=True)
    if close := growth.get("close"):
        partners = sorted({row["partners"] for row in close})
        yield "close", draw(
            "Close of a window with signed statements", "records of the window", "CPU s",
            [(f"{count} partners", [(row["records"], row["cpu"]) for row in close if row["partners"] == count])
             for count in partners], isLog=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("json", type=pathlib.Path, nargs="+")
    parser.add_argument("--into", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    for path in options.json:
        found = json.loads(path.read_text())
        for stem, text in plots(found["growth"], found["records"]):
            (options.into / f"{stem}.svg").write_text(text)
            print(options.into / f"{stem}.svg")


if __name__ == "__main__":
    main()
