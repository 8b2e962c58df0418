"""The lines of PROTOCOL.md, for the adapters in Python."""

import errno
import itertools
import json
import platform
import socket
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace

FAMILIES = {"unspec": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}
RESOLVER = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
# One name a number: Linux has two for this one.
NAMES = errno.errorcode | {errno.EOPNOTSUPP: "EOPNOTSUPP"}
HANDLES = map("h{}".format, itertools.count(1))
RUNTIME = f"{platform.python_implementation()} {platform.python_version()}"


class NotSupported(Exception):
    """The library cannot be asked this: a key or a call."""


def hello_of(name, version, calls):
    """The call `hello` of an adapter that serves these calls."""

    def hello(format):
        if format != 1:
            raise NotSupported("format")
        return {
            "name": name,
            "version": version,
            "runtime": RUNTIME,
            "format": 1,
            "calls": list(calls),
            "options": calls.get("bind_sockets", (None, []))[1],
        }

    return hello, ["format"]


@contextmanager
def exchange(line, calls):
    """Reads a request and prints the reply; between the two, `call(**keys)` gives its `value`.

    `calls` has a function and the keys that it knows for each name.
    """
    keys = json.loads(line)
    reply, name = {"id": keys.pop("id")}, keys.pop("call")
    request = SimpleNamespace(keys=keys, call=refusing(name), value=None)
    if name in calls:
        request.call, known = calls[name]
        for key in keys:
            if key not in known:
                request.call = refusing(key)
    try:
        yield request
        reply["ok"] = request.value
    except NotSupported as what:
        reply["not_supported"] = str(what)
    except Exception as error:
        reply["error"] = error_reply(error)
    print(json.dumps(reply), flush=True)


def refusing(name):
    def refuse(**_keys):
        raise NotSupported(name)

    return refuse


def error_reply(error):
    """As much as Python shows: it never says which call failed, but the resolver has its own class."""
    from_resolver = isinstance(error, socket.gaierror)
    code = getattr(error, "errno", None)
    return {
        "name": (RESOLVER if from_resolver else NAMES).get(code),
        "code": code,
        "call": "getaddrinfo" if from_resolver else None,
        "message": f"{type(error).__name__}: {error}",
    }


def family(name):
    if name not in FAMILIES:
        raise NotSupported("family")
    return FAMILIES[name]


def name_of(sock):
    """The address of a socket, or nulls where the system does not tell: no failure of the library."""
    try:
        address, port = sock.getsockname()[:2]
    except OSError:
        address = port = None
    return {"address": address, "port": port}


def spawn(command):
    """As Python starts programs by default."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return {"output": done.stdout}
