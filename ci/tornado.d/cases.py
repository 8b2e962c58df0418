"""The arguments of one call."""

import socket
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Listener:
    """A socket of somebody else, which listens while both sides are asked."""

    address: str
    port: int
    reuse_port: bool = False


@dataclass(frozen=True)
class Case:
    """The arguments of one call. Tornado has all but `port_attempts` and `exclusive`."""

    port: int | str | None = 0
    address: str | None = None
    family: int = socket.AF_UNSPEC
    backlog: int = 128
    flags: int | None = None
    reuse_port: bool = False
    port_attempts: int = 10
    exclusive: bool = False
    beside: tuple[Listener, ...] = ()

    def to_json(self):
        """Only what is not the default."""
        return {key: value for key, value in asdict(self).items() if value != getattr(Case, key)}

    @staticmethod
    def from_json(fields):
        beside = tuple(Listener(**listener) for listener in fields.get("beside", ()))
        return Case(**{**fields, "beside": beside})

    def any_port(self):
        """The kernel chooses the port: it is 0, however it is written."""
        return str(self.port).strip("0") == "" and self.port != ""

    def port_number(self):
        """The port that is asked for, if it is a number."""
        text = str(self.port)
        return int(text) if text.isascii() and text.isdigit() and int(text) <= 65535 else 0
