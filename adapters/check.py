"""Does an adapter keep to PROTOCOL.md? Needs nothing but Python.

usage: check.py COMMAND…
"""

import json
import select
import socket
import subprocess
import sys
import time

CALLS = {"hello", "bind_sockets", "answer", "close", "spawn", "raw"}
OPTIONS = {"port", "address", "family", "backlog", "flags", "reuse_port"}
LINE_MAX = 65536


class Adapter:
    """The child process. A reply that breaks the protocol ends the check."""

    def __init__(self, command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0)
        self.id, self.read, self.wait_s = 0, b"", 15

    def send(self, call, **keys):
        self.id += 1
        line = json.dumps({"id": self.id, "call": call, **keys})
        self.process.stdin.write(line.encode() + b"\n")
        return self.id

    def reply(self, to):
        line = self.line()
        reply = json.loads(line)
        assert len(line) <= LINE_MAX, "the line is too long"
        assert reply.get("id") == to, f"answers {reply.get('id')}, and not {to}"
        kinds = reply.keys() & {"ok", "error", "not_supported"}
        assert len(kinds) == 1, f"not exactly one of ok, error, not_supported: {reply}"
        if "error" in reply:
            missing = {"name", "code", "call"} - reply["error"].keys()
            assert not missing, f"an error without {missing}"
        self.wait_s = 5
        return reply

    def line(self):
        deadline = time.monotonic() + self.wait_s
        while b"\n" not in self.read:
            left = max(0, deadline - time.monotonic())
            assert select.select([self.process.stdout], [], [], left)[0], "no reply in time"
            chunk = self.process.stdout.read(LINE_MAX)
            assert chunk, "it ended"
            self.read += chunk
        line, _, self.read = self.read.partition(b"\n")
        return line

    def ask(self, call, **keys):
        return self.reply(self.send(call, **keys))

    def end(self):
        """Its input ends; it must end with 0 and say nothing more."""
        self.process.stdin.close()
        code = self.process.wait(5)
        rest = self.read + self.process.stdout.read()
        assert (code, rest) == (0, b""), f"ended with {code} and {rest[:80]!r}"


def echoed(port, lines):
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        stream = client.makefile("rwb", buffering=0)
        for line in lines:
            stream.write(line)
            got = stream.readline()
            assert got == line, f"{line!r} came back as {got!r}"


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    return False


def check_hello(adapter):
    told = adapter.ask("hello", format=1)["ok"]
    texts = [told[key] for key in ("name", "version", "runtime")]
    assert all(text and isinstance(text, str) for text in texts) and told["format"] == 1, told
    assert {"hello"} < set(told["calls"]) <= CALLS, f"calls: {told['calls']}"
    assert set(told["options"]) <= OPTIONS, f"options: {told['options']}"
    return told


def check_honesty(adapter, told):
    sent = [adapter.send("teleport"), adapter.send("bind_sockets", port=0, flux=1)]
    # Both were sent before the first was read: they come in order.
    first, second = map(adapter.reply, sent)
    assert first.get("not_supported") == "teleport", f"an invented call: {first}"
    wanted = "flux" if "bind_sockets" in told["calls"] else "bind_sockets"
    assert second.get("not_supported") == wanted, f"an invented key: {second}"
    for name in CALLS - set(told["calls"]):
        assert adapter.ask(name).get("not_supported") == name, name
    for name in OPTIONS - set(told["options"]):
        reply = adapter.ask("bind_sockets", **{name: 1})
        assert reply.get("not_supported") in (name, "bind_sockets"), f"{name}: {reply}"


def address_for(adapter):
    """An address for IPv4 clients that the library listens on; some open AF_INET6 sockets only."""
    for address in ("127.0.0.1", "::ffff:127.0.0.1"):
        reply = adapter.ask("bind_sockets", port=0, address=address)
        if "ok" in reply:
            return address, reply["ok"]
    raise AssertionError(f"it does not listen on this machine: {reply}")


def check_sockets(adapter):
    address, bound = address_for(adapter)
    (named,) = bound["sockets"]
    port = named["port"]
    assert named["address"] == address and port > 0, bound
    again = adapter.ask("bind_sockets", port=port, address=address)
    assert "error" in again, f"two listeners on one port: {again}"
    other = adapter.ask("bind_sockets", port=0, address=address)["ok"]
    assert other["handle"] != bound["handle"], "one handle for two"
    for handle in (bound["handle"], other["handle"]):
        assert adapter.ask("answer", handle=handle)["ok"] is True
    # Two clients, one after the other, and two at once.
    echoed(port, [b"one\n", b"two\n"])
    with socket.create_connection(("127.0.0.1", port), 5):
        echoed(port, [b"three\n"])
    assert adapter.ask("close", handle=bound["handle"])["ok"] is True
    assert refused(port), "it still listens after close"
    assert "error" in adapter.ask("close", handle=bound["handle"]), "a handle that is gone"
    echoed(other["sockets"][0]["port"], [b"four\n"])
    unanswered = adapter.ask("bind_sockets", port=0, address=address)["ok"]
    assert adapter.ask("close", handle=unanswered["handle"])["ok"] is True
    assert refused(unanswered["sockets"][0]["port"]), "it still listens after close"
    return again["error"]


def check_raw(adapter):
    def ask(line):
        reply = adapter.ask("raw", line=line)
        return reply.get("ok", reply.get("error", {}).get("name"))

    lines = ["a = socket inet", "get a accepting", "bind a 127.0.0.1:0", "listen a 1"]
    values = [ask(line) for line in lines]
    assert values == [True, "off", True, True], values
    address = ask("name a")
    assert ask("get a accepting") == "on" and ask("inherited a") in ("yes", "no")
    local = ask(f"c = connect {address}")["local"]
    assert ask("d = accept a") == {"peer": local}
    sent = ask("send c 3")
    assert sent == 3 and ask("recv d") == 3 and ask("shutdown c write") is True
    assert ask("recv d") == 0, "the end of the stream is 0"
    assert ask("b = socket inet") is True
    assert ask(f"bind b {address}") in ("EADDRINUSE", None), "two on one port"
    assert "not_supported" in adapter.ask("raw", line="teleport a"), "an invented call"
    assert [ask(f"close {name}") for name in "abcd"] == [True] * 4


def main():
    adapter = Adapter(sys.argv[1:])
    try:
        told = check_hello(adapter)
        check_honesty(adapter, told)
        error = check_sockets(adapter) if "bind_sockets" in told["calls"] else None
        if "spawn" in told["calls"]:
            spawned = adapter.ask("spawn", command=["sh", "-c", "echo hi; exit 3"])
            assert spawned["ok"] == {"output": "hi\n"}, spawned
        if "raw" in told["calls"]:
            check_raw(adapter)
        assert adapter.ask("hello", format=2).get("not_supported") == "format"
        adapter.end()
    except (AssertionError, KeyError, ValueError, OSError) as error:
        sys.exit(f"after request {adapter.id}: {type(error).__name__}: {error}")
    finally:
        adapter.process.kill()
        adapter.process.wait()
    shown = f"; a port in use is {error['call']} {error['name']} {error['code']}" if error else ""
    print(f"{told['name']} {told['version']} ({told['runtime']}): good{shown}")


main()
