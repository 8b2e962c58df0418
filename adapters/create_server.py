"""Python's socket.create_server, with threads that accept.

`create_server.py dualstack` asks for dualstack_ipv6, which is another way to use it.
"""

import platform
import socket
import sys
import time
from contextlib import suppress
from threading import Thread

import protocol

DUALSTACK = "dualstack" in sys.argv
OPEN, ANSWERING = {}, {}


def bind_sockets(port=0, address="", **keys):
    more = {key: keys[key] for key in ("backlog", "reuse_port") if key in keys}
    if "family" in keys:
        more["family"] = protocol.family(keys["family"])
        if more["family"] == socket.AF_UNSPEC:
            raise protocol.NotSupported("family")
    if DUALSTACK:
        more = {"family": socket.AF_INET6, "dualstack_ipv6": True} | more
    sock = socket.create_server((address, port), **more)
    handle = next(protocol.HANDLES)
    OPEN[handle] = sock
    return {"handle": handle, "sockets": [protocol.name_of(sock)]}


def answer(handle):
    ANSWERING[handle] = Thread(target=accept, args=[handle, OPEN[handle]], daemon=True)
    ANSWERING[handle].start()
    return True


def accept(handle, sock):
    while True:
        try:
            connection, _ = sock.accept()
        except OSError:
            if handle not in ANSWERING:
                return
            # Such as no descriptor being left: there may be one later.
            time.sleep(0.01)
        else:
            Thread(target=echo, args=[connection], daemon=True).start()


def echo(connection):
    with suppress(OSError), connection, connection.makefile("rwb") as stream:
        for line in stream:
            stream.write(line)
            stream.flush()


def close(handle):
    sock = OPEN.pop(handle)
    if handle in ANSWERING:
        thread = ANSWERING.pop(handle)
        # On Linux, close() alone leaves the thread in accept(), and the port taken.
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        thread.join()
    sock.close()
    return True


CALLS = {
    "bind_sockets": (bind_sockets, ["port", "address", "family", "backlog", "reuse_port"]),
    "answer": (answer, ["handle"]),
    "close": (close, ["handle"]),
    "spawn": (protocol.spawn, ["command"]),
}
NAME = "create_server dualstack" if DUALSTACK else "create_server"
CALLS["hello"] = protocol.hello_of(NAME, platform.python_version(), CALLS)

for line in sys.stdin:
    with protocol.exchange(line, CALLS) as request:
        request.value = request.call(**request.keys)
