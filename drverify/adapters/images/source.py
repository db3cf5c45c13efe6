"""Disk images, wherever they lie, as a source of recovery points."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from drverify.adapters.images import qemu
from drverify.adapters.images.formats import form_of
from drverify.adapters.images.listing import Image, Images
from drverify.adapters.images.opened import OpenedRaw, opened
from drverify.adapters.images.parts import open_file
from drverify.adapters.images.pouring import reading
from drverify.adapters.images.programs import SNIFF, unpacker
from drverify.adapters.images.restoring import ImageOrder
from drverify.adapters.stored import Bytes, FileStore
from drverify.adapters.vma.asynchronous import in_thread
from drverify.adapters.vma.stopping import Stop
from drverify.engine.ports import Progress, ResourceScope
from drverify.engine.sources import Restored
from drverify.errors import DefectError, InputError, SourceError
from drverify.model.drill import ToolFact
from drverify.model.recovery import PointFilter, RecoveryPoint

_QUICK = timedelta(seconds=60)


class ImagesSource:
    """Implements `ImageSource`: each image is a point; its `host` is what stands before the instant."""

    def __init__(
        self,
        name: str,
        store: FileStore,
        zone: ZoneInfo | None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._store = store
        self._images = Images(name, store, zone, now)
        self._known: dict[str, Image] = {}

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """List matching images, newest first; `wanted.path` is a name, a glob, or a directory.

        A file that is still being written is none. SourceError when nothing says when one was taken.
        """
        listed = await self._images.listed(wanted)
        self._known |= {image.id: image for image in listed}
        return [image.point(self._name) for image in listed]

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Unpack the image and write the raw disk; qemu-img reads what is not raw.

        `read_bytes` are the bytes as stored: all of them are read. HostError when the image refers to
        other files, or is of a format that is not read from here.
        """
        image = await self._find(point, path)
        order = ImageOrder(
            store=self._store,
            image=image,
            recorded=await self._images.recorded(image),
            into=into,
            stall=stall,
            progress=progress,
        )
        return await order.run()

    @asynccontextmanager
    async def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: ResourceScope
    ) -> AsyncIterator[OpenedRaw]:
        """Give the raw image read-only where it lies; InputError for one that has to be unpacked first.

        Its directory is mounted at `at`, other images in it included; QEMU's user must be allowed to read
        the image.
        """
        image = await self._find(point, path)
        lies = await self._lies(image)
        async with opened(lies, await self._images.recorded(image), at=at, scope=scope) as found:
            yield found

    async def _lies(self, image: Image) -> Path:
        """Where a raw image can be read as it is."""
        if len(image.files) > 1 or not self._store.heads_are_cheap:
            raise _unopened(image, "it does not lie in a directory in one piece")

        async def look(lent: Bytes) -> Path:
            if not isinstance(lent, Path):
                raise _unopened(image, "it does not lie in a directory")
            return lent

        path = await self._store.read(image.files[0], look, stall=_QUICK)

        def head(stop: Stop) -> bytes:
            del stop
            descriptor = open_file(path)
            with open(descriptor, "rb"):  # noqa: PTH123 - a descriptor
                return reading(descriptor)(0, 1024)

        found = await in_thread(head)
        if unpacker(found[:SNIFF]):
            raise _unopened(image, "it is packed")
        if (form := form_of(found, image.named.form, image.name)) != "raw":
            raise _unopened(image, f"it is {form}, and only a raw image can be the base of the overlay")
        return path

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Say what the store says."""
        return await self._store.cache_state()

    async def tool(self) -> ToolFact:
        """Name what reads the images."""
        return ToolFact(name="qemu-img", version=await qemu.version())

    async def _find(self, point: RecoveryPoint, path: str) -> Image:
        """Return the image of a point. SourceError when it is gone; DefectError when it is not `path`.

        InputError when `path` means other images of the source: then the workload's filter lets through
        points that are not its own.
        """
        if point.id not in self._known:
            await self.points(PointFilter(host=point.host))
        image = self._known.get(point.id)
        if image is None:
            raise SourceError(
                f"source {self._name} no longer holds {', '.join(point.paths)}",
                hint="was it pruned while the drill began?",
            )
        if image.matches(path):
            return image
        if any(other.matches(path) for other in self._known.values()):
            raise InputError(
                f"the newest point is {image.name}, which the payload's path {path} does not mean",
                hint="give the workload's `points` the same path, or its host",
            )
        raise DefectError(f"source {self._name} holds no image {path}; the point is {image.name}")


def _unopened(image: Image, why: str) -> InputError:
    return InputError(
        f"{image.name} cannot be booted where it lies: {why}",
        hint="leave out --mode instant for this workload",
    )
