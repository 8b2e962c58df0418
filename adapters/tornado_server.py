"""Tornado's bind_sockets, and its TCPServer on what it opened."""

import asyncio
import sys

import protocol
import tornado
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets as tornado_bind_sockets
from tornado.tcpserver import TCPServer

OPEN, SERVERS = {}, {}


class Echo(TCPServer):
    async def handle_stream(self, stream, address):
        try:
            while True:
                await stream.write(await stream.read_until(b"\n"))
        except StreamClosedError:
            pass


def bind_sockets(port=0, **keys):
    if "family" in keys:
        keys["family"] = protocol.family(keys["family"])
    sockets = tornado_bind_sockets(port, **keys)
    handle = next(protocol.HANDLES)
    OPEN[handle] = sockets
    return {"handle": handle, "sockets": [protocol.name_of(sock) for sock in sockets]}


def answer(handle):
    SERVERS[handle] = Echo()
    SERVERS[handle].add_sockets(OPEN[handle])
    return True


def close(handle):
    sockets = OPEN.pop(handle)
    if handle in SERVERS:
        SERVERS.pop(handle).stop()
    else:
        for sock in sockets:
            sock.close()
    return True


CALLS = {
    "bind_sockets": (
        bind_sockets,
        ["port", "address", "family", "backlog", "flags", "reuse_port"],
    ),
    "answer": (answer, ["handle"]),
    "close": (close, ["handle"]),
    "spawn": (protocol.spawn, ["command"]),
}
CALLS["hello"] = protocol.hello_of("tornado", tornado.version, CALLS)


async def main():
    while line := await asyncio.to_thread(sys.stdin.readline):
        with protocol.exchange(line, CALLS) as request:
            request.value = request.call(**request.keys)


asyncio.run(main())
