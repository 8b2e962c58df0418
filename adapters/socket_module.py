"""Python's socket module: the calls of the script language, one by one."""

import platform
import socket
import sys
from contextlib import contextmanager

import protocol
import socket_options

NAMED = {}
# A call that waits longer is told to block.
WAIT_S = 0.5
HALVES = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}


def family_of(address):
    return socket.AF_INET6 if address.startswith("[") else socket.AF_INET


def sockaddr(sock, address):
    """`127.0.0.1:80` and `[fe80::1%lo]:80` as the module takes them: no other family's."""
    if family_of(address) != sock.family:
        raise protocol.NotSupported(address)
    host, _, port = address.rpartition(":")
    host, _, scope = host.strip("[]").partition("%")
    if sock.family == socket.AF_INET:
        return host, int(port)
    scope = int(scope or 0) if scope.isdigit() or not scope else socket.if_nametoindex(scope)
    return host, int(port), 0, scope


def shown(host, port, _flow=0, scope=None):
    if scope is None:
        return f"{host}:{port}"
    return f"[{host.partition('%')[0]}{f'%{scope}' if scope else ''}]:{port}"


@contextmanager
def patience(sock):
    """A timeout for one call; with one, the module makes a socket non-blocking."""
    before = sock.gettimeout()
    sock.settimeout(WAIT_S)
    try:
        yield sock
    finally:
        sock.settimeout(before)


def inherited(sock):
    """Does a program that subprocess starts find the descriptor?"""
    test = f"import os\ntry: os.fstat({sock.fileno()}); print('yes')\nexcept OSError: print('no')"
    return protocol.spawn([sys.executable, "-c", test])["output"].strip()


def connected(sock, address):
    with patience(sock):
        sock.connect(sockaddr(sock, address))
    return {"local": shown(*sock.getsockname())}


def raw(line):
    match line.split():
        case [name, "=", "socket", family]:
            NAMED[name] = socket.socket(protocol.family(family))
        case [name, "=", "connect", address]:
            NAMED[name] = socket.socket(family_of(address))
            return connected(NAMED[name], address)
        case [name, "=", "accept", listener]:
            with patience(NAMED[listener]) as sock:
                NAMED[name], peer = sock.accept()
            return {"peer": shown(*peer)}
        case [name, "=", "dup", original]:
            NAMED[name] = NAMED[original].dup()
        case ["close", name]:
            NAMED.pop(name).close()
        case [call, name, *rest]:
            return made(call, NAMED[name], rest)
    return True


def made(call, sock, rest):
    match call, rest:
        case "set", [name, value]:
            socket_options.put(sock, name, value)
        case "get", [name]:
            return socket_options.get(sock, name)
        case "bind", [address]:
            sock.bind(sockaddr(sock, address))
        case "listen", [backlog]:
            sock.listen(int(backlog))
        case "connect", [address]:
            return connected(sock, address)
        case "shutdown", [half]:
            sock.shutdown(HALVES[half])
        case "name", []:
            return shown(*sock.getsockname())
        case "send", [count]:
            return sock.send(bytes(int(count)))
        case "recv", []:
            with patience(sock):
                return len(sock.recv(65536))
        case "inherited", []:
            return inherited(sock)
        case _:
            raise protocol.NotSupported(call)
    return True


def raw_or_blocked(line):
    try:
        return raw(line)
    except TimeoutError as error:
        if error.errno:
            raise
        return {"blocked": True}


CALLS = {"raw": (raw_or_blocked, ["line"]), "spawn": (protocol.spawn, ["command"])}
CALLS["hello"] = protocol.hello_of("socket module", platform.python_version(), CALLS)

for line in sys.stdin:
    with protocol.exchange(line, CALLS) as request:
        request.value = request.call(**request.keys)
