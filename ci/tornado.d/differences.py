"""The deliberate differences of the reference from Tornado, each recognised by what it says.

A difference explains two answers only if Tornado, asked in the way that the difference describes,
gives ours. Whatever is left is unexplained. R21 is no difference of the two functions but of
Python's `listen`.
"""

import errno
import re
import socket
from dataclasses import replace
from itertools import chain, combinations

I32 = range(-(2**31), 2**31)
# White_Space of Unicode.
BLANK = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def differences(case, tornado, ours, ask_tornado, free):
    """The ids of the differences that explain the two answers, or None."""
    if ours.left_open or (ours.error and ours.free != free):
        return None
    ids = []
    if tornado.left_open:
        ids.append("D1")
        # A new bind says EADDRINUSE while the exception is held.
        if tornado.free != free:
            ids.append("D1, port held")
    if same(case, tornado, ours):
        return ids
    if refused_text(case, ours):
        return [*ids, "D3"]
    if not_expressible(case, tornado, ours, ask_tornado):
        return [*ids, "D16"]
    if lost_port(case, tornado, ours):
        return [*ids, "D4"]
    rewritten = asked_otherwise(case, ours, ask_tornado)
    return None if rewritten is None else [*ids, *rewritten]


def same(case, one, other):
    return one.error == other.error and comparable(case, one) == comparable(case, other)


def comparable(case, answer):
    """The sockets; of a port that the kernel chose, only that it is one for all."""
    sockets = answer.sockets
    if sockets and case.any_port():
        ports = {sock["port"] for sock in sockets}
        if len(ports) == 1 and 0 not in ports:
            return [sock | {"port": "common"} for sock in sockets]
    return sockets


def refused_text(case, ours):
    """D3: refused before any call, exactly where the contract says so."""
    return ours.error == ("refused", refusal(case))


def refusal(case):
    port = str(case.port)
    if "\0" in (case.address or ""):
        return "InvalidHost"
    if port == "" or "\0" in port or port[0] in "+-" or BLANK.match(port):
        return "InvalidService"
    if port.isascii() and port.isdigit() and int(port) > 65535:
        return "PortOutOfRange"
    return None


def not_expressible(case, tornado, ours, ask):
    """D16: no port at all, or a backlog that is no i32."""
    if ours.error == ("not expressible", "port None"):
        # Without a host the resolver is asked for nothing; with one, for port 0.
        as_zero = replace(case, port=0)
        return case.port is None and (not case.address or same(as_zero, tornado, ask(as_zero)))
    if ours.error == ("not expressible", "backlog") and case.backlog not in I32:
        overflow = tornado.error == ("listen", "OverflowError")
        return overflow or same(case, tornado, ask(replace(case, backlog=128)))
    return False


def lost_port(case, tornado, ours):
    """D4: any port was asked for; the one that Tornado had bound was taken in the other family."""
    lost = tornado.error == ("bind", errno.EADDRINUSE) and tornado.left_open > 1
    return case.any_port() and case.port_attempts > 0 and lost and bool(ours.sockets)


def asked_otherwise(case, ours, ask):
    """The fewest differences in whose way Tornado must be asked to give our answer."""
    ways = [name for name, way in WAYS.items() if way(case) != case]
    for names in chain.from_iterable(combinations(ways, count) for count in (1, 2, 3)):
        other = case
        for name in names:
            other = WAYS[name](other)
        if same(case, ask(other), ours):
            return names
    return None


def without_canonical_name(case):
    """D2: all in which two records differed."""
    return replace(case, flags=(case.flags or 0) & ~socket.AI_CANONNAME) if case.flags else case


def as_bytes(case):
    """D15: the name as it is given to our resolver, if the runtime would make another one of it."""
    if not isinstance(case.address, str):
        return case
    raw = case.address.encode()
    try:
        if case.address.encode("idna") == raw:
            return case
    except UnicodeError:
        pass
    return replace(case, address=raw)


def as_unsigned(case):
    """R21: the kernel reads a negative backlog as a large one; Python's listen makes it 0."""
    return replace(case, backlog=I32[-1]) if case.backlog < 0 else case


WAYS = {"D2": without_canonical_name, "D15": as_bytes, "R21": as_unsigned}
