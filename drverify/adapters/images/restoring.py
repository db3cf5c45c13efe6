"""One image restored: its bytes unpacked, its format read, the raw disk written."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.adapters.images.formats import check_end, declared, form_of
from drverify.adapters.images.listing import Image
from drverify.adapters.images.parts import Part, Parts, open_file
from drverify.adapters.images.pouring import Poured, pour, reading
from drverify.adapters.images.programs import SNIFF, unpacker
from drverify.adapters.images.qemu import QemuImage
from drverify.adapters.stored import Bytes, FileStore
from drverify.adapters.vma.asynchronous import in_thread
from drverify.adapters.vma.images import NewImage, NoRoom, refuse_to_overwrite
from drverify.adapters.vma.stopping import Stop
from drverify.engine.ports import Progress
from drverify.engine.sources import Restored
from drverify.errors import HostError, SourceError

AT_ONCE = 16
"""Parts in a store whose bytes come through pipes: all of them are begun at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOrder:
    """Which image, where to, and with how much patience."""

    store: FileStore
    image: Image
    recorded: Mapping[str, str]
    into: Path
    stall: timedelta
    progress: Progress

    async def run(self) -> Restored:
        """Restore it. Nothing but the whole disk is left; errors of the port."""
        refuse_to_overwrite(self.into)
        self.image.check_whole()
        check_room(self.into, self.image.size, self.image.name)
        return await _lent(self.store, self.image, self.stall, self._restore)

    async def _restore(self, parts: Sequence[Part]) -> Restored:
        only = parts[0].bytes
        if len(parts) == 1 and isinstance(only, Path) and (in_place := await self._in_place(only)):
            return await self._converted(in_place)
        made: list[NewImage] = []
        kept = False
        try:
            poured = await in_thread(self._pour(parts, made.append))
            if poured.declared.size is None:
                restored = self._keep(poured.image, poured.size)
                kept = True
                return restored
            check_end(poured.declared.form, reading(poured.image.descriptor), poured.size, self.image.name)
            return await self._converted(self._qemu(poured))
        finally:
            for image in made:
                if not kept:
                    image.discard()
                image.close()

    def _pour(self, parts: Sequence[Part], made: Callable[[NewImage], None]) -> Callable[[Stop], Poured]:
        loop = asyncio.get_running_loop()

        def work(stop: Stop) -> Poured:
            seconds = self.stall.total_seconds()
            return pour(
                self.image.name,
                Parts(self.image.name, parts, self.recorded, stop, seconds),
                self.into,
                claimed=self.image.named,
                made=made,
                progress=lambda done: _tell(loop, self.progress, done),
                stop=stop,
                stall=seconds,
            )

        return work

    def _qemu(self, poured: Poured) -> QemuImage:
        return QemuImage(
            name=self.image.name, path=poured.image.partial, declared=poured.declared, stall=self.stall
        )

    async def _in_place(self, path: Path) -> QemuImage | None:
        """An image that qemu-img can read where it lies, checked; None for a raw or a packed one."""

        def look(stop: Stop) -> QemuImage | None:
            name = self.image.name
            descriptor = open_file(path)
            try:
                read = reading(descriptor)
                head = read(0, 1024)
                if self.image.named.packed or unpacker(head[:SNIFF]):
                    return None
                if (form := form_of(head, self.image.named.form, name)) == "raw":
                    return None
                said = declared(form, read, name)
                check_end(form, read, os.fstat(descriptor).st_size, name)
            finally:
                os.close(descriptor)
            if self.recorded:
                parts = Parts(
                    name, [Part(name=path.name, bytes=path)], self.recorded, stop, self.stall.total_seconds()
                )
                try:
                    parts.check()
                finally:
                    parts.close()
            return QemuImage(name=name, path=path, declared=said, stall=self.stall)

        return await in_thread(look)

    async def _converted(self, image: QemuImage) -> Restored:
        target = NewImage(self.into, image.size, sync=False)
        try:
            await image.convert(target.partial, lambda done: self.progress.bytes(done, image.size))
            return self._keep(target, image.size)
        except BaseException:
            target.discard()
            raise
        finally:
            target.close()

    def _keep(self, image: NewImage, size: int) -> Restored:
        found = os.fstat(image.descriptor)
        if found.st_size != size:
            raise HostError(f"{self.into} has {found.st_size} bytes after writing {size}")
        image.keep()
        self.progress.bytes(size, size)
        return Restored(
            logical_bytes=size,
            allocated_bytes=found.st_blocks * 512,
            read_bytes=self.image.size,
            files=1,
        )


def check_room(into: Path, least: int, name: str) -> None:
    """Raise NoRoom when not even the stored bytes of an image would fit beside `into`."""
    try:
        room = os.statvfs(into.parent)
    except OSError as error:
        raise HostError(f"cannot write below {into.parent}: {error.strerror}") from error
    if (free := room.f_bavail * room.f_frsize) < least:
        raise NoRoom(
            f"no room for {into}: {name} has {least} bytes as it is stored, {free} are free",
            hint="make room below the sandbox directory (`state_dir` in the settings)",
        )


async def _lent(
    store: FileStore, image: Image, stall: timedelta, work: Callable[[Sequence[Part]], Awaitable[Restored]]
) -> Restored:
    """Let `work` read all parts of an image."""
    if len(image.files) == 1:
        (file,) = image.files
        return await store.read(file, lambda lent: work([Part(name=file.name, bytes=lent)]), stall=stall)
    if store.heads_are_cheap:  # what can be read anywhere and again needs no lending
        paths = [await store.read(file, _itself, stall=stall) for file in image.files]
        return await work(
            [Part(name=file.name, bytes=path) for file, path in zip(image.files, paths, strict=True)]
        )
    if len(image.files) > AT_ONCE:
        raise HostError(f"{image.name} has {len(image.files)} parts; from a store at most {AT_ONCE} are read")
    return await _nested(store, image, stall, work, [])


async def _nested(
    store: FileStore,
    image: Image,
    stall: timedelta,
    work: Callable[[Sequence[Part]], Awaitable[Restored]],
    lent: list[Part],
) -> Restored:
    number = len(lent)
    if number == len(image.files):
        return await work(lent)
    file = image.files[number]
    given = False

    async def more(one: Bytes) -> Restored:
        nonlocal given
        if given and number:
            raise SourceError(f"{image.name}: {file.name} was lost on the way", hint="drill it again")
        given = True
        return await _nested(store, image, stall, work, [*lent, Part(name=file.name, bytes=one)])

    return await store.read(file, more, stall=stall)


async def _itself(lent: Bytes) -> Bytes:
    return lent


def _tell(loop: asyncio.AbstractEventLoop, progress: Progress, done: int) -> None:
    loop.call_soon_threadsafe(progress.bytes, done, None)
