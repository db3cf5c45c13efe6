"""Tries to delete from a directory of this machine, as the user who writes backups there.

For mounts and for immutable attributes (chattr +i, +a) set by another user than that one. A mechanism that
locks files some time after they were written (a timer, snapshots) is given `locks_after_hours`: a canary is
attacked from then on, and not before.
"""

import os
import pwd
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drverify.adapters.canaries import cleared, digest, held, name_of, new_content, now, other_content
from drverify.adapters.linux.command import CompletedCommand, last_lines, run
from drverify.engine.ports import Progress
from drverify.errors import HostError, InputError
from drverify.model.immutability import MARK, Canary, HeldCanary, TamperAttempt, Tampering
from drverify.model.recovery import SecretRef

MECHANISM = "file system, as another user"
WITHIN = timedelta(seconds=30)
MOVED = ".moved"


class WriterOptions(BaseModel):
    """The table `[sources.NAME.writer]` of kind "directory"."""

    model_config = ConfigDict(extra="forbid")

    directory: Path
    user: str = Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")
    """Who writes backups; this process must be root to become it."""
    locks_after_hours: int = Field(default=0, ge=0, le=24 * 366)


class DirectoryTamperer:
    """Implements `Tamperer`."""

    def __init__(self, options: WriterOptions) -> None:
        self._options = options
        self._after = timedelta(hours=options.locks_after_hours)

    async def tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        """As the port says."""
        try:
            fresh = await self._plant()
        except HostError as error:
            return Tampering(mechanism=MECHANISM, problem=f"no canary could be planted: {error}")
        progress.note(f"canary {fresh.name} planted")
        attempts: list[TamperAttempt] = []
        found: list[HeldCanary] = []
        for earlier in (*known, HeldCanary(canary=fresh, whole=True)):
            canary = earlier.canary
            before = held(canary, self._content(canary))
            if cleared(earlier, before, now()):
                continue
            if now() - canary.planted_at >= self._after:
                attempts += [await self._tried(canary, what, argv) for what, argv in self._attacks(canary)]
            found.append(held(canary, self._content(canary)))
        waiting = "" if attempts else f"canaries are locked after {self._options.locks_after_hours} h"
        return Tampering(mechanism=MECHANISM, attempts=tuple(attempts), held=tuple(found), problem=waiting)

    async def _plant(self) -> Canary:
        at = now()
        content = new_content(at)
        name = name_of(at)
        argv = ["dd", f"of={self._path(name)}", "conv=excl,fsync", "status=none"]
        done = await self._as_writer(argv, content)
        if done.exit_code != 0:
            raise HostError(last_lines(done.stderr))
        return Canary(name=name, sha256=digest(content), planted_at=at)

    def _attacks(self, canary: Canary) -> tuple[tuple[str, Sequence[str]], ...]:
        path = str(self._path(canary.name))
        return (
            ("overwrite", ["dd", f"of={path}", "conv=notrunc", "status=none"]),
            ("truncate", ["truncate", "--size=0", "--no-create", path]),
            ("rename", ["mv", "--no-clobber", "--", path, path + MOVED]),
            ("delete", ["rm", "--force", "--", path]),
        )

    async def _tried(self, canary: Canary, what: str, argv: Sequence[str]) -> TamperAttempt:
        """What counts is what is there afterwards; a command that only says that it could not is believed."""
        before = self._content(canary)
        done = await self._as_writer(argv, other_content())
        changed = before != self._content(canary)
        said = last_lines(done.stderr) or f"{argv[0]} ended with {done.exit_code}"
        if changed:
            return TamperAttempt(canary=canary.name, what=what, outcome="went through", said=said)
        return TamperAttempt(
            canary=canary.name, what=what, outcome="refused" if done.exit_code else "not decided", said=said
        )

    async def _as_writer(self, argv: Sequence[str], content: bytes) -> CompletedCommand:
        become = [
            "setpriv",
            f"--reuid={self._options.user}",
            f"--regid={self._group()}",
            "--init-groups",
            "--",
        ]
        return await run([*become, *argv], within=WITHIN, stdin=content, env={"LC_ALL": "C"})

    def _group(self) -> int:
        try:
            return pwd.getpwnam(self._options.user).pw_gid
        except KeyError as error:
            raise HostError(f"this machine has no user {self._options.user}") from error

    def _path(self, name: str) -> Path:
        if os.sep in name or not name.startswith(MARK.decode()):
            raise InputError(f"{name!r} is no canary")
        return self._options.directory / name

    def _content(self, canary: Canary) -> bytes | None:
        try:
            return self._path(canary.name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HostError(f"canary {canary.name} cannot be read: {error.strerror}") from error


def tamperer(
    name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]
) -> DirectoryTamperer:
    """Make it of the table of the source called `name`; InputError for options that do not fit."""
    del resolve
    try:
        return DirectoryTamperer(WriterOptions.model_validate(dict(options)))
    except ValidationError as error:
        lines = [
            f"sources.{name}.writer.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        ]
        raise InputError("\n".join(lines), hint="see docs/controls.md") from error
