"""The ports of file sets: sources that list files and restore some of them, and whoever compares them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from drverify.engine.ports import Blob, ProbeScope, Progress, ResourceScope
from drverify.engine.sources import Restored
from drverify.model.files import FileComparison, Sample
from drverify.model.recovery import RecoveryPoint
from drverify.planning.drawing import Listed


@runtime_checkable
class SamplingSource(Protocol):
    """A source that lists the files of a point, and restores chosen ones without the others."""

    def listing(self, point: RecoveryPoint, path: str) -> AsyncIterator[Sequence[Listed]]:
        """Everything under `path` that is no directory, a few thousand at a time. Errors of the ports."""

    async def restore_chosen(
        self,
        point: RecoveryPoint,
        path: str,
        chosen: Sequence[str],
        *,
        into: Path,
        stall: timedelta,
        progress: Progress,
    ) -> Restored:
        """Restore these files, named as `listing` does, into the existing empty directory `into`.

        The directories on their way come too. Verifies and raises as `ImageSource.restore_image`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FileScope(ProbeScope):
    """What a probe of restored files may use beyond that: room for what it starts, and the ledger for it."""

    ledger: ResourceScope
    directory: Path
    """Of the sandbox, for its owner alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Which files of a point are restored."""

    seed: str
    population: int
    population_bytes: int
    chosen: tuple[str, ...]
    strata: tuple[tuple[str, int, int], ...]
    """Name, files in it, files drawn of it; together the population."""
    listing: Path
    """The whole listing, on this machine, to be read again."""
    artefact: Blob
    """The listing for the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAgainst:
    """What restored files are held against."""

    manifest: Path
    basis: str
    """What the report calls it."""
    inside: str = ""
    """Its path below the file set, when it lies there."""
    trusted: bool
    """Whether it lay on this machine: else it came out of the backup, and its faults are the backup's."""


class FileDesk(Protocol):
    """Draws files out of a listing, and compares restored ones with a manifest."""

    async def draw(
        self,
        listing: AsyncIterator[Sequence[Listed]],
        sample: Sample,
        *,
        seed: str,
        as_of: datetime,
        directory: Path,
        hidden: bool,
    ) -> Drawn:
        """Draw, and keep the listing in `directory`. DefectError when a named file is not in the listing.

        `hidden`: the artefact shows digests instead of paths.
        """

    async def compare(
        self, restored: Path, held: HeldAgainst, drawn: Drawn | None, *, as_of: datetime
    ) -> FileComparison:
        """Compare what was restored with the manifest. Nothing that differs is an error.

        DefectError for a manifest out of the backup that is none, InputError for any other; HostError when
        restored files cannot be read.
        """

    async def kept(self, held: HeldAgainst) -> Blob | None:
        """The manifest for the evidence; None when it is too long for that: its digest has to do."""
