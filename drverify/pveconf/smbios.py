"""The machine's identity, `smbios1`: what a copy's hardware tells it beside what the original's told.

Source: qm.conf(5), `smbios1`: `base64=1` says that every text but the UUID is base64; at most 512 characters.
"""

import base64
import binascii

from drverify.errors import HostError
from drverify.pveconf.text import Entry
from drverify.pveconf.values import Options

LONGEST = 512
_PLAIN = frozenset({"base64", "uuid"})


def with_family(entry: Entry | None, family: str) -> str | None:
    """The identity with a family added; None when the machine has one of its own, or there is no room."""
    try:
        stated = Options.of(entry) if entry is not None else Options()
    except HostError:
        return None
    if stated.first or stated.get("family"):
        return None
    is_coded = stated.flag("base64")
    kept = [
        (key, value if is_coded or key in _PLAIN else _coded(value))
        for key, value in stated.pairs
        if key != "base64"
    ]
    pairs = [*kept, ("base64", "1"), ("family", _coded(family))]
    made = ",".join(f"{key}={value}" for key, value in pairs)
    return made if len(made) <= LONGEST else None


def family_of(value: str) -> str:
    """The family that an identity states; empty for none, or one that cannot be read."""
    try:
        stated = Options.of(Entry(key="smbios1", value=value))
    except HostError:
        return ""
    family = stated.get("family")
    if not stated.flag("base64"):
        return family
    try:
        return base64.b64decode(family, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
