"""The resource ledger: what exists because of us, on disk before it exists.

One append-only file of JSON lines for each sandbox, `<id>.jsonl`:

    {"do": "begin", "tag": "drverify:<id>", "drill": "...", "directory": "..."}
    {"do": "open",  "kind": "netns", "name": "drv-<id>", "facts": {...}}
    {"do": "close", "kind": "netns", "name": "drv-<id>"}

Each line is fsynced before the effect that it announces. The owner holds an exclusive `flock` on the
file for as long as it lives; the kernel drops it with the process, however that dies, so a ledger
that can be locked belongs to nobody any more. A torn last line announces an effect that never began.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from drverify.adapters.storage.durable import sync_directory
from drverify.engine.ports import SandboxId
from drverify.errors import HostError
from drverify.model.drill import DrillId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that may exist because of us."""

    kind: str
    name: str
    facts: dict[str, str]


@dataclass(slots=True)
class _State:
    drill_id: DrillId = field(default=DrillId(""))
    directory: str = ""
    kept: bool = False
    open: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)


class SandboxLedger:
    """The ledger of one sandbox, locked by this process. Implements `ResourceScope`."""

    def __init__(self, sandbox_id: SandboxId, path: Path, handle: int, state: _State) -> None:
        self._id = sandbox_id
        self._path = path
        self._handle = handle
        self._state = state

    @property
    def sandbox_id(self) -> SandboxId:
        """The sandbox that the resources belong to."""
        return self._id

    @property
    def tag(self) -> str:
        """The mark that every resource carries where it can carry one."""
        return f"drverify:{self._id}"

    @property
    def drill_id(self) -> DrillId:
        """The drill that the sandbox was made for."""
        return self._state.drill_id

    @property
    def directory(self) -> Path:
        """The sandbox's own directory."""
        return Path(self._state.directory)

    @property
    def kept(self) -> bool:
        """Whether an operator asked to keep the sandbox after its drill."""
        return self._state.kept

    def resources(self) -> tuple[Resource, ...]:
        """Everything not struck out, in the order of its first announcement."""
        return tuple(
            Resource(kind=kind, name=name, facts=dict(facts))
            for (kind, name), facts in self._state.open.items()
        )

    def opening(self, kind: str, name: str, **facts: str) -> None:
        """Announce a resource; facts of a second announcement are added to the first one's."""
        known = self._state.open.get((kind, name))
        if known is not None and all(known.get(key) == value for key, value in facts.items()):
            return
        self._append({"do": "open", "kind": kind, "name": name, "facts": facts})

    def closed(self, kind: str, name: str) -> None:
        """Strike out a resource that was verified gone."""
        if (kind, name) in self._state.open:
            self._append({"do": "close", "kind": kind, "name": name})

    def keep(self) -> None:
        """Note that the sandbox is to outlive its drill; only an explicit reap removes it."""
        self._append({"do": "keep"})

    def end(self) -> None:
        """Remove the ledger itself; refuses while anything is still open in it."""
        if self._state.open:
            names = ", ".join(f"{kind} {name}" for kind, name in self._state.open)
            raise HostError(f"sandbox {self._id} still owns {names}")
        self._path.unlink(missing_ok=True)
        sync_directory(self._path.parent)
        self.release()

    def release(self) -> None:
        """Give up the lock and leave the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _append(self, entry: dict[str, object]) -> None:
        os.write(self._handle, json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        os.fsync(self._handle)
        _apply(self._state, entry)


class LedgerDirectory:
    """All ledgers of this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def begin(self, sandbox_id: SandboxId, drill_id: DrillId, directory: Path) -> SandboxLedger:
        """Start the ledger of a new sandbox and lock it. The directory need not exist yet."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{sandbox_id}.jsonl"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        ledger = SandboxLedger(sandbox_id, path, handle, _State())
        ledger._append(  # noqa: SLF001
            {"do": "begin", "tag": ledger.tag, "drill": drill_id, "directory": str(directory)}
        )
        sync_directory(self._directory)
        return ledger

    def ids(self) -> tuple[SandboxId, ...]:
        """Every sandbox with a ledger, alive or left behind."""
        if not self._directory.is_dir():
            return ()
        return tuple(SandboxId(path.stem) for path in sorted(self._directory.glob("*.jsonl")))

    def adopt(self, sandbox_id: SandboxId) -> SandboxLedger | None:
        """Take over an ownerless ledger; None when its owner lives or it is already gone."""
        path = self._directory / f"{sandbox_id}.jsonl"
        try:
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            current = path.stat().st_ino == os.fstat(handle).st_ino
        except (BlockingIOError, FileNotFoundError):
            os.close(handle)
            return None
        if not current:
            os.close(handle)
            return None
        return SandboxLedger(sandbox_id, path, handle, _mended(path, handle))

    def state(self, sandbox_id: SandboxId) -> str:
        """`in use` while its owner lives, `ownerless` otherwise. Changes nothing."""
        handle = os.open(self._directory / f"{sandbox_id}.jsonl", os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return "in use"
        else:
            return "ownerless"
        finally:
            os.close(handle)

    def read(self, sandbox_id: SandboxId) -> tuple[DrillId, bool, tuple[Resource, ...]]:
        """Look at a ledger without owning it: its drill, whether it is kept, what is open."""
        state = _State()
        for entry in _entries((self._directory / f"{sandbox_id}.jsonl").read_bytes()):
            _apply(state, entry)
        found = tuple(
            Resource(kind=kind, name=name, facts=dict(facts)) for (kind, name), facts in state.open.items()
        )
        return state.drill_id, state.kept, found


def _mended(path: Path, handle: int) -> _State:
    """Read a ledger and cut off a torn last line, so that later lines stand on their own."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        os.ftruncate(handle, whole)
        os.fsync(handle)
    state = _State()
    for entry in _entries(content[:whole]):
        _apply(state, entry)
    return state


def _entries(content: bytes) -> Iterator[dict[str, object]]:
    lines = content.split(b"\n")[:-1]  # what follows the last newline is torn or empty
    for line in lines:
        entry = json.loads(line)
        if isinstance(entry, dict):
            yield entry


def _apply(state: _State, entry: dict[str, object]) -> None:
    key = (str(entry.get("kind", "")), str(entry.get("name", "")))
    match entry["do"]:
        case "begin":
            state.drill_id = DrillId(str(entry["drill"]))
            state.directory = str(entry["directory"])
        case "open":
            facts = entry["facts"]
            if isinstance(facts, dict):
                state.open.setdefault(key, {}).update({str(name): str(fact) for name, fact in facts.items()})
        case "close":
            state.open.pop(key, None)
        case "keep":
            state.kept = True
