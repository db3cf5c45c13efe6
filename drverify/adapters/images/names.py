"""What the name of a disk image says. Pure; what is *in* a file is told by its content (`formats`).

web01-20261122T031500Z.vmdk.zst      machine web01; the instant; packed
web01_2026-11-22_03-15-00.raw.000    the same in local time; the first of several parts
tiny.qcow2.xz, disk.img.zst.part01   no instant
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

PACKED = (".zst", ".zstd", ".gz", ".xz")
FORMS = {
    ".raw": "raw",
    ".dd": "raw",
    ".img": "",
    ".qcow2": "qcow2",
    ".vmdk": "vmdk",
    ".vhdx": "vhdx",
    ".vhd": "vpc",
}
"""What a name claims; an `.img` claims nothing."""
_PART = re.compile(r"(?P<base>.+)\.(?:part(?P<part>[0-9]{1,4})|(?P<number>[0-9]{3,4}))", re.ASCII)
_EXTENT = re.compile(r".*-(?:flat|delta|ctk|[sf][0-9]{3})\.vmdk", re.ASCII)
"""Files that belong to a VMDK descriptor and are no image by themselves."""
_INSTANT = re.compile(
    r"(?<![0-9])(?P<y>[0-9]{4})[-_.]?(?P<m>[0-9]{2})[-_.]?(?P<d>[0-9]{2})[-_.T ]?"
    r"(?P<H>[0-9]{2})[-_.:h]?(?P<M>[0-9]{2})(?:[-_.:m]?(?P<S>[0-9]{2}))?"
    r"(?P<zone>Z|\+[0-9]{2}:?[0-9]{2}|-[0-9]{2}:[0-9]{2})?(?![0-9])",
    re.ASCII,
)
_OLDEST = 1990


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A disk image by its name."""

    base: str
    """Without the number of a part."""
    part: int | None
    host: str
    """What stands before the instant, or before the format."""
    form: str
    """Empty: the name does not claim any."""
    packed: bool
    """Whether the name claims that it is."""
    stated: datetime | None
    """The instant; naive when no zone is given with it."""

    def taken_at(self, zone: ZoneInfo) -> datetime | None:
        """The instant in UTC, read in `zone` if need be; of the hour that comes twice, the earlier."""
        if self.stated is None or self.stated.tzinfo is not None:
            return self.stated
        return min(self.stated.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def read_name(name: str) -> Named | None:
    """Read a file's name; None when it is not one that disk images have."""
    if name.startswith(".") or "\n" in name:
        return None
    split = _PART.fullmatch(name)
    base = split["base"] if split else name
    stem = base
    for packing in PACKED:
        stem = stem.removesuffix(packing)
    packed = stem != base
    suffix = next((one for one in FORMS if stem.lower().endswith(one)), None)
    if suffix is None or _EXTENT.fullmatch(stem.lower()):
        return None
    stem = stem[: -len(suffix)]
    stated, at = next(_instants(stem), (None, len(stem)))
    return Named(
        base=base,
        part=int(split["part"] or split["number"]) if split else None,
        host=stem[:at].rstrip("-_. ") or stem,
        form=FORMS[suffix],
        packed=packed,
        stated=stated,
    )


def _instants(stem: str) -> Iterator[tuple[datetime, int]]:
    for found in _INSTANT.finditer(stem):
        try:
            figures = [int(found[key] or 0) for key in ("y", "m", "d", "H", "M", "S")]
            stated = datetime(*figures)  # type: ignore[arg-type]  # noqa: DTZ001 - its zone follows
        except ValueError:
            continue
        if stated.year >= _OLDEST:
            yield _in_zone(stated, found["zone"]), found.start()


def _in_zone(stated: datetime, zone: str | None) -> datetime:
    if not zone:
        return stated
    digits = zone[1:].replace(":", "")
    east = timedelta(hours=int(digits[:2] or 0), minutes=int(digits[2:] or 0))
    offset = -east if zone.startswith("-") else east
    if offset >= timedelta(days=1) or offset <= -timedelta(days=1):
        return stated
    return stated.replace(tzinfo=timezone(offset)).astimezone(UTC)
