"""Trio's open_tcp_listeners, and serve_listeners on what it opened."""

import sys
from inspect import isawaitable
from subprocess import DEVNULL

import protocol
import trio

OPEN, SERVING = {}, {}


async def echo(stream):
    try:
        async for chunk in stream:
            await stream.send_all(chunk)
    except trio.BrokenResourceError:
        pass


async def bind_sockets(port=0, address=None, **keys):
    listeners = await trio.open_tcp_listeners(port, host=address, **keys)
    handle = next(protocol.HANDLES)
    OPEN[handle] = listeners
    return {
        "handle": handle,
        "sockets": [protocol.name_of(listener.socket) for listener in listeners],
    }


async def serve(listeners, scope):
    with scope:
        await trio.serve_listeners(echo, listeners)


async def close(handle):
    if handle in SERVING:
        SERVING.pop(handle).cancel()
    for listener in OPEN.pop(handle):
        await listener.aclose()
    return True


async def spawn(command):
    done = await trio.run_process(command, stdin=DEVNULL, capture_stdout=True, check=False)
    return {"output": done.stdout.decode()}


async def main():
    async with trio.open_nursery() as nursery:

        def answer(handle):
            SERVING[handle] = trio.CancelScope()
            nursery.start_soon(serve, OPEN[handle], SERVING[handle])
            return True

        calls = {
            "bind_sockets": (bind_sockets, ["port", "address", "backlog"]),
            "answer": (answer, ["handle"]),
            "close": (close, ["handle"]),
            "spawn": (spawn, ["command"]),
        }
        calls["hello"] = protocol.hello_of("trio", trio.__version__, calls)
        async for line in trio.wrap_file(sys.stdin):
            with protocol.exchange(line, calls) as request:
                called = request.call(**request.keys)
                request.value = await called if isawaitable(called) else called
        nursery.cancel_scope.cancel()


trio.run(main)
