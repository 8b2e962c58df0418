"""Both sides, asked from inside the sandbox, and what the kernel says of their sockets.

Whoever opened a socket, it is read by the same eyes: `getsockopt` on a copy of it, and /proc.
"""

import ctypes
import errno
import gc
import json
import os
import re
import socket
import struct
import subprocess
import traceback
from contextlib import ExitStack
from dataclasses import dataclass

from tornado import netutil

FAMILIES = {socket.AF_UNSPEC: "unspec", socket.AF_INET: "inet", socket.AF_INET6: "inet6"}
RESOLVER = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
SYS_PIDFD_GETFD = 438
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Answer:
    """What one side did."""

    # What the kernel says of each socket, in the order of the list; None if there was an error.
    sockets: list[dict] | None = None
    # The call that failed, and the raw code or, of an error of the side's own, its name.
    error: tuple[str, int | str] | None = None
    # After an error: descriptors that are still open.
    left_open: int = 0
    # After an error: whether the port that was asked for can be bound, in each family.
    free: list[bool] | None = None

    def short(self):
        if self.error:
            call, what = self.error
            names = RESOLVER if call == "resolve" else errno.errorcode
            return f"{call} {names.get(what, what)}"
        return " ".join(socket["host"] for socket in self.sockets) or "nothing"


def listening_facts(pid, fd, sock):
    """A listening socket, as the kernel knows it."""
    host, port, *flow_and_scope = sock.getsockname()
    with open(f"/proc/{pid}/fdinfo/{fd}") as info:
        flags = int(re.search(r"flags:\s*0(\d+)", info.read()).group(1), 8)
    option = sock.getsockopt
    # The backlog stands in tcpi_sacked of a listening socket.
    (backlog,) = struct.unpack_from("I", option(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 28)
    inet6 = sock.family == socket.AF_INET6
    return {
        "family": FAMILIES[sock.family],
        "host": host,
        "flow_and_scope": flow_and_scope,
        "port": port,
        "reuseaddr": bool(option(socket.SOL_SOCKET, socket.SO_REUSEADDR)),
        "reuseport": bool(option(socket.SOL_SOCKET, socket.SO_REUSEPORT)),
        "v6only": bool(option(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)) if inet6 else None,
        "nonblocking": bool(flags & os.O_NONBLOCK),
        "cloexec": bool(flags & os.O_CLOEXEC),
        "listening": bool(option(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)),
        "backlog": backlog,
    }


def descriptors(pid):
    return {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}


def can_bind(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError:
        return False
    return True


def free(port):
    """Whether a socket without any option can be bound to the port, in each family."""
    if port == 0:
        return None
    return [can_bind(socket.AF_INET, ("0.0.0.0", port)), can_bind(socket.AF_INET6, ("::", port))]


def company(case):
    """The listeners of somebody else; they are closed with the result."""
    with ExitStack() as stack:
        for listener in case.beside:
            family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
            sock = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if listener.reuse_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((listener.address, listener.port))
            sock.listen(16)
        return stack.pop_all()


class Tornado:
    """Tornado's `bind_sockets`, in this process."""

    def __init__(self, has_ipv6):
        socket.has_ipv6 = has_ipv6

    def ask(self, case):
        own = os.getpid()
        before = len(descriptors(own))
        arguments = (case.port, case.address, case.family, case.backlog, case.flags)
        try:
            sockets = netutil.bind_sockets(*arguments, reuse_port=case.reuse_port)
        except Exception as error:
            # While the exception is held, its frames hold the sockets.
            answer = Answer(
                error=self.error(error),
                left_open=len(descriptors(own)) - before,
                free=free(case.port_number()),
            )
        else:
            answer = Answer(sockets=[listening_facts(own, s.fileno(), s) for s in sockets])
            for sock in sockets:
                sock.close()
        if len(descriptors(own)) != before:
            gc.collect()
        assert len(descriptors(own)) == before, "Tornado's sockets are not closed yet"
        return answer

    @staticmethod
    def error(error):
        """The failed call is named by the line of `bind_sockets` that made it."""
        frames = traceback.extract_tb(error.__traceback__)
        line = next(
            frame.line
            for frame in frames
            if frame.name == "bind_sockets" and frame.line and frame.filename == netutil.__file__
        )
        call = re.search(
            r"\b(getaddrinfo|setsockopt|setblocking|socket|bind|getsockname|listen)\(", line
        ).group(1)
        call = "resolve" if call == "getaddrinfo" else call
        if not isinstance(error, OSError):
            return call, type(error).__name__
        if call == "resolve" and not isinstance(error, socket.gaierror):
            # Python shows errno in place of this code.
            return call, socket.EAI_SYSTEM
        return call, error.errno


class Ours:
    """Our `bind_sockets`, in a process of its own: `bindproof __bind`."""

    def __init__(self, bindproof, has_ipv6):
        self.more = [] if has_ipv6 else ["--assume-no-ipv6"]
        self.process = subprocess.Popen(
            [bindproof, "__bind"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pidfd = os.pidfd_open(self.process.pid)
        self.tell([])

    def tell(self, words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, case):
        if case.port is None:
            return Answer(error=("not expressible", "port None"))
        before = descriptors(self.process.pid)
        reply = self.tell(self.words(case))
        fresh = sorted(descriptors(self.process.pid) - before)
        if "sockets" in reply:
            found = [self.facts(fd) for fd in fresh]
            answer = Answer(sockets=self.as_told(reply["sockets"], found))
        else:
            answer = Answer(
                error=self.error(reply), left_open=len(fresh), free=free(case.port_number())
            )
        self.tell([])
        assert descriptors(self.process.pid) == before, "our sockets are not closed yet"
        return answer

    def words(self, case):
        family = FAMILIES.get(case.family, case.family)
        words = [f"--port={case.port}", f"--family={family}", f"--backlog={case.backlog}"]
        words += [f"--port-attempts={case.port_attempts}", *self.more]
        if case.address is not None:
            words.append(f"--address={case.address}")
        if case.flags is not None:
            words.append(f"--flags={case.flags % 2**32:#x}")
        if case.reuse_port:
            words.append("--reuse-port")
        if case.exclusive:
            words.append("--exclusive")
        return words

    def facts(self, fd):
        copy = LIBC.syscall(SYS_PIDFD_GETFD, self.pidfd, fd, 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        with socket.socket(fileno=copy) as sock:
            return listening_facts(self.process.pid, fd, sock)

    @staticmethod
    def as_told(told, found):
        """The sockets in the order of the list. What `bind --json` says of them must be so."""
        ordered = []
        for line in told:
            # In JSON an address has its scope.
            host = line.pop("address").partition("%")[0]
            match = [facts for facts in found if facts | line | {"host": host} == facts]
            assert len(match) == 1, f"bind --json says {line} of {host}; the kernel says {found}"
            ordered += match
        assert len(found) == len(ordered), f"more was opened than told: {found}"
        return ordered

    @staticmethod
    def error(reply):
        if "usage" in reply:
            return "not expressible", re.search(r"'--(\S+)", reply["usage"]).group(1)
        call, name, code = (reply["error"][key] for key in ("call", "name", "code"))
        if call is None:
            return "refused", name
        table = socket if call == "resolve" else errno
        assert getattr(table, name, code) == code, reply
        return ("setsockopt" if call.startswith("set ") else call), code
