"""Compares `bind_sockets` with Tornado's; fails if a difference is none of the deliberate ones, or
if one of those never shows. `ci/tornado` starts it."""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

from cases import Case
from environments import ENVIRONMENTS
from generator import generated

MUST_SHOW = ["D1", "D1, port held", "D2", "D3", "D4", "D15"]
SHOWN_MAX = 5


def arguments():
    parser = argparse.ArgumentParser(prog="ci/tornado")
    parser.add_argument("--bindproof", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help="what the arguments are made from")
    parser.add_argument(
        "--cases",
        type=int,
        default=5000,
        help="how many in the plain environment; a tenth elsewhere",
    )
    names = [environment.name for environment in ENVIRONMENTS]
    parser.add_argument("--environment", choices=names, help="only this one")
    parser.add_argument("--case", help="only this call, as JSON; both answers are shown")
    return parser.parse_args()


def verdicts(bindproof, environment, cases):
    """Runs the half of the comparison that stands in the sandbox."""
    inside = [sys.executable, "-B", Path(__file__).with_name("inside.py")]
    command = [bindproof, "__sandbox", *environment.sandbox, "--"]
    done = subprocess.run(
        [*command, *inside, Path(bindproof).resolve(), str(environment.has_ipv6)],
        # The resolver reads names by the locale, and only Python sets one.
        env=os.environ | {"LC_ALL": "C"},
        input="".join(json.dumps(case.to_json()) + "\n" for case in cases),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(lines) != len(cases):
        where = f" at {cases[len(lines)].to_json()}" if len(lines) < len(cases) else ""
        sys.exit(f"{environment.name}: the comparison broke off{where}")
    return lines


class Tally:
    """What came, and what is not explained."""

    def __init__(self):
        self.answers, self.shown, self.findings = Counter(), Counter(), []

    def count(self, environment, case, verdict):
        tornado, ours = verdict["short"]
        # An answer without its addresses.
        sockets = verdict["ours"]["sockets"]
        self.answers[ours if sockets is None else f"{len(sockets)} sockets"] += 1
        self.shown.update(verdict["differences"] or [])
        known = dict(environment.known).get(case)
        if verdict["differences"] is None:
            self.findings.append((environment, case, verdict, "no difference explains this"))
        elif known not in (None, tornado):
            self.findings.append((environment, case, verdict, f"Tornado is known for: {known}"))

    def show(self):
        print(f"{self.answers.total():5} in all. What ours answered:")
        for name, count in self.answers.most_common():
            print(f"{count:9} {name}")
        print("What explains the differences:")
        for name in sorted(self.shown.keys() | set(MUST_SHOW)):
            print(f"{self.shown[name]:9} {name}")
        for environment, case, verdict, why in self.findings[:SHOWN_MAX]:
            arguments = json.dumps(case.to_json())
            print(f"\nUNEXPLAINED in {environment.name}: {why}\n  arguments {arguments}")
            for side in ("tornado", "ours"):
                print(f"  {side:8}{json.dumps(verdict[side])}")
            words = ["ci/tornado", "--environment", environment.name, "--case", arguments]
            print(f"  replay: {shlex.join(words)}")


def cases_of(environment, args):
    if args.case:
        return [Case.from_json(json.loads(args.case))]
    share = args.cases if environment.name == "plain" else args.cases // 10
    known = [case for case, _ in environment.known]
    return known + generated(environment, args.seed, 0 if environment.known_only else share)


def main():
    args = arguments()
    tally = Tally()
    print(f"seed {args.seed}")
    for environment in ENVIRONMENTS:
        if args.environment not in (None, environment.name):
            continue
        cases = cases_of(environment, args)
        judged = verdicts(args.bindproof, environment, cases)
        for case, verdict in zip(cases, judged, strict=True):
            tally.count(environment, case, verdict)
        if args.case:
            print(json.dumps(judged, indent=1))
        same = sum(verdict["differences"] == [] for verdict in judged)
        print(f"{len(cases):5} {environment.name}: {same} the same", flush=True)
    tally.show()
    if tally.findings:
        sys.exit(f"\n{len(tally.findings)} unexplained (seed {args.seed})")
    missing = [name for name in MUST_SHOW if not tally.shown[name]]
    if missing and not args.environment:
        sys.exit(f"never shown, so never compared: {', '.join(missing)}")


main()
