"""Opens a disk image without copying it: `restic mount`, read-only, by FUSE.

Seen on restic 0.14.0 and 0.18.0: with `--path-template ids/%I` the image of a point is
`<mount>/ids/<64 digits>/<path>`. `--allow-other` and `--no-default-permissions` are needed because
libvirt runs QEMU as another user, whom the modes in the backup would keep out.
"""

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.command import StreamingCommand
from drverify.adapters.linux.mounts import mount_at, unmount
from drverify.adapters.linux.processes import ProcessIdentity, identify, lives, marks
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.counters import IoCounters
from drverify.adapters.restic.errors import DamagedData, NotInPoint, translate
from drverify.adapters.restic.examination import Examination
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope
from drverify.errors import DrverifyError, HostError, TeardownError
from drverify.model.recovery import PointId

SHORT = 8
EVERY = 0.05
GRACE = timedelta(seconds=5)
TAKE_BACK = timedelta(seconds=60)


class MountedImage:
    """The image inside the mount, and what restic has read for it. Implements `OpenedImage`."""

    def __init__(self, path: Path, counters: IoCounters, examination: Examination) -> None:
        self._path = path
        self._counters = counters
        self._examination = examination

    @property
    def path(self) -> Path:
        """Where the image is read."""
        return self._path

    def read_bytes(self) -> int | None:
        """Bytes that restic's process read by system calls so far, its requests included."""
        looked = self._counters.look()
        return looked[0] if looked else None

    async def examine(self, *, stall: timedelta) -> DrverifyError | None:
        """Say what is wrong: restic or its repository lost, or the image damaged; as the port says."""
        return await self._examination.run(stall)


@asynccontextmanager
async def opened(
    cli: ResticCli, point: PointId, path: str, *, at: Path, scope: ResourceScope
) -> AsyncIterator[MountedImage]:
    """Mount, wait until the image is there, and take everything back when the context ends."""
    name = f"restic mount {at}"
    scope.opening("process", name)
    scope.opening("mount", str(at), fstype="fuse")
    identity: ProcessIdentity | None = None
    try:
        arguments = [
            "mount",
            "--allow-other",
            "--no-default-permissions",
            "--path-template",
            "ids/%I",
            str(at),
        ]
        async with cli.started(arguments, env=marks(scope.tag, name), grace=GRACE) as process:
            try:
                identity = identify(process.pid)
                if identity is not None:
                    scope.opening("process", name, **identity.facts())
                image = await _wait_for(cli, process, at / "ids" / point, path)
                with IoCounters(process.pid) as counters:
                    yield MountedImage(image, counters, Examination(cli, process, point, path, at=at))
            finally:
                await finish(unmount(at), within=TAKE_BACK, what=f"unmounting {at}")
    finally:
        if mount_at(at) is not None:  # made between the look that found none and the end of the process
            await finish(unmount(at), within=TAKE_BACK, what=f"unmounting {at}")
        _strike_out(scope, name, at, identity)


def _strike_out(scope: ResourceScope, name: str, at: Path, identity: ProcessIdentity | None) -> None:
    if mount_at(at) is not None or (identity is not None and lives(identity)):
        raise TeardownError(f"{name} is still there", hint="run `drverify sandbox reap`")
    scope.closed("mount", str(at))
    scope.closed("process", name)


async def _wait_for(cli: ResticCli, process: StreamingCommand, root: Path, path: str) -> Path:
    """Wait until restic serves the point; NotInPoint when it does not hold a regular file `path`."""
    doing = f"mounting {path} of {root.name[:SHORT]}"
    image = root / path.lstrip("/")
    try:
        async with asyncio.timeout(cli.settings.answer_within.total_seconds()):
            while mount_at(root.parent.parent) is None:
                if process.exit_code is not None:
                    await process.wait()
                    raise translate(cli.failure(process, doing=doing, file=path), await cli.abilities())
                await asyncio.sleep(EVERY)
            await asyncio.to_thread(_look, root, image, doing)
    except TimeoutError:
        raise cli.silent(process, doing=doing, file=path, after=cli.settings.answer_within) from None
    return image


def _look(root: Path, image: Path, doing: str) -> None:
    """Look at the image through the mount; runs in a thread because a hanging FUSE blocks."""
    path = f"/{image.relative_to(root)}"
    try:
        os.stat(root)  # noqa: PTH116 - errno is wanted
    except OSError as error:
        raise _unreadable(error, doing, "the point") from error
    try:
        status = os.stat(image)  # noqa: PTH116
    except FileNotFoundError as error:
        raise NotInPoint(f"{doing}: the point does not hold it") from error
    except OSError as error:
        raise _unreadable(error, doing, path) from error
    if not stat.S_ISREG(status.st_mode):
        raise NotInPoint(f"{doing}: it is not a regular file")


def _unreadable(error: OSError, doing: str, what: str) -> DrverifyError:
    if error.errno == errno.EIO:
        return DamagedData(f"{doing}: the backup cannot be read", file=what)
    return HostError(f"{doing}: {what} is not served: {error.strerror}")
