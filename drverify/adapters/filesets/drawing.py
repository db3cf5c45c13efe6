"""Draws a sample out of a listing that is too long for memory: it goes to a file, which is read again.

The listing that evidence keeps is gzip of JSON lines. The first line is an object: format, seed, as-of (RFC
3339), the number wanted, whether names are hidden, what was named. Each further one is an array of a file: 0
not restored, 1 drawn, 2 named or the newest; size; modified (seconds); name of its stratum; path, or the
SHA-256 of it where names are hidden. The draw can be made again from it: see `planning.drawing`.
"""

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from drverify.auditing.layout import LARGEST_LOADED
from drverify.engine.filesets import Drawn
from drverify.errors import DefectError, HostError, InputError
from drverify.model.evidence import Blob
from drverify.model.files import LISTING, Sample
from drverify.planning.bound import MOST_FILES
from drverify.planning.drawing import NAMED, Census, Draw, Listed, Strata, cleaned, digest_of, is_named

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

FORMAT = "drverify file listing 1"
SPOOL = "listing"


async def draw(
    listing: AsyncIterator[Sequence[Listed]],
    sample: Sample,
    *,
    seed: str,
    as_of: datetime,
    directory: Path,
    hidden: bool,
) -> Drawn:
    """Draw as `FileDesk.draw` says."""
    if sample.files < 0:
        raise InputError(f"a sample cannot have {sample.files} files")
    if sample.files and not seed:
        raise InputError("this drill has no challenge that a sample could be drawn with")
    spool = directory / SPOOL
    newest = await _spooled(listing, spool)
    return await asyncio.to_thread(_drawn, spool, sample, newest, seed=seed, as_of=as_of, hidden=hidden)


async def _spooled(listing: AsyncIterator[Sequence[Listed]], spool: Path) -> str:
    """Write the listing down; the path of the file modified last."""
    newest: tuple[int, str] = (0, "")
    with spool.open("w", encoding="utf-8", errors="surrogatepass", buffering=1 << 20) as file:
        async for some in listing:
            file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in some)
            newest = max(newest, max(((one.modified, one.path) for one in some), default=newest))
    return newest[1]


def spooled(spool: Path) -> Iterator[Listed]:
    """Read the listing again."""
    with spool.open(encoding="utf-8", errors="surrogatepass") as file:
        for line in file:
            yield Listed(*json.loads(line))


def _drawn(spool: Path, sample: Sample, newest: str, *, seed: str, as_of: datetime, hidden: bool) -> Drawn:
    names = cleaned(sample.named)
    always = (*names, newest)
    census, chosen, population, size = Census(as_of), list[str](), 0, 0
    for file in spooled(spool):
        population += 1
        size += file.size
        if is_named(file.path, always):
            chosen.append(file.path)
        elif sample.files:
            census.add(file)
    if population > MOST_FILES:
        raise HostError(
            f"a sample is drawn of at most {MOST_FILES:,} files, there are {population:,}",
            hint="let the workload name a smaller `path`",
        )
    missing = next((name for name in names if not any(is_named(path, (name,)) for path in chosen)), None)
    if missing is not None:
        raise DefectError(f"the point does not hold the named file {missing}")
    strata = census.strata(sample.files)
    draw = Draw(strata, seed)
    for file in spooled(spool):
        if sample.files and not is_named(file.path, always):
            draw.offer(file)
    by_chance = frozenset(draw.drawn())
    named = ((NAMED, len(chosen), len(chosen)),) if chosen else ()
    told = {name: f"stratum {at}" if hidden else name for at, name in enumerate(strata.sizes, 1)}
    counted = tuple((told[name], strata.sizes[name], strata.drawn[name]) for name in strata.sizes)
    head = {
        "format": FORMAT, "seed": seed, "asOf": as_of.isoformat().replace("+00:00", "Z"),
        "wanted": sample.files, "hidden": hidden, "named": [] if hidden else list(always),
    }  # fmt: skip
    return Drawn(
        seed=seed if sample.files else "",
        population=population,
        population_bytes=size,
        chosen=(*chosen, *sorted(by_chance)),
        strata=(*named, *counted),
        listing=spool,
        artefact=_artefact(spool, head, _Marks(strata, told, by_chance, frozenset(chosen)), hidden=hidden),
    )


@dataclass(frozen=True, slots=True)
class _Marks:
    """What becomes of each file."""

    strata: Strata
    told: Mapping[str, str]
    """What a stratum is called in evidence."""
    by_chance: frozenset[str]
    named: frozenset[str]

    def of(self, file: Listed) -> tuple[int, str]:
        """The mark of a file and the name of its stratum."""
        if file.path in self.named:
            return 2, NAMED
        name = self.strata.name(file)
        return int(file.path in self.by_chance), self.told.get(name, name)


class _Bounded(io.BytesIO):
    """Takes what an audit reads again at most. HostError beyond."""

    def write(self, content: "Buffer", /) -> int:
        """Write, as ever."""
        written = super().write(content)
        if self.tell() > LARGEST_LOADED:
            raise HostError(
                "the listing that the sample is drawn from is larger than an audit reads: "
                f"{LARGEST_LOADED >> 20} MiB, packed",
                hint="let the workload name a smaller `path`, and several workloads share the files",
            )
        return written


def _artefact(spool: Path, head: dict[str, object], marks: _Marks, *, hidden: bool) -> Blob:
    content = _Bounded()
    with gzip.GzipFile(fileobj=content, mode="wb", compresslevel=6, mtime=0) as packed:
        packed.write(f"{json.dumps(head)}\n".encode())
        for file in spooled(spool):
            mark, stratum = marks.of(file)
            path = digest_of(file.path) if hidden else file.path
            packed.write(f"{json.dumps([mark, file.size, file.modified, stratum, path])}\n".encode())
    return Blob(name=LISTING, media_type="application/gzip", content=content.getvalue())
