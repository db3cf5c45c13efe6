"""What can be wrong with the way to the repository: another password, somebody's lock."""

import asyncio
import os
import secrets
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

from drverify.adapters.linux.command import streaming
from drverify.errors import HostError
from lab.estate.layout import write_secret
from lab.estate.restic import Repository

WITHIN = timedelta(seconds=90)


def other_password(estate_password: Path) -> Path:
    """Write a password that opens nothing beside the right one; return its file."""
    path = estate_password.with_name("restic-password.wrong")
    write_secret(path, secrets.token_urlsafe(24).encode() + b"\n")
    return path


async def leave_exclusive_lock(repository: Repository) -> str:
    """Leave the exclusive lock of a restic that was killed; return the lock's id.

    A real one: `restic key passwd` takes it and then waits for a new password on a pipe that nobody
    writes to, until it is killed. The repository's key stays as it was.
    """
    locks = repository.path / "locks"
    before = set(locks.iterdir())
    pipe = repository.path.parent / f".never-{secrets.token_hex(4)}"
    os.mkfifo(pipe, 0o600)
    argv = [
        "restic", "--no-cache", "--repo", str(repository.path), "--password-file", str(repository.password),
        "key", "passwd", "--new-password-file", str(pipe),
    ]  # fmt: skip
    try:
        async with streaming(argv, stop=SIGKILL, grace=timedelta(0)) as running:
            async with asyncio.timeout(WITHIN.total_seconds()):
                while not set(locks.iterdir()) - before:
                    if running.exit_code is not None:
                        raise HostError(f"restic did not wait with its lock: {running.stderr_tail()!r}")
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)  # it looks for other locks a moment later, and may give its own back
    except TimeoutError as error:
        raise HostError("restic took no lock in time") from error
    finally:
        pipe.unlink()
    left = set(locks.iterdir()) - before
    if len(left) != 1:
        raise HostError(f"expected one lock to be left behind, found {len(left)}")
    return left.pop().name
