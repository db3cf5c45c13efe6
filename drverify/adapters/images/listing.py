"""From the files of a store to images: which belong together, when they were taken, what lies beside them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import Literal
from zoneinfo import ZoneInfo

from drverify.adapters.images.names import Named, read_name
from drverify.adapters.stored import FileStore, StoredFile
from drverify.errors import DefectError, SourceError
from drverify.model.recovery import PointFilter, PointId, RecoveryPoint

SETTLED = timedelta(minutes=1)
"""A file that was written to within this time may still be being written."""
DIGESTS = ".sha256"
SIDECAR = 256 * 1024
_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](.{1,4096})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One disk image: one file, or parts in their order."""

    named: Named
    files: tuple[StoredFile, ...]
    taken_at: datetime
    """UTC."""
    origin: Literal["tag", "source-time"]
    """By the name; or by the time of the last writing."""
    sidecars: tuple[StoredFile, ...]
    gap: str = ""
    """What is missing between the parts."""

    @property
    def name(self) -> str:
        """As the operator knows it."""
        return self.named.base

    @property
    def size(self) -> int:
        """Bytes as stored."""
        return sum(file.size for file in self.files)

    @property
    def id(self) -> PointId:
        """Follows from what tells this state of the image from any other."""
        facts = "".join(f"{one.name}\n{one.size}\n{one.modified}\n" for one in self.files)
        return PointId(hashlib.sha256(facts.encode()).hexdigest())

    def matches(self, pattern: str) -> bool:
        """Say whether `pattern`, a name or a glob, with directories or without, means this image."""
        first = self.files[0]
        names = {self.name, first.name}
        if "/" in pattern:
            names = {str(PurePath(first.path).with_name(name)) for name in names}
        return any(fnmatchcase(name, pattern) for name in names)

    def is_wanted(self, wanted: PointFilter) -> bool:
        """Say whether a filter lets it through; its path is a pattern or a directory."""
        below = wanted.path and PurePath(self.files[0].path).is_relative_to(wanted.path)
        return (
            wanted.host in {"", self.named.host}
            and not wanted.tags
            and (not wanted.path or bool(below) or self.matches(wanted.path))
        )

    def check_whole(self) -> None:
        """Raise DefectError when a part is missing, as far as numbers and sizes show."""
        if self.gap:
            raise DefectError(f"{self.name} is not whole: {self.gap}")
        *most, last = self.files
        for file in most:
            if file.size != most[0].size:
                raise DefectError(
                    f"{self.name} is not whole: {file.name} has {file.size} bytes, {most[0].name} has "
                    f"{most[0].size}"
                )
        if most and last.size > most[0].size:
            raise DefectError(
                f"{self.name} is not whole: its last part {last.name} is larger than the others"
            )

    def point(self, source: str) -> RecoveryPoint:
        """The image as the engine knows it."""
        return RecoveryPoint(
            id=self.id,
            source=source,
            consistent_as_of=self.taken_at,
            as_of_origin=self.origin,
            host=self.named.host,
            paths=tuple(file.path for file in self.files),
            size_bytes=self.size,
        )


class Images:
    """The images of one store."""

    def __init__(
        self, source: str, store: FileStore, zone: ZoneInfo | None, now: Callable[[], datetime]
    ) -> None:
        self._source = source
        self._store = store
        self._zone = zone
        self._now = now

    async def listed(self, wanted: PointFilter) -> tuple[Image, ...]:
        """List the finished images that a filter lets through, newest first.

        SourceError when the store cannot be asked, or one of them does not say when it was taken: that is
        not the same as no backup.
        """
        files = await self._store.files()
        beside = {file.name: file for file in files}
        groups: dict[tuple[str, bool], list[tuple[Named, StoredFile]]] = {}
        for file in files:
            if (named := read_name(file.name)) is not None:
                groups.setdefault((named.base, named.part is not None), []).append((named, file))
        found = [self._image(members, beside, wanted) for members in groups.values()]
        images = [image for image in found if image is not None]
        return tuple(sorted(images, key=lambda one: (one.taken_at, one.id), reverse=True))

    def _image(
        self,
        members: Iterable[tuple[Named, StoredFile]],
        beside: Mapping[str, StoredFile],
        wanted: PointFilter,
    ) -> Image | None:
        ordered = sorted(members, key=lambda one: (one[0].part or 0, one[1].name))
        named, files = ordered[0][0], tuple(file for _, file in ordered)
        written = [file.modified for file in files if file.modified is not None]
        if written and self._now() - max(written) < SETTLED:
            return None
        sidecars = [
            beside.get(name + DIGESTS) for name in dict.fromkeys([named.base, *(f.name for f in files)])
        ]
        image = Image(
            named=named,
            files=files,
            taken_at=self._now(),
            origin="source-time",
            sidecars=tuple(one for one in sidecars if one is not None),
            gap=_gap([one.part for one, _ in ordered if one.part is not None]),
        )
        if not image.is_wanted(wanted):
            return None
        taken_at, origin = self._taken(named, min(written, default=None))
        return Image(
            named=named, files=files, taken_at=taken_at, origin=origin, sidecars=image.sidecars, gap=image.gap
        )

    def _taken(
        self, named: Named, written: datetime | None
    ) -> tuple[datetime, Literal["tag", "source-time"]]:
        """When the image was taken: the earlier of what its name states and its last writing."""
        stated = named.stated
        if stated is not None and stated.tzinfo is None:
            if self._zone is None:
                raise SourceError(
                    f"source {self._source}: {named.base} does not say in which zone its instant is meant",
                    hint=f"set sources.{self._source}.timezone",
                )
            stated = named.taken_at(self._zone)
        if stated is None and written is None:
            raise SourceError(
                f"source {self._source}: nothing says when {named.base} was taken",
                hint="put the instant into its name, such as web01-20261122T031500Z.raw",
            )
        if stated is None or (written is not None and written < stated):
            return written or self._now(), "source-time"
        return stated, "tag"

    async def recorded(self, image: Image) -> dict[str, str]:
        """Digests that lie beside an image, as sha256sum writes them, by the name of the file they are of."""
        names = {image.name, *(file.name for file in image.files)}
        found: dict[str, str] = {}
        for sidecar in image.sidecars:
            text = (await self._store.content(sidecar, limit=SIDECAR)).decode("utf-8", "replace")
            lines = [_LINE.fullmatch(line) for line in text.splitlines()]
            found |= {PurePath(one[2]).name: one[1].lower() for one in lines if one is not None}
            if not set(found) & names:
                raise SourceError(
                    f"{sidecar.path} lies beside {image.name} and records nothing of it",
                    hint="write it with `sha256sum NAME > NAME.sha256`, or remove it",
                )
        return {name: digest for name, digest in found.items() if name in names}


def _gap(numbers: Sequence[int]) -> str:
    """What is wrong with the numbers of parts, which count from 0 or 1."""
    if not numbers:
        return ""
    if len(set(numbers)) < len(numbers):
        return "two parts have the same number"
    missing = sorted(set(range(min(numbers[0], 1), numbers[-1] + 1)) - set(numbers))
    return f"part {missing[0]:03d} is missing" if missing else ""
