"""Gives files that are as the last run found them the times that they had then.

usage: keep_times.py RECORD FOLDER

cargo goes by times, and in a new clone all of them are new: it would build again what did not change.
RECORD holds what the last run found in FOLDER, and is written anew. Only for a folder in which nothing is
built between two runs.
"""

import hashlib
import json
import os
import sys
import tempfile

record, folder = sys.argv[1:]

try:
    with open(record, encoding="utf-8") as file:
        known = json.load(file)
except (OSError, ValueError):
    known = {}

found = {}
for place, folders, names in os.walk(folder):
    folders[:] = [name for name in folders if name not in (".git", "target")]
    for name in names:
        path = os.path.join(place, name)
        if os.path.islink(path):
            continue
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        time = os.stat(path).st_mtime_ns
        before = known.get(path)
        if before and before[0] == digest:
            time = before[1]
            os.utime(path, ns=(time, time))
        found[path] = [digest, time]

descriptor, new = tempfile.mkstemp(dir=os.path.dirname(record))
with os.fdopen(descriptor, "w", encoding="utf-8") as file:
    json.dump(found, file)
os.replace(new, record)
