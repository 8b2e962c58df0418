"""Where both sides are asked, with the answers that the contract knows from Tornado."""

import socket
from dataclasses import dataclass, replace

from cases import Case, Listener

V4, V6 = socket.AF_INET, socket.AF_INET6
PASSIVE, CANONNAME = socket.AI_PASSIVE, socket.AI_CANONNAME


@dataclass(frozen=True)
class Environment:
    """Where both sides are asked."""

    name: str
    # Arguments of `bindproof __sandbox`.
    sandbox: tuple[str, ...] = ()
    # Calls with Tornado's answer, which prove that the environment is what it says.
    known: tuple[tuple[Case, str], ...] = ()
    has_ipv6: bool = True
    # No arguments are generated here.
    known_only: bool = False
    # Generated ports can be somebody else's.
    company: bool = False


def refused(*calls):
    return tuple(word for call in calls for word in ("--refuse", call))


def hosts(*lines):
    return ("--env", " ".join(["hosts", *(f'"{line}"' for line in lines)]))


HOSTS = hosts(
    "127.0.0.1 localhost",
    "::1 localhost ip6-localhost",
    "127.0.0.2 two",
    "127.0.0.1 twice",
    "127.0.0.1 twice",
    "::1 twice",
    "127.0.0.3 many",
    "::1 many",
    "127.0.0.1 many",
)
# Tornado's answers, section 6.1 of the contract.
EVERY = "0.0.0.0 ::"
ARGUMENTS = [
    (Case(), EVERY),
    (Case(address=""), EVERY),
    (Case(family=V4), "0.0.0.0"),
    (Case(family=V6), "::"),
    (Case(flags=0), "127.0.0.1 ::1"),
    (Case(address="localhost"), "127.0.0.1 ::1"),
    (Case(port=None), "resolve EAI_NONAME"),
    (Case(port=None, address="localhost"), "127.0.0.1 ::1"),
    (Case(port="http", address="127.0.0.1"), "127.0.0.1"),
    (Case(port="0", address="127.0.0.1"), "127.0.0.1"),
    (Case(port=65535), EVERY),
    (Case(port=65536), EVERY),
    (Case(port=70000), EVERY),
    (Case(port="70000"), EVERY),
    (Case(port=2**40), EVERY),
    (Case(port=-1), "resolve EAI_SERVICE"),
    (Case(address="::", family=V4), "resolve EAI_ADDRFAMILY"),
    (Case(address="0.0.0.0", family=V6), "resolve EAI_ADDRFAMILY"),
    (Case(address="::ffff:127.0.0.1"), "bind EINVAL"),
    (Case(address="::ffff:0.0.0.0"), "bind EINVAL"),
    (Case(address="fe80::1"), "bind EINVAL"),
    (Case(address="fe80::1%lo"), "bind EADDRNOTAVAIL"),
    (Case(address="10.255.254.253"), "bind EADDRNOTAVAIL"),
    (Case(address="2001:db8::1"), "bind EADDRNOTAVAIL"),
    (Case(address="127.0.0.2"), "127.0.0.2"),
    (Case(address="[::1]"), "resolve EAI_NONAME"),
    (Case(address="localhost", flags=socket.AI_NUMERICHOST), "resolve EAI_NONAME"),
    (Case(family=socket.AF_UNIX), "resolve EAI_FAMILY"),
    (Case(flags=1 << 30), "resolve EAI_BADFLAGS"),
    (Case(backlog=0), EVERY),
    (Case(backlog=-1), EVERY),
    (Case(backlog=2**31 - 1), EVERY),
    (Case(backlog=2**31), "listen OverflowError"),
    (Case(address="a" * 64), "resolve UnicodeError"),
    (Case(address="a..b"), "resolve UnicodeError"),
]


# Listener against listener, section 6.3: which second ones each first one shuts out.
SHUTS_OUT = {
    "0.0.0.0": ["0.0.0.0", "127.0.0.1", "127.0.0.2"],
    "127.0.0.1": ["0.0.0.0", "127.0.0.1"],
    "127.0.0.2": ["0.0.0.0", "127.0.0.2"],
    "::": ["::", "::1"],
    "::1": ["::", "::1"],
}


def listener_against_listener():
    for first, shut_out in SHUTS_OUT.items():
        for second in SHUTS_OUT:
            alone = Case(8080, second, beside=(Listener(first, 8080),))
            shared = Case(8080, second, beside=(Listener(first, 8080, reuse_port=True),))
            refusal = "bind EADDRINUSE" if second in shut_out else second
            yield alone, refusal
            yield shared, refusal
            yield replace(shared, reuse_port=True), second


# Four ephemeral ports, three of them taken in IPv6. Tornado's answer is luck, so it is not known.
CROWD = tuple(Listener("::", port) for port in range(40000, 40004))
CROWDED = [
    (Case(beside=CROWD[:free] + CROWD[free + 1 :], address=address), None)
    for free in range(4)
    for address in [None, "localhost"]
    for _ in range(4)
]

# Section 6.2, and what the differences of section 3 need.
ENVIRONMENTS = [
    Environment("plain", HOSTS, (*ARGUMENTS, *listener_against_listener()), company=True),
    Environment(
        "ipv6 off",
        (*HOSTS, "--env", "ipv6 off"),
        ((Case(), "0.0.0.0"), (Case(address="::1"), "nothing")),
    ),
    Environment(
        "both families EAFNOSUPPORT",
        (*HOSTS, *refused("socket:inet=EAFNOSUPPORT", "socket:inet6=EAFNOSUPPORT")),
        ((Case(), "nothing"), (Case(address="127.0.0.1"), "nothing")),
    ),
    Environment(
        "socket:inet6 EPROTONOSUPPORT",
        (*HOSTS, *refused("socket:inet6=EPROTONOSUPPORT")),
        ((Case(), "socket EPROTONOSUPPORT"), (Case(address="127.0.0.1"), "127.0.0.1")),
    ),
    Environment(
        "socket:inet EACCES",
        (*HOSTS, *refused("socket:inet=EACCES")),
        ((Case(), "socket EACCES"), (Case(address="::1"), "::1")),
    ),
    Environment(
        "reuseaddr ENOPROTOOPT",
        (*HOSTS, *refused("setsockopt:reuseaddr=ENOPROTOOPT")),
        ((Case(), EVERY),),
    ),
    Environment(
        "reuseaddr EINVAL",
        (*HOSTS, *refused("setsockopt:reuseaddr=EINVAL")),
        ((Case(), "setsockopt EINVAL"),),
    ),
    Environment(
        "reuseport ENOPROTOOPT",
        (*HOSTS, *refused("setsockopt:reuseport=ENOPROTOOPT")),
        ((Case(), EVERY), (Case(reuse_port=True), "setsockopt ENOPROTOOPT")),
    ),
    Environment(
        "v6only EINVAL",
        (*HOSTS, *refused("setsockopt:v6only=EINVAL")),
        ((Case(), "setsockopt EINVAL"), (Case(address="127.0.0.1"), "127.0.0.1")),
    ),
    Environment(
        "has_ipv6 false",
        HOSTS,
        (
            (Case(), "0.0.0.0"),
            (Case(family=V6), "::"),
            (Case(address="::1"), "resolve EAI_ADDRFAMILY"),
        ),
        has_ipv6=False,
    ),
    Environment(
        "ipv6 no-address",
        (*HOSTS, "--env", "ipv6 no-address"),
        (
            (Case(), EVERY),
            (Case(address="::"), "::"),
            (Case(address="localhost"), "127.0.0.1"),
            (Case(address="localhost", family=V6), "nothing"),
            (Case(address="ip6-localhost"), "bind EADDRNOTAVAIL"),
            (Case(address="::1"), "bind EADDRNOTAVAIL"),
        ),
    ),
    Environment(
        "bindv6only on",
        (*HOSTS, "--env", "bindv6only on"),
        ((Case(), EVERY), (Case(8080), EVERY)),
        company=True,
    ),
    Environment(
        "second family's port taken",
        HOSTS,
        (
            (Case(8080, beside=(Listener("::", 8080),)), "bind EADDRINUSE"),
            (Case(8080, "localhost", beside=(Listener("::1", 8080),)), "bind EADDRINUSE"),
        ),
        known_only=True,
    ),
    Environment(
        "a name listed twice by canonical name",
        hosts("127.0.0.1 localhost", "::1 localhost"),
        (
            (Case(address="localhost", family=V4), "127.0.0.1"),
            (
                Case(address="localhost", family=V4, flags=PASSIVE | CANONNAME),
                "bind EADDRINUSE",
            ),
        ),
        known_only=True,
    ),
    Environment(
        "one of four ports free",
        (*HOSTS, "--env", "ephemeral 40000-40003"),
        (*CROWDED, (Case(beside=CROWD), "bind EADDRINUSE")),
        known_only=True,
    ),
    Environment(
        "one port",
        (*HOSTS, "--env", "ephemeral 40000-40000"),
        (
            (Case(), EVERY),
            (Case(beside=CROWD[:1]), "bind EADDRINUSE"),
            (Case(beside=CROWD[:1], port_attempts=0), "bind EADDRINUSE"),
        ),
        known_only=True,
    ),
    Environment(
        "user unprivileged",
        (*HOSTS, "--env", "user unprivileged"),
        ((Case(80), "bind EACCES"), (Case(8080), EVERY)),
        company=True,
    ),
]
