"""Lines reached, by room, out of an lcov file; every line missed, with its text. A module of tests
at the end of a file is not counted.

usage: coverage.py LCOV LEAST
"""

import collections
import pathlib
import sys

lcov, least = sys.argv[1], float(sys.argv[2])
hits = collections.defaultdict(dict)
for line in pathlib.Path(lcov).read_text(encoding="utf-8").splitlines():
    key, _, rest = line.partition(":")
    if key == "SF":
        path = rest[rest.index("src/") :]
    elif key == "DA":
        number, count = rest.split(",")[:2]
        known = hits[path].get(int(number), 0)
        hits[path][int(number)] = max(known, int(count))

rooms = collections.defaultdict(lambda: [0, 0])
for path, lines in sorted(hits.items()):
    text = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    end = next((n for n, line in enumerate(text, 1) if line.startswith("#[cfg(test)]")), len(text) + 1)
    room = path.split("/")[1]
    for number, count in sorted(lines.items()):
        if number >= end:
            continue
        rooms[room][0] += count > 0
        rooms[room][1] += 1
        if not count:
            print(f"{path}:{number}: {text[number - 1].strip()}")

print()
reached = total = 0
for room, (hit, all_lines) in sorted(rooms.items()):
    print(f"{room:10} {hit:6} of {all_lines:6} lines, {100 * hit / all_lines:.2f} %")
    reached, total = reached + hit, total + all_lines
print(f"{'all':10} {reached:6} of {total:6} lines, {100 * reached / total:.2f} %")
sys.exit(100 * reached / total < least)
