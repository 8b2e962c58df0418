"""Lines reached, by room, out of an lcov file; every line missed, with why. A module of tests at the
end of a file is not counted.

usage: coverage.py LCOV LEAST REASONS

REASONS is TOML: `[[missed]]` with `file`, `in` (the name of the function) and `reason`; `line` (a part
of the line's text) narrows it down, `sometimes = true` is for lines that some runs reach. Fails below
LEAST per cent of a room, on a line without a reason, and on a reason without a line.
"""

import collections
import pathlib
import re
import sys
import tomllib

FUNCTION = re.compile(r"( *)(?:pub(?:\([^)]*\))? )?(?:const |unsafe )*fn (\w+)")


def lines_of(lcov):
    """How often each line ran, by file."""
    hits = collections.defaultdict(dict)
    for line in pathlib.Path(lcov).read_text(encoding="utf-8").splitlines():
        key, _, rest = line.partition(":")
        if key == "SF":
            path = rest[rest.rindex("/src/") + 1 :]
        elif key == "DA":
            number, count = (int(field) for field in rest.split(",")[:2])
            hits[path][number] = max(hits[path].get(number, 0), count)
    return hits


def function_of(text, number):
    """The function that a line stands in: the nearest one above that is less indented."""
    line = text[number - 1]
    indent = len(line) - len(line.lstrip())
    for above in range(number, 0, -1):
        found = FUNCTION.match(text[above - 1])
        if found and (above == number or len(found[1]) < indent or line.strip()[:1] in (")", "}")):
            return found[2]
    return ""


def main(lcov, least, reasons):
    entries = tomllib.loads(pathlib.Path(reasons).read_text(encoding="utf-8"))["missed"]
    used = [0] * len(entries)
    rooms = collections.defaultdict(lambda: [0, 0])
    unexplained = 0
    for path, counts in sorted(lines_of(lcov).items()):
        text = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        end = next((n for n, line in enumerate(text, 1) if line.startswith("#[cfg(test)]")), len(text) + 1)
        room = rooms[path.split("/")[1]]
        for number, count in sorted(counts.items()):
            if number >= end:
                continue
            room[0] += count > 0
            room[1] += 1
            if count:
                continue
            line, function = text[number - 1], function_of(text, number)
            why = "NO REASON"
            for index, entry in enumerate(entries):
                if (entry["file"], entry["in"]) == (path, function) and entry.get("line", "") in line:
                    used[index] += 1
                    why = entry["reason"]
                    break
            unexplained += why == "NO REASON"
            print(f"{path}:{number}: in {function}: {line.strip()}  # {why}")

    print()
    failed = False
    rooms["all"] = [sum(room[part] for room in rooms.values()) for part in (0, 1)]
    for room, (reached, lines) in rooms.items():
        rate = 100 * reached / lines
        failed |= rate < least
        print(f"{room:10} {reached:6} of {lines:6} lines, {rate:.2f} %")
    for entry, count in zip(entries, used):
        if not count and not entry.get("sometimes"):
            print(f"{reasons}: every line is reached: {entry['file']}, {entry['in']} {entry.get('line', '')}")
            failed = True
    print(f"{sum(used)} lines are missed for a reason, {unexplained} without one")
    return failed or unexplained > 0


sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
