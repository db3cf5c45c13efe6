"""Guests' configurations as files in the real syntax, and the locks on them.

<root>/nodes/<node>/qemu-server/<vmid>.conf and lxc/<vmid>.conf. A file has the current section, perhaps a
`[PENDING]` one, and one for each snapshot. This is a small reading of its own, on purpose not drverify's.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from lab.pve.api.clock import Clock
from lab.pve.api.problems import failed

GuestKind = Literal["qemu", "lxc"]
FOLDERS: dict[GuestKind, str] = {"qemu": "qemu-server", "lxc": "lxc"}
_KEPT = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


@dataclass(slots=True, kw_only=True)
class Config:
    """One guest's configuration. `options` keeps the order of the file; `notes` is its description."""

    options: dict[str, str] = field(default_factory=dict)
    notes: str = ""
    pending: dict[str, str] = field(default_factory=dict)
    """Waiting values; a value of None's place is the key `delete`."""
    snapshots: dict[str, dict[str, str]] = field(default_factory=dict)

    def rendered(self) -> str:
        """The file's text."""
        lines = [f"#{quote(line, safe=_KEPT)}" for line in _lines(self.notes)]
        lines += [f"{key}: {value}" for key, value in sorted(self.options.items())]
        if self.pending:
            lines += ["", "[PENDING]", *(f"{key}: {value}" for key, value in sorted(self.pending.items()))]
        for name, section in sorted(self.snapshots.items()):
            lines += ["", f"[{name}]", *(f"{key}: {value}" for key, value in sorted(section.items()))]
        return "\n".join(lines) + "\n"


def parsed(text: str) -> Config:
    """Read a configuration's text; comment lines at its top are the description."""
    config = Config()
    notes: list[str] = []
    section = config.options
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            name = stripped[1:-1]
            section = config.pending if name == "PENDING" else config.snapshots.setdefault(name, {})
        elif stripped.startswith("#"):
            if section is config.options and not stripped.startswith(("#qmdump#", "#vzdump#")):
                notes.append(unquote(stripped[1:]))
        elif ":" in stripped:
            key, _, value = stripped.partition(":")
            section[key.strip()] = value.strip()
    config.notes = "".join(f"{note}\n" for note in notes)
    return config


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


class Guests:
    """Every guest of the cluster: where it is, what it is configured as, who holds its lock."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root / "nodes"
        self._clock = clock
        self._flocks: dict[int, asyncio.Lock] = {}
        self.stuck: set[int] = set()
        """Guests whose lock file nobody gets (a fault)."""

    def path(self, node: str, kind: GuestKind, vmid: int) -> Path:
        """The file of a guest."""
        return self._root / node / FOLDERS[kind] / f"{vmid}.conf"

    def everywhere(self) -> Iterator[tuple[str, GuestKind, int]]:
        """Every guest: its node, its kind, its id."""
        for kind, folder in FOLDERS.items():
            for path in sorted(self._root.glob(f"*/{folder}/*.conf")):
                yield path.parent.parent.name, kind, int(path.stem)

    def find(self, vmid: int) -> tuple[str, GuestKind] | None:
        """Where a guest is and what it is."""
        return next(((node, kind) for node, kind, found in self.everywhere() if found == vmid), None)

    def load(self, node: str, kind: GuestKind, vmid: int) -> Config:
        """Read a guest. Raises ApiError when it is not on this node."""
        try:
            return parsed(self.path(node, kind, vmid).read_text())
        except FileNotFoundError:
            shown = f"nodes/{node}/{FOLDERS[kind]}/{vmid}.conf"
            raise failed(f"Configuration file '{shown}' does not exist") from None

    def save(self, node: str, kind: GuestKind, vmid: int, config: Config) -> None:
        """Write a guest, whole or not at all."""
        path = self.path(node, kind, vmid)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(config.rendered())
        draft.replace(path)

    def drop(self, node: str, kind: GuestKind, vmid: int) -> None:
        """Remove a guest's file."""
        self.path(node, kind, vmid).unlink(missing_ok=True)

    def digest(self, node: str, kind: GuestKind, vmid: int) -> str:
        """SHA-1 of the file, which changes of it may name."""
        path = self.path(node, kind, vmid)
        return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()

    @asynccontextmanager
    async def flock(self, vmid: int, within: float = 10.0) -> AsyncIterator[None]:
        """Hold a guest's lock file. Raises ApiError when somebody else keeps it for so many seconds."""
        lock = self._flocks.setdefault(vmid, asyncio.Lock())
        text = f"can't lock file '/var/lock/qemu-server/lock-{vmid}.conf' - got timeout"
        if vmid in self.stuck:
            await self._clock.sleep(within)
            raise failed(text)
        try:
            await asyncio.wait_for(lock.acquire(), max(within * self._clock.scale, 0.05))
        except TimeoutError:
            raise failed(text) from None
        try:
            yield
        finally:
            lock.release()


def check_lock(config: Config, kind: GuestKind = "qemu") -> None:
    """Raise when the configuration says that something has the guest."""
    if "lock" in config.options:
        raise failed(f"{'VM' if kind == 'qemu' else 'CT'} is locked ({config.options['lock']})")


def sizes(value: str) -> Mapping[str, str]:
    """Read `volume,option=value,...`: the first part is under the key ''."""
    first, *rest = value.split(",")
    return {"": first} | {key: text for key, _, text in (part.partition("=") for part in rest)}
