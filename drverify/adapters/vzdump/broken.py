"""Broken copies of vzdump archives."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from drverify.adapters import stored_options
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.stored import FileStore
from drverify.adapters.stored_copy import broken_file
from drverify.adapters.vzdump.archives import Archives
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.engine.ports import Progress
from drverify.engine.trials.control import BrokenCopy
from drverify.errors import SourceError
from drverify.model.controls import ControlKind
from drverify.model.recovery import Payload, PointFilter, RecoveryPoint, SecretRef


class VzdumpBreaker:
    """Implements `Breaker`. A digest that was recorded beside the archive lies beside the copy, too."""

    def __init__(self, name: str, store: FileStore, zone: ZoneInfo) -> None:
        self._name = name
        self._store = store
        self._zone = zone

    async def __call__(
        self, kind: ControlKind, point: RecoveryPoint, payload: Payload, *, into: Path, progress: Progress
    ) -> BrokenCopy:
        """Copy and break, as the port says."""
        del payload, progress
        archives = Archives(self._store, self._zone, lambda: datetime.now(UTC))
        listed = await archives.listed(point.host)
        archive = next((one for one in listed.archives if one.id == point.id), None)
        if archive is None:
            raise SourceError(f"source {self._name} no longer holds {', '.join(point.paths)}")
        beside = [archive.digests] if archive.digests is not None else []
        damage = await broken_file(self._store, archive.file, beside, kind, into)
        source = VzdumpSource(self._name, DirectoryStore(into), self._zone)
        found = await source.points(PointFilter(host=point.host))
        return BrokenCopy(source=source, point=next(iter(found), point), damage=damage)


def breaker(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> VzdumpBreaker:
    """Make it for the source called `name`; InputError for options that it does not have."""
    kept = stored_options.read(name, options, resolve, what="archives")
    return VzdumpBreaker(name, kept.store, kept.zone or ZoneInfo("UTC"))
