"""An echo by Tornado, for benches/tcp_server: the first line says where it listens."""

import asyncio
import socket

from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.tcpserver import TCPServer


class Echo(TCPServer):
    async def handle_stream(self, stream, address):
        try:
            while True:
                await stream.write(await stream.read_bytes(65536, partial=True))
        except StreamClosedError:
            pass


async def main():
    sockets = bind_sockets(0, "127.0.0.1", socket.AF_INET, 4096)
    server = Echo()
    server.add_sockets(sockets)
    print(f"listening on 127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
