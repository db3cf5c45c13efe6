"""Tries to delete from a directory of an SSH server, with the login of who writes backups there.

`locks_after_hours` as for a directory of this machine: for mechanisms that lock files later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import asyncssh
from pydantic import Field

from drverify.adapters.canaries import cleared, digest, held, name_of, new_content, now, other_content
from drverify.adapters.remote.settings import Resolve, SftpOptions, read
from drverify.adapters.remote.sftp import ANSWER, SftpStore
from drverify.engine.ports import Progress
from drverify.errors import DrverifyError
from drverify.model.immutability import Canary, HeldCanary, TamperAttempt, Tampering

MECHANISM = "SFTP login"
MOVED = ".moved"


class WriterOptions(SftpOptions):
    """The table `[sources.NAME.writer]` of kind "sftp"."""

    directory: str = Field(pattern=r"^/")
    locks_after_hours: int = Field(default=0, ge=0, le=24 * 366)


class SftpTamperer:
    """Implements `Tamperer`."""

    def __init__(self, options: WriterOptions, resolve: Resolve) -> None:
        login = SftpOptions.model_validate(
            options.model_dump(exclude={"directory", "locks_after_hours"}, exclude_defaults=True)
        )
        self._store = SftpStore(login, options.directory, resolve)
        self._directory = PurePosixPath(options.directory)
        self._after = timedelta(hours=options.locks_after_hours)

    async def tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        """As the port says."""
        attempts: list[TamperAttempt] = []
        found: list[HeldCanary] = []
        problem = ""
        try:
            async with self._store.connected("tampering") as sftp:
                async with asyncio.timeout(ANSWER.total_seconds() * 2):
                    fresh = await self._plant(sftp)
                    progress.note(f"canary {fresh.name} planted")
                    for earlier in (*known, HeldCanary(canary=fresh, whole=True)):
                        before = held(earlier.canary, await self._content(sftp, earlier.canary))
                        if cleared(earlier, before, now()):
                            continue
                        if now() - earlier.canary.planted_at >= self._after:
                            attempts += await self._attacked(sftp, earlier.canary)
                        found.append(held(earlier.canary, await self._content(sftp, earlier.canary)))
        except DrverifyError as error:
            problem = str(error)
        if not attempts and not problem:
            problem = f"canaries are locked after {self._after}"
        return Tampering(mechanism=MECHANISM, attempts=tuple(attempts), held=tuple(found), problem=problem)

    async def _plant(self, sftp: asyncssh.SFTPClient) -> Canary:
        at = now()
        content = new_content(at)
        canary = Canary(name=name_of(at), sha256=digest(content), planted_at=at)
        async with sftp.open(self._path(canary), "xb") as file:
            await file.write(content)
        return canary

    async def _attacked(self, sftp: asyncssh.SFTPClient, canary: Canary) -> list[TamperAttempt]:
        path = self._path(canary)

        async def overwrite() -> None:
            async with sftp.open(path, "r+b") as file:
                await file.write(other_content(), 0)

        attacks: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("overwrite", overwrite),
            ("truncate", lambda: sftp.truncate(path, 0)),
            ("rename", lambda: sftp.rename(path, path + MOVED)),
            ("delete", lambda: sftp.remove(path)),
        )
        return [await self._tried(sftp, canary, what, attack) for what, attack in attacks]

    async def _tried(
        self, sftp: asyncssh.SFTPClient, canary: Canary, what: str, attack: Callable[[], Awaitable[None]]
    ) -> TamperAttempt:
        """What counts is what is there afterwards."""
        before = await self._content(sftp, canary)
        said, refused = "done, without objection", False
        try:
            await attack()
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure, asyncssh.SFTPOpUnsupported) as error:
            said, refused = f"{type(error).__name__}: {error.reason}", True
        except asyncssh.SFTPNoSuchFile as error:
            said = error.reason
        if before != await self._content(sftp, canary):
            return TamperAttempt(canary=canary.name, what=what, outcome="went through", said=said)
        return TamperAttempt(
            canary=canary.name, what=what, outcome="refused" if refused else "not decided", said=said
        )

    async def _content(self, sftp: asyncssh.SFTPClient, canary: Canary) -> bytes | None:
        try:
            async with sftp.open(self._path(canary), "rb", encoding=None) as file:
                content: bytes = await file.read(1 << 20)
        except asyncssh.SFTPNoSuchFile:
            return None
        return content

    def _path(self, canary: Canary) -> str:
        return str(self._directory / canary.name)


def tamperer(name: str, options: Mapping[str, Any], resolve: Resolve) -> SftpTamperer:
    """Make it of the table of the source called `name`; InputError for options that do not fit."""
    return SftpTamperer(read(WriterOptions, f"{name}.writer", options), resolve)
