"""Fails unless the job `passed` of each workflow runs always and needs every other job."""

import sys

from ruamel.yaml import YAML

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        jobs = YAML(typ="safe").load(file)["jobs"]
    gate = jobs.pop("passed", None)
    if gate is None:
        sys.exit(f"{path}: there is no job `passed`")
    if gate.get("if") != "always()":
        sys.exit(f"{path}: `passed` must run always(): a skipped required check counts as passed")
    missing = sorted(set(jobs) - set(gate["needs"]))
    if missing:
        sys.exit(f"{path}: `passed` does not need {', '.join(missing)}")
    print(f"{path}: `passed` needs all {len(jobs)} other jobs")
