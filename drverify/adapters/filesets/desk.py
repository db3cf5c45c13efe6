"""Implements `FileDesk`."""

import asyncio
import gzip
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from drverify.adapters.filesets import drawing
from drverify.adapters.filesets.comparing import Collated, Comparing, Place, Task
from drverify.adapters.filesets.mtree import ManifestError
from drverify.engine.filesets import Drawn, HeldAgainst
from drverify.errors import DefectError, HostError, InputError
from drverify.model.evidence import Blob
from drverify.model.files import MANIFEST, FileComparison, Sample
from drverify.planning.bound import at_most_ppm
from drverify.planning.drawing import Listed

LONGEST_KEPT = 256 << 20
"""Bytes of a manifest that is kept with the evidence, before it is packed: about a million files."""


class LocalFileDesk:
    """Works on this machine's files, on a thread."""

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
        """Draw, and keep the listing in `directory`."""
        return await drawing.draw(listing, sample, seed=seed, as_of=as_of, directory=directory, hidden=hidden)

    async def compare(
        self, restored: Path, held: HeldAgainst, drawn: Drawn | None, *, as_of: datetime
    ) -> FileComparison:
        """Compare on a thread, which ends when this is cancelled."""
        stop = threading.Event()
        task = Task(
            root=restored,
            manifest=held.manifest,
            leave_out=held.inside,
            chosen=None if drawn is None else frozenset(drawn.chosen),
            population=None if drawn is None else _Population(drawn.listing),
            as_of=as_of,
            beside=held.trusted,
        )
        try:
            found, digest = await asyncio.to_thread(_compared, task, stop)
        except ManifestError as error:
            text = f"{held.basis} cannot be read: {error}"
            if held.trusted:
                raise InputError(text, hint="make it with `drverify manifest make`") from error
            raise DefectError(text) from error
        except OSError as error:
            raise HostError(f"the restored files cannot be compared: {error.strerror or error}") from error
        finally:
            stop.set()
        return _comparison(found, held, drawn, digest)

    async def kept(self, held: HeldAgainst) -> Blob | None:
        """The manifest, packed."""
        return await asyncio.to_thread(_packed, held.manifest)


def _packed(manifest: Path) -> Blob | None:
    try:
        if manifest.stat().st_size > LONGEST_KEPT:
            return None
        content = gzip.compress(manifest.read_bytes(), mtime=0)
    except OSError as error:
        raise HostError(f"the manifest cannot be read: {error.strerror or error}") from error
    return Blob(name=MANIFEST, media_type="application/gzip", content=content)


def _compared(task: Task, stop: threading.Event) -> tuple[Collated, str]:
    with task.manifest.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Comparing(task, stop).run(), digest


class _Population:
    """The files of a listing, each time it is called."""

    def __init__(self, listing: Path) -> None:
        self._listing = listing

    def __call__(self) -> Iterator[Place]:
        return ((file.path, file.modified) for file in drawing.spooled(self._listing))


def _comparison(found: Collated, held: HeldAgainst, drawn: Drawn | None, digest: str) -> FileComparison:
    restored = found.compared + found.changed_since + found.unread if drawn is None else len(drawn.chosen)
    clean = found.differing == 0 and restored - found.compared <= bool(held.inside)
    return FileComparison(
        basis=held.basis,
        seed="" if drawn is None else drawn.seed,
        population=restored if drawn is None else drawn.population,
        population_bytes=found.compared_bytes if drawn is None else drawn.population_bytes,
        compared=found.compared,
        compared_bytes=found.compared_bytes,
        strata=() if drawn is None else drawn.strata,
        aspects=found.aspects,
        changed_since=found.changed_since,
        differing=found.differing,
        differences=tuple(found.differences),
        at_most_ppm=bound(drawn) if clean else None,
        manifest_sha256=digest,
    )


def bound(drawn: Drawn | None) -> int | None:
    """What a sample without a difference shows; None when nothing was drawn by chance."""
    if drawn is None or not drawn.seed:
        return None
    return at_most_ppm([(files, taken) for _, files, taken in drawn.strata])
