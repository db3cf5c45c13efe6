"""What guests say of themselves through their agent, as values. Sizes are bytes; None: not said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecStatus:
    """What became of a command in the guest."""

    exited: bool
    exit_code: int | None = None
    signal: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file read by the agent (at most 16 MiB)."""

    content: str
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestInterface:
    """A network interface as the guest sees it."""

    name: str
    mac: str
    addresses: tuple[str, ...]
    """`10.0.0.5/24`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFilesystem:
    """A mounted filesystem as the guest sees it."""

    mountpoint: str
    kind: str
    total: int | None
    used: int | None
