import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
import sys

# What a call answered: ("ok", text), ("error", number), ("blocks", "") or ("absent", "").
SHORT, LONG = 200, 5000
BLOCKED, ABSENT = ("blocks", ""), ("absent", "")
sockets = {}
wrong = False


def call(make):
    """The call on sockets by their names, with a failure as its answer."""
    def made(name, *arguments):
        try:
            return ("ok", make(name, *arguments) or "")
        except KeyError:
            return ABSENT
        except TimeoutError:
            return BLOCKED
        except OSError as error:
            return ("error", error.errno)
    return made


def ok(r): return r[0] == "ok"
def ok_with(r, text): return r == ("ok", text)
def ok_at(r, host, port): return r == ("ok", written((host, port)))
def failed(r, number): return r == ("error", number)
def failed_somehow(r): return r[0] == "error"
def blocked(r): return r == BLOCKED
def absent(r): return r == ABSENT


def expect(step, text, r, good):
    global wrong
    if not good:
        wrong = True
        got = errno.errorcode.get(r[1], r[1]) if r[0] == "error" else r[1] or r[0]
        print(f"step {step}: {text}: got {got}")


def written(address):
    host, port = address[0].partition("%")[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


libc = ctypes.CDLL(None, use_errno=True)


def straight(function, s, *arguments):
    """A call as it is: Python's own looks at addresses and makes a negative backlog 0."""
    if function(s.fileno(), *arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def sockaddr(host, port):
    host, _, scope = host.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if family == socket.AF_INET6:
        rest = b"\0" * 4 + socket.inet_pton(family, host) + struct.pack("=I", int(scope or 0))
    else:
        rest = socket.inet_pton(family, host) + b"\0" * 8
    rest = struct.pack("!H", port) + rest
    # The BSDs begin it with its length.
    linux = sys.platform.startswith("linux")
    name = (struct.pack("=H", family) if linux else bytes([2 + len(rest), family])) + rest
    return name, len(name)


def free_port():
    """A port that is free in both families."""
    while True:
        with socket.socket(socket.AF_INET) as v4:
            v4.bind(("0.0.0.0", 0))
            port = v4.getsockname()[1]
            try:
                v6 = socket.socket(socket.AF_INET6)
            except OSError:
                return port
            with v6:
                v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    v6.bind(("::", port))
                    return port
                except OSError:
                    pass


def port_of(name):
    return sockets[name].getsockname()[1] if name in sockets else 0


def wait_for(s, event, wait_ms):
    poll = select.poll()
    poll.register(s, event)
    if not poll.poll(wait_ms):
        raise TimeoutError


OPTIONS = {
    "reuseaddr": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "reuseport": (socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", 0)),
    "accepting": (socket.SOL_SOCKET, getattr(socket, "SO_ACCEPTCONN", 0)),
    "linger": (socket.SOL_SOCKET, socket.SO_LINGER),
    "v6only": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
}
# An option that is not here has a number that no system knows, so that the call fails.
UNKNOWN = (socket.SOL_SOCKET, -1)
FLAGS = {
    "nonblocking": (fcntl.F_GETFL, fcntl.F_SETFL, os.O_NONBLOCK),
    "cloexec": (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.FD_CLOEXEC),
}


@call
def socket_(name, family):
    s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6)
    # As the kernel makes it: Python's own is close-on-exec.
    s.set_inheritable(True)
    sockets[name] = s


@call
def set(name, option, value):
    s = sockets[name]
    if option in FLAGS:
        getter, setter, bit = FLAGS[option]
        held = fcntl.fcntl(s, getter)
        fcntl.fcntl(s, setter, held | bit if value else held & ~bit)
    elif option == "linger":
        s.setsockopt(*OPTIONS[option], struct.pack("ii", value >= 0, max(value, 0)))
    else:
        s.setsockopt(*OPTIONS.get(option, UNKNOWN), value)


@call
def get(name, option):
    s = sockets[name]
    if option in FLAGS:
        getter, _, bit = FLAGS[option]
        return "on" if fcntl.fcntl(s, getter) & bit else "off"
    if option == "linger":
        on, seconds = struct.unpack("ii", s.getsockopt(*OPTIONS[option], 8))
        return str(seconds) if on else "off"
    return "on" if s.getsockopt(*OPTIONS.get(option, UNKNOWN)) else "off"


@call
def bind_(name, host, port):
    straight(libc.bind, sockets[name], *sockaddr(host, port))


@call
def listen_(name, backlog):
    straight(libc.listen, sockets[name], backlog)


def connected(s, host, port, wait_ms):
    held = fcntl.fcntl(s, fcntl.F_GETFL)
    fcntl.fcntl(s, fcntl.F_SETFL, held | os.O_NONBLOCK)
    try:
        straight(libc.connect, s, *sockaddr(host, port))
    except BlockingIOError:
        wait_for(s, select.POLLOUT, wait_ms)
        error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error)) from None
    finally:
        fcntl.fcntl(s, fcntl.F_SETFL, held)
    return written(s.getsockname())


@call
def connect_(name, host, port, wait_ms):
    return connected(sockets[name], host, port, wait_ms)


@call
def connect_new(name, host, port, wait_ms):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        answer = connected(s, host, port, wait_ms)
    except OSError:
        s.close()
        raise
    s.set_inheritable(True)
    sockets[name] = s
    return answer


@call
def accept_(name, listener, wait_ms):
    wait_for(sockets[listener], select.POLLIN, wait_ms)
    s, peer = sockets[listener].accept()
    s.set_inheritable(True)
    sockets[name] = s
    return written(peer)


@call
def dup_(name, original):
    sockets[name] = sockets[original].dup()


@call
def name(name):
    return written(sockets[name].getsockname())


@call
def send_(name, count):
    return str(sockets[name].send(b"x" * count))


@call
def recv_(name, wait_ms):
    wait_for(sockets[name], select.POLLIN, wait_ms)
    return str(len(sockets[name].recv(65536)))


@call
def shutdown_(name, how):
    sockets[name].shutdown(how)


@call
def close_(name):
    sockets.pop(name).close()

