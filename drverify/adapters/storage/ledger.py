"""The resource ledger: what exists because of us, on disk before it exists.

One append-only file of JSON lines for each sandbox, `<id>.jsonl`:

    {"do": "begin", "tag": "drverify:<id>", "drill": "...", "directory": "...", "machine": "<machine-id>"}
    {"do": "open",  "kind": "netns", "name": "drv-<id>", "facts": {...}}
    {"do": "close", "kind": "netns", "name": "drv-<id>"}

Each line is fsynced before the effect that it announces. The owner holds an exclusive `flock` on the
file for as long as it lives; the kernel drops it with the process, however that dies, so a ledger
that can be locked belongs to nobody any more. A torn last line announces an effect that never began.
An OSError of the ledger becomes a HostError; what was not announced must then not be made.

Machines that share the state directory see each other's ledgers. What lives in one machine's kernel or
libvirt only that machine can take back, or even see: to every other one it looks as if it were gone. Such a
ledger waits for its own machine, however dead its owner is.
"""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, sync_directory
from drverify.adapters.storage.ledger_state import (
    OF_ONE_MACHINE,
    LedgerState,
    Resource,
    apply,
    machine_id,
    replayed,
)
from drverify.engine.ports import SandboxId
from drverify.errors import HostError
from drverify.model.drill import DrillId


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A ledger as somebody sees it who does not own it."""

    sandbox_id: SandboxId
    drill_id: DrillId
    state: str
    """`in use`, `kept`, `ownerless`, `elsewhere` (another machine's to take back) or `unreadable`."""
    resources: tuple[Resource, ...]
    problem: str = ""
    """Why it is unreadable."""


class SandboxLedger:
    """The ledger of one sandbox, locked by this process. Implements `ResourceScope`."""

    def __init__(self, sandbox_id: SandboxId, path: Path, handle: int, state: LedgerState) -> None:
        self._id = sandbox_id
        self._path = path
        self._handle = handle
        self._state = state
        self._whole = os.fstat(handle).st_size

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
        return self._state.resources()

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
        with state_access(f"remove the ledger {self._path}"):
            self._path.unlink(missing_ok=True)
            sync_directory(self._path.parent)
        self.release()

    def release(self) -> None:
        """Give up the lock and leave the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _append(self, entry: dict[str, object]) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        with state_access(f"write to the ledger {self._path}"):
            _write_line(self._handle, line, self._whole)
        self._whole += len(line)
        apply(self._state, entry)


class LedgerDirectory:
    """All ledgers of a state directory. `machine` names this one; empty: every ledger is its own."""

    def __init__(self, directory: Path, *, machine: str | None = None) -> None:
        self._directory = directory
        self._machine = machine_id() if machine is None else machine

    def begin(self, sandbox_id: SandboxId, drill_id: DrillId, directory: Path) -> SandboxLedger:
        """Start the ledger of a new sandbox and lock it. The directory need not exist yet."""
        path = self._directory / f"{sandbox_id}.jsonl"
        with state_access(f"make the ledger {path}"):
            inner_directory(self._directory)
            ledger = SandboxLedger(sandbox_id, path, _created(path), LedgerState())
        try:
            ledger._append(  # noqa: SLF001
                {
                    "do": "begin",
                    "tag": ledger.tag,
                    "drill": drill_id,
                    "directory": str(directory),
                    "machine": self._machine,
                }
            )
            with state_access(f"make the ledger {path}"):
                sync_directory(self._directory)
        except BaseException:
            with suppress(OSError):  # an empty ledger that stays is ended by the next reap
                path.unlink()
            ledger.release()
            raise
        return ledger

    def ids(self) -> tuple[SandboxId, ...]:
        """Every sandbox with a ledger, alive or left behind."""
        with state_access(f"list the ledgers in {self._directory}"):
            try:
                found = sorted(self._directory.iterdir())  # glob() would hide that we may not look
            except FileNotFoundError:
                return ()
        return tuple(SandboxId(path.stem) for path in found if path.suffix == ".jsonl")

    def adopt(self, sandbox_id: SandboxId) -> SandboxLedger | None:
        """Take over an ownerless ledger; None when its owner lives, it is another machine's, or it is gone.

        HostError when it cannot be read; it stays as it is then.
        """
        path = self._directory / f"{sandbox_id}.jsonl"
        with state_access(f"take over the ledger {path}"):
            try:
                handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.stat().st_ino == os.fstat(handle).st_ino:
                    state = _mended(path, handle)
                    if not self._elsewhere(state):
                        return SandboxLedger(sandbox_id, path, handle, state)
            except (BlockingIOError, FileNotFoundError):
                pass
            except BaseException:
                os.close(handle)
                raise
        os.close(handle)
        return None

    def state(self, sandbox_id: SandboxId) -> str:
        """What became of a ledger's owner. Changes nothing.

        `in use` while it lives, `gone` without a ledger, `elsewhere` where another machine has to take it
        back, else `ownerless`.
        """
        path = self._directory / f"{sandbox_id}.jsonl"
        with state_access(f"look at the ledger {path}"):
            try:
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return "gone"
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return "in use"
            else:
                with os.fdopen(os.dup(handle), "rb") as file:
                    content = file.read()
            finally:
                os.close(handle)
        with suppress(HostError):  # a damaged one is told by whoever reads what is in it
            return "elsewhere" if self._elsewhere(replayed(content, path)) else "ownerless"
        return "ownerless"

    def _elsewhere(self, state: LedgerState) -> bool:
        """Whether only another machine can take it back; a ledger that names none is of this one."""
        foreign = bool(state.machine and self._machine) and state.machine != self._machine
        return foreign and any(kind in OF_ONE_MACHINE for kind, _ in state.open)

    def read(self, sandbox_id: SandboxId) -> tuple[DrillId, bool, tuple[Resource, ...]]:
        """Look at a ledger without owning it: its drill, whether it is kept, what is open.

        HostError when it cannot be read; a ledger that is gone has nothing in it.
        """
        path = self._directory / f"{sandbox_id}.jsonl"
        with state_access(f"read the ledger {path}"):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                content = b""
        state = replayed(content, path)
        return state.drill_id, state.kept, state.resources()

    def views(self) -> tuple[LedgerView, ...]:
        """Every ledger there is; one that cannot be read is listed as such and hides no other."""
        views = (self._view(sandbox_id) for sandbox_id in self.ids())
        return tuple(view for view in views if view is not None)

    def _view(self, sandbox_id: SandboxId) -> LedgerView | None:
        """None when the drill ended and took its ledger away while we looked."""
        try:
            state = self.state(sandbox_id)
            drill_id, kept, resources = self.read(sandbox_id)
        except HostError as error:
            return LedgerView(
                sandbox_id=sandbox_id,
                drill_id=DrillId(""),
                state="unreadable",
                resources=(),
                problem=str(error),
            )
        if state == "gone" or not drill_id:
            return None
        state = "kept" if kept and state == "ownerless" else state
        return LedgerView(sandbox_id=sandbox_id, drill_id=drill_id, state=state, resources=resources)


def _created(path: Path) -> int:
    """Make a new ledger file and lock it; between the two a reap may have ended the empty file."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _write_line(handle: int, line: bytes, whole: int) -> None:
    """Append a line and fsync it, or leave the file with its first `whole` bytes. OSError."""
    if os.fstat(handle).st_size != whole:
        os.ftruncate(handle, whole)  # an earlier line failed, and so did taking it back
    try:
        left = line
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, whole)
        raise


def _mended(path: Path, handle: int) -> LedgerState:
    """Read a ledger and cut off a torn last line, so that later lines stand on their own."""
    content = path.read_bytes()
    state = replayed(content, path)
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        os.ftruncate(handle, whole)
        os.fsync(handle)
    return state
