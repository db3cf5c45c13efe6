"""From the files of a store to archives: which are whole, when they were begun, what lies beside them."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from drverify.adapters.stored import Bytes, FileStore, StoredFile, several
from drverify.adapters.vma import asynchronous as vma
from drverify.adapters.vma.archive import ArchiveInfo
from drverify.adapters.vzdump.names import DIGESTS, NOTES, PROTECTED, Named, read_name
from drverify.errors import DefectError, SourceError
from drverify.model.recovery import PointId, RecoveryPoint

SETTLED = timedelta(minutes=1)
"""An archive that was written to within this time is whole only if vzdump's log says so."""
FINISHED = b"Finished Backup of VM"
"""Words of vzdump's log."""
HEAD = timedelta(seconds=60)
"""How long the beginning of an archive may take to come."""
AT_ONCE = 4
SIDECAR = 64 * 1024
LOG_BYTES = 1 << 20
_NOTE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One archive of a machine."""

    file: StoredFile
    named: Named
    begun_at: datetime
    """UTC; by the header where it was read, else by the name."""
    digests: StoredFile | None
    note: str
    is_protected: bool

    @property
    def id(self) -> PointId:
        """Follows from what never changes about an archive, wherever it lies."""
        return PointId(hashlib.sha256(f"{self.file.name}\n{self.file.size}".encode()).hexdigest())

    def point(self, source: str) -> RecoveryPoint:
        """The archive as the engine knows it."""
        tags = [f"kind={self.named.kind}", f"format={self.named.form}"]
        tags += ["protected"] if self.is_protected else []
        tags += [f"notes={self.note}"] if self.note else []
        return RecoveryPoint(
            id=self.id,
            source=source,
            consistent_as_of=self.begun_at,
            as_of_origin="source-time",
            host=str(self.named.vmid),
            paths=(self.file.path,),
            tags=tuple(tags),
            size_bytes=self.file.size,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a store holds of a guest, or of all."""

    archives: tuple[Archive, ...]
    containers: frozenset[int]
    """VMIDs of containers whose archives lie there, too."""


class Archives:
    """The archives of one store. Headers that were read are remembered as long as the file is the same."""

    def __init__(self, store: FileStore, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._store = store
        self._zone = zone
        self._now = now
        self._begun: dict[tuple[str, int, datetime | None], datetime | None] = {}

    async def listed(self, host: str = "") -> Listed:
        """List the whole archives, of one VMID if it is given. SourceError when the store cannot be asked."""
        files = await self._store.files()
        beside = {file.name: file for file in files}
        named = [(file, name) for file in files if (name := read_name(file.name)) is not None]
        wanted = [(file, name) for file, name in named if host in {"", str(name.vmid)}]
        machines = [(file, name) for file, name in wanted if name.kind == "qemu"]
        archives = await several([self._archive(file, name, beside) for file, name in machines], AT_ONCE)
        return Listed(
            archives=tuple(archive for archive in archives if archive is not None),
            containers=frozenset(name.vmid for _, name in wanted if name.kind == "lxc"),
        )

    async def _archive(self, file: StoredFile, named: Named, beside: dict[str, StoredFile]) -> Archive | None:
        if not await self._is_whole(file, beside.get(named.log)):
            return None
        notes = beside.get(file.name + NOTES)
        text = await self._store.content(notes, limit=SIDECAR) if notes is not None else b""
        return Archive(
            file=file,
            named=named,
            begun_at=await self._header_time(file) or named.begun_at(self._zone),
            digests=beside.get(file.name + DIGESTS),
            note=first_line(text),
            is_protected=file.name + PROTECTED in beside,
        )

    async def _is_whole(self, file: StoredFile, log: StoredFile | None) -> bool:
        """Say whether nobody writes to it any more: a copy under way has its final name already."""
        if file.modified is None or self._now() - file.modified >= SETTLED:
            return True
        return log is not None and FINISHED in await self._store.content(log, limit=LOG_BYTES)

    async def _header_time(self, file: StoredFile) -> datetime | None:
        """Read when the archive was begun; None when that is dear, or the archive does not say.

        A damaged archive is a point all the same: the drill that restores it says what is wrong with it.
        """
        if not self._store.heads_are_cheap:
            return None
        key = (file.key, file.size, file.modified)
        if key not in self._begun:
            try:
                self._begun[key] = (await self.inspect(file)).header.created_at
            except (DefectError, SourceError):
                self._begun[key] = None
        return self._begun[key]

    async def inspect(self, file: StoredFile) -> ArchiveInfo:
        """Read an archive's header. ArchiveDefect when it is damaged; errors of the store."""

        async def head(archive: Bytes) -> ArchiveInfo:
            return await vma.inspect(archive, stall=HEAD)

        return await self._store.read(file, head, stall=HEAD)


def first_line(text: bytes) -> str:
    """The first line of a note as one short printable text."""
    lines = text.decode("utf-8", "replace").splitlines()
    shown = "".join(char for char in (lines[0] if lines else "") if char.isprintable())
    return shown.strip()[:_NOTE]


def newest_first(points: Iterable[RecoveryPoint]) -> Sequence[RecoveryPoint]:
    """Order points as the port wants them."""
    return sorted(points, key=lambda point: (point.consistent_as_of, point.id), reverse=True)
