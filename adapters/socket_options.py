"""The options of the script language, as Python's socket module has them."""

import socket
import struct
from socket import IPPROTO_IPV6, SOL_SOCKET

import protocol

OPTIONS = {
    "reuseaddr": (SOL_SOCKET, "SO_REUSEADDR"),
    "reuseport": (SOL_SOCKET, "SO_REUSEPORT"),
    "exclusiveaddruse": (SOL_SOCKET, "SO_EXCLUSIVEADDRUSE"),
    "v6only": (IPPROTO_IPV6, "IPV6_V6ONLY"),
    "accepting": (SOL_SOCKET, "SO_ACCEPTCONN"),
}


def option(name):
    level, constant = OPTIONS.get(name, (0, ""))
    if not hasattr(socket, constant):
        raise protocol.NotSupported(name)
    return level, getattr(socket, constant)


def get(sock, name):
    match name:
        case "nonblocking":
            value = not sock.getblocking()
        case "cloexec":
            value = not sock.get_inheritable()
        case "linger":
            on, seconds = struct.unpack("ii", sock.getsockopt(SOL_SOCKET, socket.SO_LINGER, 8))
            return seconds if on else "off"
        case _:
            value = sock.getsockopt(*option(name))
    return "on" if value else "off"


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
