"""Lends each sandbox a ledger and a directory, and takes both back."""

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.mounts import MOUNTINFO, canonical, parse
from drverify.adapters.storage.durable import (
    PASSABLE,
    PRIVATE,
    inner_directory,
    state_access,
    sync_directory,
)
from drverify.adapters.storage.ledger import LedgerDirectory, SandboxLedger
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, SandboxId
from drverify.errors import HostError, TeardownError
from drverify.model.drill import DrillId

MARKER = ".drverify-sandbox"
"""File in every sandbox directory whose content is the sandbox's tag: without it nothing is removed."""
KIND = "directory"
AGAIN = "run `drverify sandbox reap`"


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
            why = sys.exc_info()[1]
            await finish(
                _take_back(ledger, directory, why), within=timedelta(minutes=2), what="clearing the sandbox"
            )


def _make(directory: Path, tag: str) -> None:
    with state_access(f"make the sandbox directory {directory}"):
        inner_directory(directory.parent, mode=PASSABLE)
        directory.mkdir(mode=PRIVATE)  # the host admits the user that its guests run as
        with (directory / MARKER).open("x", encoding="utf-8") as marker:
            marker.write(tag)
            marker.flush()
            os.fsync(marker.fileno())  # after a power cut the directory must still be known as ours
        sync_directory(directory)


async def _take_back(ledger: SandboxLedger, directory: Path, why: BaseException | None) -> None:
    """Remove directory and ledger, unless something of it still stands, perhaps because of `why`."""
    try:
        if ledger.kept:
            return
        others = [found for found in ledger.resources() if found.kind != KIND]
        if others:
            names = ", ".join(f"{found.kind} {found.name}" for found in others)
            because = f": {why}" if isinstance(why, TeardownError) else ""
            raise TeardownError(f"still there: {names}{because}", hint=AGAIN)
        await DirectoryReclaimer().reclaim(str(directory), ledger.tag, {})
        _struck_out(ledger, directory)
    finally:
        ledger.release()


def _struck_out(ledger: SandboxLedger, directory: Path) -> None:
    try:
        ledger.closed(KIND, str(directory))
        ledger.end()
    except HostError as error:
        raise TeardownError(f"the ledger is left: {error}", hint=AGAIN) from error


class DirectoryReclaimer:
    """Removes a sandbox directory that carries our marker. Never crosses into a mount."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:  # noqa: ARG002
        """Remove the directory if its marker is ours, and verify that it is gone."""
        await asyncio.to_thread(_remove, Path(name), tag)


def _remove(directory: Path, tag: str) -> None:
    try:
        if mounted := _mounted_in(directory):
            raise TeardownError(f"{mounted[0]} is still mounted; nothing below it is touched", hint=AGAIN)
        if not os.path.lexists(directory):
            return
        entries = list(directory.iterdir())
        if not _is_ours(directory / MARKER, entries, tag):
            raise TeardownError(f"{directory} does not carry the mark {tag}; it is not touched")
        _clear(directory, entries)
    except OSError as error:
        raise TeardownError(f"cannot remove {directory}: {error}", hint=AGAIN) from error


def _mounted_in(directory: Path) -> list[Path]:
    """Every mount point at or below the directory, as the kernel lists them.

    Nothing in the directory is looked at: a bind mount of the same file system shows in no `stat`, and
    a dead FUSE mount fails each one.
    """
    place = canonical(directory)
    mounts = parse(MOUNTINFO.read_text("utf-8", "surrogateescape"))
    return [mount.point for mount in mounts if mount.point.is_relative_to(place)]


def _is_ours(marker: Path, entries: list[Path], tag: str) -> bool:
    if not entries:
        return True
    if marker not in entries or marker.is_symlink() or not marker.is_file():
        return False
    mark = marker.read_text("utf-8", "replace")
    return mark == tag or (entries == [marker] and tag.startswith(mark))  # we died while we wrote it


def _clear(directory: Path, entries: list[Path]) -> None:
    marker = directory / MARKER
    for path in entries:  # the marker goes last, so that a killed removal can be taken up again
        if path == marker:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    marker.unlink(missing_ok=True)
    directory.rmdir()
