"""Python's asyncio.start_server. It accepts from the start, as it does by default."""

import asyncio
import platform
import sys
from asyncio.subprocess import DEVNULL, PIPE
from inspect import isawaitable

import protocol

SERVERS = {}


async def echo(reader, writer):
    try:
        async for line in reader:
            writer.write(line)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def bind_sockets(port=0, address=None, flags=None, **keys):
    if "family" in keys:
        keys["family"] = protocol.family(keys["family"])
    if flags is not None:
        keys["flags"] = flags
    server = await asyncio.start_server(echo, address, port, **keys)
    handle = next(protocol.HANDLES)
    SERVERS[handle] = server
    return {"handle": handle, "sockets": [protocol.name_of(sock) for sock in server.sockets]}


def answer(handle):
    return SERVERS[handle].is_serving()


def close(handle):
    SERVERS.pop(handle).close()
    return True


async def spawn(command):
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE)
    output, _ = await process.communicate()
    return {"output": output.decode()}


CALLS = {
    "bind_sockets": (
        bind_sockets,
        ["port", "address", "family", "backlog", "flags", "reuse_port"],
    ),
    "answer": (answer, ["handle"]),
    "close": (close, ["handle"]),
    "spawn": (spawn, ["command"]),
}
CALLS["hello"] = protocol.hello_of("asyncio", platform.python_version(), CALLS)


async def main():
    while line := await asyncio.to_thread(sys.stdin.readline):
        with protocol.exchange(line, CALLS) as request:
            called = request.call(**request.keys)
            request.value = await called if isawaitable(called) else called


asyncio.run(main())
