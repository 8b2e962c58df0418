"""Arguments by chance; the same ones for the same seed and environment."""

import random
import socket
from functools import partial

from cases import Case, Listener

V4, V6 = socket.AF_INET, socket.AF_INET6
PASSIVE, CANONNAME = socket.AI_PASSIVE, socket.AI_CANONNAME

# What the hosts file of the environments knows, in several spellings.
NAMES = ["localhost", "LOCALHOST", "localhost.", "ip6-localhost", "two", "twice", "many"]


def generated(environment, seed, count):
    rng = random.Random(f"{seed}/{environment.name}")
    return [one(rng, environment.company) for _ in range(count)]


def one(rng, company):
    port = any_port(rng)
    beside = ()
    number = Case(port).port_number()
    if company and number > 1023 and rng.random() < 0.5:
        where = rng.choice(["0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1"])
        beside = (Listener(where, number, rng.random() < 0.4),)
    return Case(
        port=port,
        address=any_address(rng),
        family=seldom(rng, [0, 0, 0, V4, V6], rng.randrange(-2, 40), any_i32(rng)),
        backlog=seldom(rng, [128, 0, 1, -1, 4096, 2**31 - 1, -(2**31)], any_i32(rng), 2**31),
        flags=any_flags(rng),
        reuse_port=rng.random() < 0.3,
        port_attempts=rng.choice([10, 10, 10, 0, 1, rng.randrange(20)]),
        exclusive=rng.random() < 0.2,
        beside=beside,
    )


def seldom(rng, usual, *odd):
    """One of the usual ones, and one time in ten an odd one, which ends nearly every call."""
    return rng.choice(odd if rng.random() < 0.1 else usual)


def any_i32(rng):
    return rng.randrange(-(2**31), 2**31)


def any_port(rng):
    # Not in the ephemeral range: a port that the kernel chooses must not meet one of these.
    named = rng.choice([rng.randrange(1, 32768), rng.randrange(61000, 65536)])
    odd = ["", "0", "000", "080", "http", "domain", "no-such", "+80", " 80", "80 ", "\u200380"]
    odd += ["8a", "0x50", "65535", "65536", "70000", "-1", "8\x000", "８０", "99999999999999999999"]
    numbers = [0, 0, 0, named, named, str(named)]
    return rng.choice([*numbers, *numbers, rng.choice(odd), rng.choice([-1, 70000, 2**40, 2**63])])


def any_flags(rng):
    named = [PASSIVE, CANONNAME, socket.AI_NUMERICHOST, socket.AI_NUMERICSERV]
    named += [socket.AI_ADDRCONFIG, socket.AI_V4MAPPED, socket.AI_ALL]
    some = sum(rng.sample(named, rng.randrange(4)))
    bit = PASSIVE | 1 << rng.randrange(31)
    return seldom(rng, [None, None, None, some, some], bit, any_i32(rng))


def any_address(rng):
    kinds = {
        partial(rng.choice, [None, ""]): 5,
        partial(numeric, rng): 6,
        partial(rng.choice, NAMES): 5,
        partial(scoped, rng): 2,
        partial(rng.choice, ["::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:192.0.2.1"]): 1,
        partial(rng.choice, MALFORMED): 3,
        partial(over_long, rng): 1,
        partial(rng.choice, NON_ASCII): 2,
        partial(text, rng): 2,
    }
    return rng.choices(list(kinds), list(kinds.values()))[0]()


def numeric(rng):
    v4 = ".".join(str(rng.randrange(256)) for _ in range(4))
    local = f"127.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"
    v6 = ":".join(f"{rng.randrange(65536):x}" for _ in range(8))
    usual = ["127.0.0.1", "::1", "0.0.0.0", "::", "0", "127.1", "0x7f.1", "255.255.255.255"]
    return rng.choice([*usual, local, local, v4, v6])


def scoped(rng):
    address = rng.choice(["fe80::1", "::1", "ff02::1", "::", "2001:db8::1", "127.0.0.1"])
    return f"{address}%{rng.choice(['lo', 'lo0', '1', '0', '99999999999', 'no-such', ''])}"


MALFORMED = ["[::1]", "127.0.0.1:80", "1.2.3.4.5", "256.0.0.1", "0177.0.0.1", " 127.0.0.1", "*"]
MALFORMED += ["127.0.0.1 ", "::1::", ":::", "1:2:3:4:5:6:7:8:9", ".", "..", "a..b", "-", "%lo"]
MALFORMED += ["127.0.0.1\n", "a b", "a" * 63, "no.invalid", "127.0.0.1\0", "\0"]

# Tornado's runtime turns some of these into another name, or into a number.
NON_ASCII = [
    "bücher.invalid",
    "１２７.0.0.1",
    "127。0。0。1",
    "ｌocalhost",
    "локальный",
    "ß",
    "ü" * 64,
]
NON_ASCII += ["\u200d", "::１", "a\u3002.b", "\u0660", "😀.invalid"]


def over_long(rng):
    several = [".".join(["a"] * 200), "1" * rng.randrange(250, 5000), "1." * 3000]
    return rng.choice(["a" * 64, "x" * 300 + ".invalid", *several])


def text(rng):
    letters = "0123456789abcdef:.%-_ \0\t/\\\"'ÄÖ中\u202e"
    return "".join(rng.choice(letters) for _ in range(rng.randrange(24)))
