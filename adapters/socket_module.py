"""Python's socket module: the calls of the script language, one by one."""

import platform
import select
import socket
import struct
import sys
from socket import IPPROTO_IPV6, SOL_SOCKET

import protocol

NAMED = {}
# Less than the harness waits.
WAIT_S = 4
OPTIONS = {
    "reuseaddr": (SOL_SOCKET, "SO_REUSEADDR"),
    "reuseport": (SOL_SOCKET, "SO_REUSEPORT"),
    "exclusiveaddruse": (SOL_SOCKET, "SO_EXCLUSIVEADDRUSE"),
    "v6only": (IPPROTO_IPV6, "IPV6_V6ONLY"),
    "accepting": (SOL_SOCKET, "SO_ACCEPTCONN"),
}
HALVES = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}


def option(name):
    level, constant = OPTIONS.get(name, (0, ""))
    if not hasattr(socket, constant):
        raise protocol.NotSupported(name)
    return level, getattr(socket, constant)


def family_of(address):
    return socket.AF_INET6 if address.startswith("[") else socket.AF_INET


def sockaddr(address):
    """`127.0.0.1:80` and `[fe80::1%lo]:80` as the module takes them."""
    host, _, port = address.rpartition(":")
    host, _, scope = host.strip("[]").partition("%")
    more = (0, socket.if_nametoindex(scope) if scope else 0)
    return host, int(port), *(more if family_of(address) == socket.AF_INET6 else ())


def shown(name):
    host, port, *more = name
    if not more:
        return f"{host}:{port}"
    scope = f"%{more[1]}" if more[1] else ""
    return f"[{host.partition('%')[0]}{scope}]:{port}"


def ready(sock):
    """Waits without making the socket non-blocking, as a timeout of the module would."""
    if not select.select([sock], [], [], WAIT_S)[0]:
        raise TimeoutError("it blocks")
    return sock


def get(sock, name):
    match name:
        case "nonblocking":
            return "off" if sock.getblocking() else "on"
        case "cloexec":
            return "off" if sock.get_inheritable() else "on"
        case "linger":
            on, seconds = struct.unpack("ii", sock.getsockopt(SOL_SOCKET, socket.SO_LINGER, 8))
            return seconds if on else "off"
    return "on" if sock.getsockopt(*option(name)) else "off"


def put(sock, name, value):
    on = value == "on"
    match name:
        case "nonblocking":
            sock.setblocking(not on)
        case "cloexec":
            sock.set_inheritable(not on)
        case "linger":
            linger = (0, 0) if value == "off" else (1, int(value))
            sock.setsockopt(SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", *linger))
        case _:
            sock.setsockopt(*option(name), int(on))


def inherited(sock):
    """Does a program that subprocess starts find the descriptor?"""
    test = f"import os\ntry: os.fstat({sock.fileno()}); print('yes')\nexcept OSError: print('no')"
    return protocol.spawn([sys.executable, "-c", test])["output"].strip()


def connected(sock, address):
    sock.connect(sockaddr(address))
    return {"local": shown(sock.getsockname())}


def raw(line):
    match line.split():
        case [name, "=", "socket", family]:
            NAMED[name] = socket.socket(protocol.family(family))
        case [name, "=", "connect", address]:
            sock = socket.socket(family_of(address))
            local = connected(sock, address)
            NAMED[name] = sock
            return local
        case [name, "=", "accept", listener]:
            NAMED[name], peer = ready(NAMED[listener]).accept()
            return {"peer": shown(peer)}
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
            put(sock, name, value)
        case "get", [name]:
            return get(sock, name)
        case "bind", [address]:
            sock.bind(sockaddr(address))
        case "listen", [backlog]:
            sock.listen(int(backlog))
        case "connect", [address]:
            return connected(sock, address)
        case "shutdown", [half]:
            sock.shutdown(HALVES[half])
        case "name", []:
            return shown(sock.getsockname())
        case "send", [count]:
            return sock.send(bytes(int(count)))
        case "recv", []:
            return len(ready(sock).recv(65536))
        case "inherited", []:
            return inherited(sock)
        case _:
            raise protocol.NotSupported(call)
    return True


CALLS = {"raw": (raw, ["line"]), "spawn": (protocol.spawn, ["command"])}
CALLS["hello"] = protocol.hello_of("socket module", platform.python_version(), CALLS)

for line in sys.stdin:
    with protocol.exchange(line, CALLS) as request:
        request.value = request.call(**request.keys)
