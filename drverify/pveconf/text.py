"""The text of a Proxmox guest configuration, read and written; what its lines mean is said elsewhere.

The form (qemu-server and lxc alike, as the files of the two look):

    #a line of the description, percent-encoded
    key: value
    lxc.key = value               containers only; written back with a colon
    #scsi1: store:volume,backup=0     a disk that the backup left out; only a restore writes this
    #qmdump#map:scsi0:drive-scsi0:store:raw:     which image of the archive is which drive
    [snapshot] or [PENDING]       from here on the lines belong to that section

A text that breaks this form did not come out of a Proxmox node as it stands: that is a DefectError
which names the line. A key that is not known is kept, and so is one that stands twice (people edit
these files by hand; Proxmox takes the last). The text is hostile: it is bounded before it is looked
at, and every pattern here ends in one pass.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote

from drverify.errors import DefectError, HostError

Kind = Literal["qemu", "lxc"]

MAX_CHARACTERS = 1 << 20
"""No file of the cluster's configuration can be longer (1 MiB)."""
MAX_LINES = 5_000
MAX_LINE = 1 << 16
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{0,99})[ \t]{0,20}([:=])(.*)", re.ASCII | re.DOTALL)
_SECTION = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9_.: -]{0,99})\]", re.ASCII)
_MAPPED = re.compile(r"#qmdump#map:([^:\s]+):([^:\s]+):([^:\s]*):([^:\s]*):?", re.ASCII)
_LEFT_OUT = re.compile(
    r"((?:ide|sata|scsi|virtio)[0-9]{1,2}|efidisk0|tpmstate0)[ \t]{0,20}:[ \t]{0,20}(\S+)", re.ASCII
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_SAFE_IN_COMMENT = _PRINTABLE.replace("%", "").replace(":", "")
_SAFE_IN_DRIVE = _PRINTABLE.replace("%", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`key: value`, unread."""

    key: str
    value: str
    line: int = field(default=0, compare=False)
    """Counted from 1; 0 when it did not come out of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One line of the description, decoded."""

    text: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A drive that the backup does not contain, as a restore writes it down."""

    key: str
    value: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Which image of the archive is which drive, and where that drive was."""

    drive: str
    device: str
    """The image's name in the archive, for example `drive-scsi0`."""
    storage: str
    format: str
    line: int = field(default=0, compare=False)


Line = Entry | Comment | LeftOut | Mapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under `[name]`: a snapshot, pending changes. Never part of the guest as it runs."""

    name: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestConfig:
    """A guest's configuration: its own lines in their order, and its sections apart."""

    kind: Kind
    lines: tuple[Line, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every `key: value` of the guest itself."""
        return tuple(one for one in self.lines if isinstance(one, Entry))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Drives that stand there as a comment only."""
        return tuple(one for one in self.lines if isinstance(one, LeftOut))

    @property
    def mapped(self) -> tuple[Mapped, ...]:
        """The archive's images; empty for backups of a backup server and for containers."""
        return tuple(one for one in self.lines if isinstance(one, Mapped))

    @property
    def description(self) -> str:
        """The notes of the guest, without the drives that a restore wrote into them."""
        texts = [one.text for one in self.lines if isinstance(one, Comment)]
        texts += [unquote(one.value) for one in self.entries if one.key == "description"]
        return "\n".join(texts)

    def entry(self, key: str) -> Entry | None:
        """Find the entry that counts: the last one of that key."""
        return next((one for one in reversed(self.entries) if one.key == key), None)

    def value(self, key: str, default: str = "") -> str:
        """Read one value, unread; `default` when the key is not there."""
        found = self.entry(key)
        return default if found is None else found.value


def parse(text: str | bytes, *, kind: Kind | None = None) -> GuestConfig:
    """Read a configuration; without `kind` a text that has a `rootfs` is a container's.

    Bytes are UTF-8; what is not is replaced, since it can only stand in a description. Raises
    DefectError with the line that is none, or with the bound that the text breaks.
    """
    written = text.decode(errors="replace") if isinstance(text, bytes) else text
    own: list[Line] = []
    sections: list[tuple[str, list[Line]]] = []
    for number, line in _lines(written):
        heading = _SECTION.fullmatch(line)
        if heading:
            sections.append((heading[1], []))
            continue
        (sections[-1][1] if sections else own).append(_line(number, line))
    guessed: Kind = "lxc" if any(isinstance(one, Entry) and one.key == "rootfs" for one in own) else "qemu"
    return GuestConfig(
        kind=kind or guessed,
        lines=tuple(own),
        sections=tuple(Section(name=name, lines=tuple(lines)) for name, lines in sections),
    )


def from_api(values: Mapping[str, object], *, kind: Kind) -> GuestConfig:
    """Make a configuration of the node's answer to `GET .../config`; HostError when that is no flat table.

    The answer's `digest` is no part of the guest and is left out.
    """
    lines: list[Line] = []
    for key, value in values.items():
        if key == "digest":
            continue
        if key == "lxc" and isinstance(value, list):
            lines.extend(_raw_pairs(value))
        elif key == "description" and isinstance(value, str):
            lines.extend(_comment(0, text) for text in value.rstrip("\n").split("\n"))
        elif isinstance(value, str | int | float):
            lines.append(Entry(key=key, value=str(int(value) if isinstance(value, bool) else value)))
        else:
            raise HostError(
                f"the node's answer about a guest has a {type(value).__name__} under {key[:40]!r}"
            )
    return GuestConfig(kind=kind, lines=tuple(lines))


def render(config: GuestConfig) -> str:
    """Write a configuration; what comes out parses to the same value (for the same kind)."""
    out = [_written(one) for one in config.lines]
    for section in config.sections:
        out += ["", f"[{section.name}]", *(_written(one) for one in section.lines)]
    return "".join(f"{line}\n" for line in out)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield what stands on each line that is not empty, bounded, counted from 1."""
    if len(text) > MAX_CHARACTERS:
        raise DefectError(f"the guest's configuration has {len(text)} characters, more than any node keeps")
    if text.count("\n") >= MAX_LINES:
        raise DefectError(f"the guest's configuration has more than {MAX_LINES} lines")
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.removesuffix("\r")
        if len(line) > MAX_LINE:
            raise _broken(number, f"is {len(line)} characters long, more than {MAX_LINE}")
        if _CONTROL.search(line):
            raise _broken(number, "has a control character or half a character in it")
        if line.strip(" \t"):
            yield number, line if line.startswith("#") else line.strip(" \t")


def _line(number: int, line: str) -> Line:
    if line.startswith("#"):
        mapped = _MAPPED.fullmatch(line.rstrip(" \t"))
        if mapped:
            drive, device, storage, form = mapped.groups()
            return Mapped(drive=drive, device=device, storage=storage, format=form, line=number)
        return _comment(number, unquote(line[1:]))
    found = _KEY.fullmatch(line)
    if not found or (found[2] == "=" and not found[1].startswith("lxc.")):
        raise _broken(number, f"is no `key: value`: {line[:60]!r}")
    return Entry(key=found[1], value=found[3].strip(" \t"), line=number)


def _comment(number: int, text: str) -> Comment | LeftOut:
    found = _LEFT_OUT.fullmatch(text)
    if found:
        return LeftOut(key=found[1], value=found[2], line=number)
    return Comment(text=text, line=number)


def _raw_pairs(pairs: list[object]) -> Iterator[Entry]:
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):  # noqa: PLR2004
            raise HostError("the node's answer about a container has raw settings that are no pairs")
        yield Entry(key=str(pair[0]), value=str(pair[1]))


def _written(line: Line) -> str:
    match line:
        case Entry():
            return f"{line.key}: {line.value}" if line.value else f"{line.key}:"
        case Comment():
            return "#" + quote(line.text, safe=_SAFE_IN_COMMENT)
        case LeftOut():
            return f"#{line.key}: {quote(line.value, safe=_SAFE_IN_DRIVE)}"
        case Mapped():
            return f"#qmdump#map:{line.drive}:{line.device}:{line.storage}:{line.format}:"


def _broken(number: int, what: str) -> DefectError:
    return DefectError(
        f"line {number} of the guest's configuration {what}",
        hint="the configuration in this backup is damaged, or no Proxmox node wrote it",
    )
