"""The ways in which a workload comes back: which source and which host do what."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from drverify.engine.ports import DiskSource, Progress, Room, Sandbox, SandboxHost, SandboxSpec
from drverify.engine.sources import (
    Described,
    DescribingSource,
    FileSource,
    ImageSource,
    MachineSource,
    OpenedImage,
    RecoverySource,
    Restored,
    RestoringHost,
)
from drverify.engine.taking import TakingHost
from drverify.errors import InputError
from drverify.model.layout import Rework
from drverify.model.obligation import Mode
from drverify.model.recovery import (
    DiskImage,
    FileSet,
    GuestShape,
    Payload,
    RecoveryPoint,
    WholeMachine,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One restore."""

    point: RecoveryPoint
    described: Described | None
    mode: Mode
    stall: timedelta
    progress: Progress

    @property
    def stated(self) -> Described:
        """What the backup says of its machine; InputError when nothing was read."""
        if self.described is None:
            raise InputError("nothing states the shape of this machine")
        return self.described


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Disks that are ready for the guest, and what restoring them took."""

    disks: tuple[DiskSource, ...]
    restored: Restored
    reworks: tuple[Rework, ...] = ()
    """What was done to them so that the system can start from them."""
    rebuild: Callable[[timedelta, Progress], Awaitable[tuple[Rework, ...]]] | None = None
    """What is left to be done to them, within a time of ours: a phase of its own. Errors of the ports."""
    adapt: Callable[[timedelta, Progress], Awaitable[tuple[Rework, ...]]] | None = None
    """What makes them ready for hardware that is not the system's own: a phase of its own, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A disk image that the guest shall run from, where it lies in the backup."""

    disks: tuple[DiskSource, ...]
    image: OpenedImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A sandbox that stands, and how the machine gets into it."""

    sandbox: Sandbox
    restore: Callable[[Wanted], Awaitable[Loaded]]
    """Raises as the ports do."""
    keeps: bool = False
    """Whether the host has the disks when they are restored."""

    def left(self, disks: tuple[DiskSource, ...]) -> tuple[DiskSource, ...]:
        """What is left to be given to the guest."""
        return () if self.keeps else disks


class GuestWay(Protocol):
    """How a machine comes back."""

    async def describe(self, point: RecoveryPoint) -> Described | None:
        """What the point says of its machine; None when the inventory says it all. Errors of the ports."""

    def shape(self, described: Described | None) -> GuestShape:
        """The machine that the disks are booted on."""

    async def stand(self, stack: AsyncExitStack, spec: SandboxSpec, room: Room) -> Standing:
        """Make the sandbox, which the stack takes back. Errors of the ports."""

    @property
    def opens(self) -> bool:
        """Whether an instant restore is `opened` before the sandbox stands; else it is the host's work."""

    async def opened(self, stack: AsyncExitStack, room: Room, point: RecoveryPoint) -> Opened:
        """Open the disk inside the backup for an instant restore. Errors of the ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWay:
    """Files: restored into a directory."""

    source: FileSource
    payload: FileSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWay:
    """One disk image by its path; the inventory states the machine."""

    source: ImageSource
    host: SandboxHost
    payload: DiskImage

    async def describe(self, point: RecoveryPoint) -> None:
        """Nothing: the inventory says it all."""
        del point

    def shape(self, described: Described | None) -> GuestShape:
        """The inventory's."""
        del described
        return self.payload.guest

    async def stand(self, stack: AsyncExitStack, spec: SandboxSpec, room: Room) -> Standing:
        """Restore the image into the room."""
        disk = DiskSource(path=room.directory / "disk.raw", format="raw")

        async def restore(wanted: Wanted) -> Loaded:
            restored = await self.source.restore_image(
                wanted.point, self.payload.path, into=disk.path, stall=wanted.stall, progress=wanted.progress
            )
            return Loaded(disks=(disk,), restored=restored)

        sandbox = await stack.enter_async_context(self.host.sandbox(spec, room.scope))
        return Standing(sandbox=sandbox, restore=restore)

    @property
    def opens(self) -> bool:
        """Yes: the source makes the image readable where it lies."""
        return True

    async def opened(self, stack: AsyncExitStack, room: Room, point: RecoveryPoint) -> Opened:
        """Mount the backup; the guest writes to an overlay."""
        mount = room.directory / "backup"
        await asyncio.to_thread(mount.mkdir)
        image = await stack.enter_async_context(
            self.source.opened_image(point, self.payload.path, at=mount, scope=room.scope)
        )
        overlay = DiskSource(path=room.directory / "overlay.qcow2", format="qcow2", backing=image.path)
        return Opened(disks=(overlay,), image=image)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineWay:
    """A whole machine out of an archive, onto a host that knows nothing of archives."""

    source: MachineSource
    host: SandboxHost
    payload: WholeMachine

    async def describe(self, point: RecoveryPoint) -> Described:
        """Ask the source."""
        return await self.source.describe(point, self.payload.networks)

    def shape(self, described: Described | None) -> GuestShape:
        """The backup's."""
        return _shape(described)

    async def stand(self, stack: AsyncExitStack, spec: SandboxSpec, room: Room) -> Standing:
        """Restore every disk into the room."""

        async def restore(wanted: Wanted) -> Loaded:
            disks = wanted.stated.machine.shape.disks
            restored = await self.source.restore_machine(
                wanted.point, disks, into=room.directory, stall=wanted.stall, progress=wanted.progress
            )
            paths = [room.directory / f"{disk.name}.raw" for disk in disks]
            return Loaded(
                disks=tuple(DiskSource(path=path, format="raw") for path in paths), restored=restored
            )

        sandbox = await stack.enter_async_context(self.host.sandbox(spec, room.scope))
        return Standing(sandbox=sandbox, restore=restore)

    @property
    def opens(self) -> bool:
        """Yes: no host would restore an archive by itself."""
        return True

    async def opened(self, stack: AsyncExitStack, room: Room, point: RecoveryPoint) -> Opened:
        """InputError: an archive has to be unpacked."""
        del stack, room, point
        raise _not_in_place()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWay:
    """A whole machine that the host restores by itself."""

    source: DescribingSource
    host: RestoringHost
    payload: WholeMachine

    async def describe(self, point: RecoveryPoint) -> Described:
        """Ask the source."""
        return await self.source.describe(point, self.payload.networks)

    def shape(self, described: Described | None) -> GuestShape:
        """The backup's."""
        return _shape(described)

    async def stand(self, stack: AsyncExitStack, spec: SandboxSpec, room: Room) -> Standing:
        """Let the host restore; the disks are its own."""
        sandbox = await stack.enter_async_context(self.host.sandbox(spec, room.scope))

        async def restore(wanted: Wanted) -> Loaded:
            restored = await sandbox.restore(
                wanted.point, wanted.stated, mode=wanted.mode, stall=wanted.stall, progress=wanted.progress
            )
            return Loaded(disks=(), restored=restored)

        return Standing(sandbox=sandbox, restore=restore)

    @property
    def opens(self) -> bool:
        """No: the host runs the machine while it restores it."""
        return False

    async def opened(self, stack: AsyncExitStack, room: Room, point: RecoveryPoint) -> Opened:
        """InputError: the host opens what it restores."""
        del stack, room, point
        raise InputError("the host restores this machine by itself")


Way = FileWay | GuestWay


def way_of(
    payload: Payload, source: RecoverySource, host: SandboxHost, *, name: str, mode: Mode = "full"
) -> Way:
    """Choose the way. InputError when source and host cannot bring such a workload back in that mode.

    `name` is the source's in the settings.
    """
    if isinstance(payload, FileSet) and isinstance(source, FileSource):
        return FileWay(source=source, payload=payload)
    if isinstance(payload, DiskImage) and isinstance(source, ImageSource):
        require_taking(host, mode)
        return ImageWay(source=source, host=host, payload=payload)
    if isinstance(payload, WholeMachine) and isinstance(source, DescribingSource):
        if isinstance(host, RestoringHost) and host.restores(name):
            return HostWay(source=source, host=host, payload=payload)
        if isinstance(source, MachineSource) and (not isinstance(host, RestoringHost) or _takes(host)):
            if mode == "instant":
                raise _not_in_place()
            return MachineWay(source=source, host=host, payload=payload)
        raise InputError(
            f"the host of this workload cannot restore the points of source {name}",
            hint="name a host that can with `host` in the inventory (see docs/settings.md)",
        )
    raise InputError(
        f"source {name} holds nothing of kind {payload.kind}",
        hint="compare the workload's payload in the inventory with the source's kind in the settings",
    )


def require_taking(host: SandboxHost, mode: Mode) -> None:
    """InputError when what is restored here cannot run on a host that keeps its disks by itself."""
    if not isinstance(host, RestoringHost):
        return
    if not _takes(host):
        raise InputError(
            "the host of this workload takes no disks that were restored elsewhere",
            hint="name a storage for them, `import_storage` of the host (docs/proxmox.md), or another host",
        )
    if mode == "instant":
        raise InputError("what runs on this host has to be sent there first", hint="leave out --mode instant")


def _takes(host: object) -> bool:
    return isinstance(host, TakingHost) and host.takes_disks()


def _not_in_place() -> InputError:
    return InputError(
        "an archive cannot be booted where it lies", hint="leave out --mode instant for this workload"
    )


def _shape(described: Described | None) -> GuestShape:
    if described is None:
        raise InputError("nothing states the shape of this machine")
    return described.machine.shape
