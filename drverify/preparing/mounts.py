"""Which file systems a rebuilt machine mounts: fstab(5) and crypttab(5), by the UUIDs of what was made. Pure.

Lines are changed one by one and never dropped: what no longer fits is kept as a comment.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drverify.model.layout import Rework

MARK = "# drverify: "
"""Before a line that was taken out of use."""
_FIELDS = 4
_BLOCK = re.compile(r"(/dev/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)")
_OCTAL = re.compile(r"\\([0-7]{3})")
_ELSEWHERE = "the disks of the original are not there"
_OF_KIND = frozenset({"subvol", "subvolid", "errors", "compress", "compress-force", "ssd", "data", "logbufs"})
"""Options that only some kinds of file system know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file system as it was made."""

    at: str
    """Empty: swap."""
    kind: str
    uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A file of the restored system, as it shall be."""

    text: str
    reworks: tuple[Rework, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """An encrypted volume as it was made."""

    name: str
    """Below /dev/mapper."""
    uuid: str
    key: str
    """Path of the file that opens it, in the machine."""


def fstab(text: str, made: Sequence[Made]) -> Rewritten:
    """Mount what was made where it was mounted before; what was not there before is added."""
    missing = {one.at: one for one in made}
    lines: list[str] = []
    reworks: list[Rework] = []
    for line in text.splitlines():
        changed, change = _line(line, missing)
        lines.append(changed)
        reworks += _rework("fstab", change)
    for one in missing.values():
        number = "1" if one.at == "/" else "2" if one.at and one.kind not in {"vfat", "xfs", "btrfs"} else "0"
        options = "sw" if not one.at else "umask=0077" if one.kind == "vfat" else "defaults"
        lines.append(f"UUID={one.uuid} {_escaped(one.at) or 'none'} {one.kind} {options} 0 {number}")
        reworks += _rework("fstab", f"{one.at or 'swap'} is mounted by UUID={one.uuid}, which no line did")
    return Rewritten(text="\n".join(lines) + "\n", reworks=tuple(reworks))


def _line(line: str, missing: dict[str, Made]) -> tuple[str, str]:
    """The line as it shall be, and what was changed about it; takes what it mounts out of `missing`."""
    fields = line.split()
    if not fields or line.lstrip().startswith("#"):
        return line, ""
    if len(fields) < _FIELDS - 1:
        return MARK + line, f"a line that is none is out of use: {line.strip()}"
    if not _BLOCK.match(fields[0]):
        return line, ""
    fields += ["defaults"] * (_FIELDS - len(fields))
    here = "" if fields[2] == "swap" else _plain(fields[1])
    one = missing.pop(here, None)
    if one is not None:
        return _led(fields, here, one)
    if "noauto" in fields[3].split(","):
        return line, ""
    return MARK + line, f"{here or 'swap'} ({fields[0]}) is out of use: the layout has no such file system"


def _led(fields: Sequence[str], here: str, one: Made) -> tuple[str, str]:
    """The line of a file system that was made, and what was changed about it."""
    device, at, kind, options = fields[:_FIELDS]
    if (device, kind) == (f"UUID={one.uuid}", one.kind):
        return " ".join(fields), ""
    rest = fields[_FIELDS:] or ["0", "0"]
    other = f", {one.kind} instead of {kind}" if kind not in {one.kind, "auto"} else ""
    line = " ".join([f"UUID={one.uuid}", at, one.kind, _options(options, kind, one.kind), *rest])
    return line, f"{here or 'swap'}: {device} is now UUID={one.uuid}{other}"


def _options(options: str, was: str, now: str) -> str:
    """The old options, without those that belong to another kind, or to volumes inside a btrfs."""
    if was == now and now != "btrfs":
        return options
    kept = [one for one in options.split(",") if one.partition("=")[0] not in _OF_KIND]
    return ",".join(kept) or "defaults"


def crypttab(text: str, locked: Sequence[Locked]) -> Rewritten:
    """Open what is encrypted now, and nothing that was before."""
    lines: list[str] = []
    reworks: list[Rework] = []
    for line in text.splitlines():
        used = line.strip() and not line.lstrip().startswith("#")
        lines.append(MARK + line if used else line)
        if used:
            reworks += _rework("crypttab", f"{line.split()[0]} is out of use")
    for one in locked:
        lines.append(f"{one.name} UUID={one.uuid} {one.key} luks,initramfs")
        reworks += _rework("crypttab", f"{one.name} is UUID={one.uuid}, opened by {one.key}")
    return Rewritten(text="\n".join(lines) + "\n", reworks=tuple(reworks))


def _rework(what: str, change: str) -> Iterator[Rework]:
    if change:
        yield Rework(what=what, change=change, why=_ELSEWHERE)


def _plain(at: str) -> str:
    """A mount point without fstab's octal escapes, without a `/` at its end."""
    text = _OCTAL.sub(lambda found: chr(int(found[1], 8)), at)
    return text.rstrip("/") or "/"


def _escaped(at: str) -> str:
    return at.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")
