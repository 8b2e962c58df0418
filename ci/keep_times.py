"""Gives files and folders that are as the last run found them the times that they had then.

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


def keep(path, content):
    """Gives a file or folder the time that it had with this content, if that is known."""
    digest = hashlib.sha256(content).hexdigest()
    before, time = known.get(path), os.stat(path).st_mtime_ns
    if before and before[0] == digest:
        time = before[1]
        os.utime(path, ns=(time, time))
    found[path] = [digest, time]


for place, folders, names in os.walk(folder):
    folders[:] = sorted(name for name in folders if name not in (".git", "target"))
    # A build script may wait for a change of a folder.
    keep(place, "\n".join(folders + sorted(names)).encode())
    for name in names:
        path = os.path.join(place, name)
        if not os.path.islink(path):
            with open(path, "rb") as file:
                keep(path, file.read())

descriptor, new = tempfile.mkstemp(dir=os.path.dirname(record))
with os.fdopen(descriptor, "w", encoding="utf-8") as file:
    json.dump(found, file)
os.replace(new, record)
