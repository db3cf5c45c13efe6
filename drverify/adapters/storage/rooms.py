"""Lends each sandbox a ledger and a directory, and takes both back."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from drverify.adapters.storage.ledger import LedgerDirectory, SandboxLedger
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, SandboxId
from drverify.errors import HostError, TeardownError
from drverify.model.drill import DrillId

MARKER = ".drverify-sandbox"
"""File in every sandbox directory whose content is the sandbox's tag: without it nothing is removed."""
KIND = "directory"


class SandboxRoom:
    """Implements `Room`."""

    def __init__(self, ledger: SandboxLedger, directory: Path) -> None:
        self._ledger = ledger
        self._directory = directory

    @property
    def scope(self) -> ResourceScope:
        """The sandbox's ledger."""
        return self._ledger

    @property
    def directory(self) -> Path:
        """The sandbox's directory."""
        return self._directory

    def keep(self) -> None:
        """Leave ledger and directory when the context ends."""
        self._ledger.keep()


class RoomDirectory:
    """Implements `Rooms` below one directory."""

    def __init__(self, directory: Path, ledgers: LedgerDirectory) -> None:
        self._directory = directory
        self._ledgers = ledgers

    @asynccontextmanager
    async def lend(self, drill_id: DrillId) -> AsyncIterator[SandboxRoom]:
        """Open a ledger and a directory, and take both back."""
        sandbox_id = SandboxId(secrets.token_hex(4))
        directory = self._directory / sandbox_id
        ledger = self._ledgers.begin(sandbox_id, drill_id, directory)
        try:
            ledger.opening(KIND, str(directory))
            _make(directory, ledger.tag)
            yield SandboxRoom(ledger, directory)
        finally:
            await finish(
                _take_back(ledger, directory), within=timedelta(minutes=2), what="clearing the sandbox"
            )


def _make(directory: Path, tag: str) -> None:
    try:
        directory.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        directory.mkdir(mode=0o700)  # the host admits the user that its guests run as
        (directory / MARKER).write_text(tag)
    except OSError as error:
        raise HostError(
            f"cannot make the sandbox directory {directory}: {error.strerror}",
            hint="check `state_dir` in the settings: it must be writable and have room",
        ) from error


async def _take_back(ledger: SandboxLedger, directory: Path) -> None:
    if ledger.kept:
        ledger.release()
        return
    others = [found for found in ledger.resources() if found.kind != KIND]
    if others:
        ledger.release()
        names = ", ".join(f"{found.kind} {found.name}" for found in others)
        raise TeardownError(f"still there: {names}", hint="run `drverify sandbox reap`")
    try:
        await DirectoryReclaimer().reclaim(str(directory), ledger.tag, {})
    except TeardownError:
        ledger.release()
        raise
    ledger.closed(KIND, str(directory))
    ledger.end()


class DirectoryReclaimer:
    """Removes a sandbox directory that carries our marker. Never crosses into a mount."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:  # noqa: ARG002
        """Remove the directory if its marker is ours, and verify that it is gone."""
        directory = Path(name)
        if not directory.exists():
            return
        await asyncio.to_thread(_remove, directory, tag)


def _remove(directory: Path, tag: str) -> None:
    marker = directory / MARKER
    entries = list(directory.iterdir())
    if entries and (not marker.is_file() or marker.read_text() != tag):
        raise TeardownError(f"{directory} does not carry the mark {tag}; it is not touched")
    mounted = [path for path in entries if path.is_dir() and path.is_mount()]
    if mounted:
        raise TeardownError(f"{mounted[0]} is still mounted", hint="run `drverify sandbox reap` again")
    try:
        for path in entries:  # the marker goes last, so that a killed removal can be taken up again
            if path == marker:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        marker.unlink(missing_ok=True)
        directory.rmdir()
    except OSError as error:
        raise TeardownError(f"cannot remove {directory}: {error}") from error
