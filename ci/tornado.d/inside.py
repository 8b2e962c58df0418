"""The half that runs in the sandbox: a case a line on stdin, a verdict a line on stdout."""

import json
import sys
from dataclasses import asdict

from answers import Ours, Tornado, company, free
from cases import Case
from differences import differences

bindproof, has_ipv6 = sys.argv[1], sys.argv[2] == "True"
tornado = Tornado(has_ipv6)
ours = Ours(bindproof, has_ipv6)
for line in sys.stdin:
    case = Case.from_json(json.loads(line))
    with company(case):
        before = free(case.port_number())
        one, other = tornado.ask(case), ours.ask(case)
        ids = differences(case, one, other, tornado.ask, before)
    verdict = {
        "tornado": asdict(one),
        "ours": asdict(other),
        "short": [one.short(), other.short()],
        "differences": ids,
    }
    print(json.dumps(verdict), flush=True)
