"""Network cards of a restored system: their names and addresses as its configuration knows them. Pure.

A configuration that names its cards (`ens18`) finds none of them on other hardware, where they are named
otherwise. They get their old names back by their new addresses: systemd.link(5), which udev reads at every
start. Read are interfaces(5), systemd.network(5), netplan's ethernets, NetworkManager's keyfiles and ifcfg.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drverify.model.layout import Rework

LINK = "/etc/systemd/network/10-drverify-{name}.link"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.@-]{0,14}")
_STANZA = re.compile(r"^\s*(?:iface|auto|allow-\S+)\s+(\S+)(.*)$")
_MAC = re.compile(r"(?i)^(\s*(?:MACAddress|PermanentMACAddress|macaddress|HWADDR|mac-address)\s*[:=]\s*)"
                  r"([\"']?)((?:[0-9a-f]{2}:){5}[0-9a-f]{2})([\"']?\s*)$")  # fmt: skip
_WHY = "cards of other hardware have other names and addresses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugged:
    """A card of the machine: its address on the wire, and the network address that the system had there."""

    mac: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A card that a configuration names, and the text that belongs to it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """Files of the restored system as they shall be, by path."""

    files: Mapping[str, str]
    reworks: tuple[Rework, ...]


def renamed(files: Mapping[str, str], plugged: Sequence[Plugged]) -> Renamed:
    """Give cards the names that the configuration knows them by. `files`: configuration by path.

    A card is found by the network address that it had, and the only one of both is found without. Names
    that cannot be told to belong to a card stay as they are.
    """
    cards: dict[str, str] = {}
    for path in sorted(files):
        for card in named(path, files[path]):
            cards[card.name] = f"{cards.get(card.name, '')}\n{card.text}"
    changed: dict[str, str] = {}
    reworks: list[Rework] = []
    for name, one in _paired(cards, plugged):
        changed[LINK.format(name=name)] = (
            f"[Match]\nMACAddress={one.mac}\nType=ether\n\n[Link]\nName={name}\n"
        )
        reworks.append(Rework(what="network", change=f"the card with {one.mac} is named {name}", why=_WHY))
    for path, text in sorted(files.items()):
        new, old = _addressed(text, plugged)
        if old:
            changed[path] = new
            change = f"{path}: {old} is now {plugged[0].mac}"
            reworks.append(Rework(what="network", change=change, why=_WHY))
    return Renamed(files=changed, reworks=tuple(reworks))


def _paired(cards: Mapping[str, str], plugged: Sequence[Plugged]) -> Iterator[tuple[str, Plugged]]:
    left = dict(cards)
    open_ones = []
    for one in plugged:
        name = next((name for name, text in left.items() if _mentions(text, one.address)), None)
        if name is None:
            open_ones.append(one)
        else:
            del left[name]
            yield name, one
    if len(open_ones) == len(left) == 1:
        yield next(iter(left)), open_ones[0]


def _mentions(text: str, address: str) -> bool:
    return bool(address) and re.search(rf"(?<![\w.:]){re.escape(address)}(?![\w.:])", text) is not None


def _addressed(text: str, plugged: Sequence[Plugged]) -> tuple[str, str]:
    """The text with the address of the only card in the place of one that is gone, and that one."""
    if len(plugged) != 1:
        return text, ""
    gone = ""
    lines = []
    for line in text.splitlines(keepends=True):
        found = _MAC.match(line)
        if found is not None and found[3].lower() != plugged[0].mac.lower():
            gone = found[3]
            lines.append(f"{found[1]}{found[2]}{plugged[0].mac}{found[4]}")
        else:
            lines.append(line)
    return "".join(lines), gone


def named(path: str, text: str) -> Iterator[Named]:
    """The cards that one file of configuration names."""
    if path.startswith("/etc/network/"):
        found = _ifupdown(text)
    elif path.endswith(".network"):
        found = _networkd(text)
    elif path.startswith("/etc/netplan/"):
        found = _netplan(text)
    else:
        found = _assigned(text)
    for card in found:
        if card.name != "lo" and _NAME.fullmatch(card.name):
            yield card


def _ifupdown(text: str) -> Iterator[Named]:
    """Stanzas: `iface ens18 inet static`, and the lines that follow until the next one."""
    name, kept = "", ""
    for line in text.splitlines():
        found = _STANZA.match(line)
        if found is not None:
            if name:
                yield Named(name=name, text=kept)
            name, kept = found[1], ""
        kept += line + "\n"
    if name:
        yield Named(name=name, text=kept)


def _networkd(text: str) -> Iterator[Named]:
    section = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped
        elif section == "[Match]" and stripped.startswith("Name="):
            for name in stripped.removeprefix("Name=").split():
                yield Named(name=name, text=text)


def _netplan(text: str) -> Iterator[Named]:
    """The keys right below `ethernets:`, with everything that is indented more than they are."""
    depth, below, name, kept = -1, -1, "", ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if depth >= 0 and indent <= depth:
            depth = -1
        if depth >= 0 and below < 0:
            below = indent
        if depth >= 0 and indent == below:
            if name:
                yield Named(name=name, text=kept)
            name, kept = line.strip().partition(":")[0].strip("\"'"), ""
        if depth >= 0:
            kept += line + "\n"
        elif line.strip() == "ethernets:":
            depth, below = indent, -1
    if name:
        yield Named(name=name, text=kept)


def _assigned(text: str) -> Iterator[Named]:
    """NetworkManager's `interface-name=`, ifcfg's `DEVICE=`."""
    for line in text.splitlines():
        key, _, value = line.strip().partition("=")
        if key in {"interface-name", "DEVICE"}:
            yield Named(name=value.strip("\"';"), text=text)
