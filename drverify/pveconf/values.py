"""Values of a guest configuration: property strings, switches, sizes, counts.

A property string is `first,key=value,key=value`; the part without a `=` belongs to the default key of
that setting. There is no quoting.

A value that cannot be read is a HostError with its line, not a defect: the line is whole, and a newer
Proxmox than this drverify knows may have written it.
"""

import re
from dataclasses import dataclass
from typing import Self

from drverify.errors import HostError
from drverify.pveconf.text import Entry

MAX_PARTS = 200
_COUNT = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?([KMGT]?)", re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_OFF = frozenset({"0", "off", "no", "false", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One property string, in its order."""

    first: str = ""
    """The part without a `=`; empty when there is none."""
    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Read an entry's value; HostError when it has two parts without a `=`, or far too many parts."""
        parts = [part for part in entry.value.split(",", MAX_PARTS) if part.strip()]
        if len(parts) > MAX_PARTS or (parts and "," in parts[-1]):
            raise unread(entry, f"more than {MAX_PARTS} parts")
        bare = [part.strip() for part in parts if "=" not in part]
        if len(bare) > 1:
            raise unread(entry, f"both {bare[0][:40]!r} and {bare[1][:40]!r} stand without a key")
        pairs = (part.strip().partition("=") for part in parts if "=" in part)
        return cls(first="".join(bare), pairs=tuple((key, value) for key, _, value in pairs))

    def get(self, key: str, default: str = "") -> str:
        """Read one part; the last one counts, `default` when it is not there."""
        return next((value for name, value in reversed(self.pairs) if name == key), default)

    def flag(self, key: str) -> bool:
        """Say whether a switch is on; what is neither on nor off counts as on."""
        return is_on(self.get(key))


def is_on(value: str) -> bool:
    """Say whether a switch is on. What is neither on nor off counts as on: rules err on that side."""
    return value.lower() not in _OFF


def count(entry: Entry, value: str) -> int:
    """Read a whole number; HostError with the entry's line when it is none."""
    if not _COUNT.fullmatch(value):
        raise unread(entry, f"{value[:40]!r} is no whole number")
    return int(value)


def size_bytes(entry: Entry, value: str) -> int:
    """Read a size (`32G`, `528K`, `4194304`) in bytes, rounded down; HostError when it is none."""
    found = _SIZE.fullmatch(value)
    if not found:
        raise unread(entry, f"{value[:40]!r} is no size")
    whole, fraction, unit = found[1], found[2] or "", _UNITS[found[3]]
    return int(whole) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)


def unread(entry: Entry, why: str) -> HostError:
    """Make the error of a value that cannot be read."""
    place = f"line {entry.line} of the guest's configuration, " if entry.line else ""
    return HostError(
        f"{place}{entry.key}: {why}",
        hint="either this drverify is older than the Proxmox that wrote it, or it was changed by hand",
    )
