"""Opens a raw image where it lies: its directory, mounted once more and read-only."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from drverify.adapters.images.formats import check_raw
from drverify.adapters.images.parts import open_file
from drverify.adapters.linux.command import checked
from drverify.adapters.linux.mounts import mount_at, unmount
from drverify.adapters.vma.asynchronous import in_thread
from drverify.adapters.vma.stopping import Stop
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope
from drverify.errors import DefectError, DrverifyError, HostError, SourceError, TeardownError

TAKE_BACK = timedelta(seconds=60)
_QUICK = timedelta(seconds=30)
_CHUNK = 1 << 22


class OpenedRaw:
    """A raw image behind a read-only mount. Implements `OpenedImage`."""

    def __init__(self, path: Path, size: int, recorded: Mapping[str, str]) -> None:
        self._path = path
        self._size = size
        self._recorded = recorded

    @property
    def path(self) -> Path:
        """Where the image is read."""
        return self._path

    def read_bytes(self) -> int | None:
        """Nobody counts what QEMU reads of it."""
        return None

    async def examine(self, *, stall: timedelta) -> DrverifyError | None:
        """Read all of it, and hold it against its recorded digest, if it has one."""
        del stall  # a file system that hangs cannot be told from a slow one; the drill's own limit ends it
        try:
            await in_thread(self._read_all)
        except DrverifyError as error:
            return error
        return None

    def _read_all(self, stop: Stop) -> None:
        descriptor = open_file(self._path)
        digest, size = hashlib.sha256(), 0
        head = b""
        try:
            while chunk := os.read(descriptor, _CHUNK):
                stop.check()
                digest.update(chunk)
                head = head or chunk[:1024]
                size += len(chunk)
        except OSError as error:
            raise SourceError(f"cannot read {self._path}: {error.strerror}") from error
        finally:
            os.close(descriptor)
        name = self._path.name
        if size != self._size:
            raise SourceError(f"{name} was changed while it was open: {size} instead of {self._size} bytes")
        if (recorded := self._recorded.get(name)) and recorded != digest.hexdigest():
            raise DefectError(f"{name} is not what was recorded: sha256 {digest.hexdigest()}, not {recorded}")
        check_raw(head, size, name)


@asynccontextmanager
async def opened(
    image: Path, recorded: Mapping[str, str], *, at: Path, scope: ResourceScope
) -> AsyncIterator[OpenedRaw]:
    """Mount the image's directory read-only at `at`, and take it back when the context ends."""
    scope.opening("mount", str(at), fstype="bind")
    try:
        try:
            await checked(["mount", "--bind", str(image.parent), str(at)], within=_QUICK)
            await checked(["mount", "-o", "remount,bind,ro,nosuid,nodev,noexec", str(at)], within=_QUICK)
            size = (await asyncio.to_thread((at / image.name).stat)).st_size
            yield OpenedRaw(at / image.name, size, recorded)
        finally:
            await finish(unmount(at), within=TAKE_BACK, what=f"unmounting {at}")
    except OSError as error:
        raise HostError(f"cannot open {image}: {error.strerror}") from error
    finally:
        if mount_at(at) is not None:
            raise TeardownError(f"{at} is still mounted", hint="run `drverify sandbox reap`")
        scope.closed("mount", str(at))
