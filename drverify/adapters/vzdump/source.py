"""vzdump archives, wherever they lie, as a source of whole machines."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Literal
from zoneinfo import ZoneInfo

from drverify.adapters.stored import Bytes, FileStore
from drverify.adapters.vma import asynchronous as vma
from drverify.adapters.vma.archive import Extracted
from drverify.adapters.vma.configuration import GUEST, check_disks, drives
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.header import Header
from drverify.adapters.vzdump.archives import SIDECAR, Archive, Archives, newest_first
from drverify.adapters.vzdump.digests import Recorded, hashed, read_digests
from drverify.engine.ports import Progress
from drverify.engine.sources import Described, Restored
from drverify.errors import DefectError, SourceError
from drverify.model.drill import ToolFact
from drverify.model.evidence import Blob
from drverify.model.recovery import STATEMENT, Disk, Network, PointFilter, RecoveryPoint
from drverify.pveconf.policy import redacted
from drverify.pveconf.qemu import nics_of
from drverify.pveconf.shape import shape
from drverify.pveconf.slots import card_slot
from drverify.pveconf.text import GuestConfig, parse, render

SECTOR = 512
SLACK = timedelta(minutes=10)
"""How far apart a name and the header of its archive may be in saying when the backup began."""


class VzdumpSource:
    """Implements `MachineSource`: `host` of a point is the guest's VMID as text."""

    def __init__(
        self,
        name: str,
        store: FileStore,
        zone: ZoneInfo,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._store = store
        self._zone = zone
        self._archives = Archives(store, zone, now)
        self._known: dict[str, Archive] = {}

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """List matching archives of machines, newest first; unfinished ones are none.

        A container's archive is no point either. SourceError when the guest asked for has nothing but
        those: that is not the same as no backup.
        """
        listed = await self._archives.listed(wanted.host)
        if wanted.host and not listed.archives and listed.containers:
            raise SourceError(
                f"source {self._name}: guest {wanted.host} is a container, and its archives (tar) are not "
                "restored from here",
                hint="restore it on a Proxmox host",
            )
        self._known |= {archive.id: archive for archive in listed.archives}
        points = [archive.point(self._name) for archive in listed.archives]
        return newest_first(point for point in points if _matches(point, wanted))

    async def describe(self, point: RecoveryPoint, networks: Sequence[Network]) -> Described:
        """Read the machine's configuration out of the archive's header, and shape it for another host.

        What would be dangerous on a node (passed-through devices, scripts, arguments) is not mapped; the
        deviations say so. Passwords in the configuration are not shown.
        """
        archive = await self._find(point)
        header = (await self._archives.inspect(archive.file)).header
        self._agrees(archive, header)
        if GUEST not in header.configs:
            raise DefectError(f"the archive {archive.file.name} states no machine: it has no {GUEST}")
        check_disks(header)
        config = parse(header.configs[GUEST], kind="qemu")
        shaped = shape(config, networks)
        disks = tuple(
            replace(disk, size_bytes=header.devices[_device(header, device)].size)
            for disk, (_, device) in zip(shaped.shape.disks, shaped.devices, strict=True)
        )
        slots = _slots(config) if shaped.shape.networks else ()
        machine = replace(shaped.machine, shape=replace(shaped.shape, disks=disks, nic_slots=slots))
        content = render(redacted(config)).encode()
        return Described(
            machine=machine, statement=Blob(name=STATEMENT, media_type="text/plain", content=content)
        )

    async def restore_machine(
        self, point: RecoveryPoint, disks: Sequence[Disk], *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Write every disk in one pass over the archive, and hold it against recorded digests.

        `read_bytes` are the bytes of the archive as it is stored: it is always read to its end.
        """
        archive = await self._find(point)
        recorded = await self._recorded(archive)
        digest = recorded.of_archive(archive.file.name)
        new = [path for disk in disks if not os.path.lexists(path := into / f"{disk.name}.raw")]

        async def unpack(source: Bytes) -> Extracted:
            _remove(new)  # a store may find out only at the end that its bytes were bad, and give them again
            return await vma.extract(
                source,
                lambda header: _targets(header, disks, into),
                expected=recorded.of_disks,
                hashing=False,
                sync=False,  # after a crash a sandbox is thrown away, never resumed
                progress=progress.bytes,
                stall=stall,
                scratch=into,
            )

        async def unpack_hashed(source: Bytes) -> Extracted:
            with hashed(source, stall) as (lent, hashing):
                done = await unpack(lent)
                if (found := hashing.hexdigest()) != digest:
                    raise _not_as_recorded(archive, found, digest)
                return done

        try:
            done = await self._store.read(archive.file, unpack_hashed if digest else unpack, stall=stall)
        except BaseException:
            _remove(new)
            raise
        written = [(disk.logical_bytes, disk.target) for disk in done.disks if isinstance(disk.target, Path)]
        return Restored(
            logical_bytes=sum(size for size, _ in written),
            allocated_bytes=sum(path.stat().st_blocks * SECTOR for _, path in written),
            read_bytes=archive.file.size,
            files=len(written),
        )

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Say what the store says."""
        return await self._store.cache_state()

    async def tool(self) -> ToolFact:
        """Name what reads the store."""
        return await self._store.tool()

    async def _find(self, point: RecoveryPoint) -> Archive:
        """Return the archive of a point; SourceError when it is gone."""
        if point.id not in self._known:
            listed = await self._archives.listed(point.host)
            self._known |= {archive.id: archive for archive in listed.archives}
        if point.id not in self._known:
            raise SourceError(
                f"source {self._name} no longer holds {', '.join(point.paths)}",
                hint="was it pruned while the drill began?",
            )
        return self._known[point.id]

    async def _recorded(self, archive: Archive) -> Recorded:
        if archive.digests is None:
            return Recorded()
        return read_digests(await self._store.content(archive.digests, limit=SIDECAR))

    def _agrees(self, archive: Archive, header: Header) -> None:
        """Raise SourceError when the name, read in the configured zone, misstates when the backup began.

        Only names are read where headers are dear: with a wrong zone every recovery point would be hours
        off, and so would the verdict.
        """
        if self._store.heads_are_cheap or abs(header.created_at - archive.begun_at) <= SLACK:
            return
        local = archive.named.local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        if abs(header.created_at - local) <= SLACK:
            return
        raise SourceError(
            f"{archive.file.name} was begun at {header.created_at:%Y-%m-%d %H:%M:%S} UTC by its header, "
            f"and at {archive.begun_at:%Y-%m-%d %H:%M:%S} UTC by its name in {self._zone.key}",
            hint=f"set sources.{self._name}.timezone to the zone of the node that wrote it",
        )


def _matches(point: RecoveryPoint, wanted: PointFilter) -> bool:
    return all(tag in point.tags for tag in wanted.tags) and (
        not wanted.path or any(PurePosixPath(path).is_relative_to(wanted.path) for path in point.paths)
    )


def _device(header: Header, name: str) -> int:
    device = header.disk(name)
    if device is None:
        raise DefectError(
            f"the archive has no disk {name}, which its configuration states",
            hint="its disks: " + (", ".join(one.name for one in header.disks) or "none"),
        )
    return device.id


def _slots(config: GuestConfig) -> tuple[int, ...]:
    """The PCI slots of its cards, by which a Linux system names them; nothing unless all are known."""
    slots = [card_slot(one.key) for one in nics_of(config)]
    return tuple(one for one in slots if one is not None) if None not in slots else ()


def _targets(header: Header, disks: Sequence[Disk], into: Path) -> Mapping[str, Path]:
    devices = {drive: device for device, drive in drives(header).items()}
    names = {disk.name: devices.get(disk.name, f"drive-{disk.name}") for disk in disks}
    return {
        header.devices[_device(header, device)].name: into / f"{name}.raw" for name, device in names.items()
    }


def _not_as_recorded(archive: Archive, found: str, recorded: str) -> ArchiveDefect:
    return ArchiveDefect(
        DefectKind.PAYLOAD,
        f"the archive {archive.file.name} is not what was recorded: sha256 {found} instead of {recorded}",
        offset=None,
    )


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
