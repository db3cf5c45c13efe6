"""The answers of an inventory's questions -> items. Pure; every answer is taken for hostile.

`Unreadable` for everything that is not of the form that the program is documented to print; nothing is
guessed. Values come out as one printable line of bounded length.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from drverify.model.system import Item

MAX_ITEMS = 20_000
MAX_VALUE = 300
MAX_DEPTH = 12
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_USERS = re.compile(r'\("((?:[^"\\]|\\.)*)",pid=')
_SKIPPED_DEVICES = frozenset({"loop", "rom"})
_SYSTEM = {
    "firmware": "firmware",
    "sys_vendor": "vendor",
    "product_name": "product",
    "kernel": "kernel",
    "machine": "architecture",
    "hostname": "hostname",
    "PRETTY_NAME": "operating system",
    "cpus": "processors",
}
_CERTIFICATE = {"subject": "subject", "issuer": "issuer", "notAfter": "valid until"}


class Unreadable(ValueError):  # noqa: N818 - what it is, not what went wrong
    """An answer that is not what the program prints."""


def plain(value: object) -> str:
    """Press a value into one printable line."""
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)[: 2 * MAX_VALUE]
    )
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def item(key: str, facts: Mapping[str, object]) -> Item:
    """Make an item; facts without a value are left out."""
    kept = {name: plain(value) for name, value in facts.items() if value not in (None, "")}
    return Item(key=plain(key), facts=tuple(sorted(kept.items())))


def system(output: bytes) -> Iterator[Item]:
    """Lines `name=value`, each name once: what our own script prints."""
    found: dict[str, str] = {}
    for line in _lines(output):
        name, equals, value = line.partition("=")
        if not equals or name not in _SYSTEM or _SYSTEM[name] in found:
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")
        found[_SYSTEM[name]] = value.strip().strip('"')
    if found.get("firmware") not in {"bios", "uefi"} or "kernel" not in found:
        raise Unreadable("neither firmware nor kernel is named")
    for name in ("firmware", "kernel", "architecture", "hostname", "operating system"):
        if name in found:
            yield item(name, {"value": found.pop(name)})
    yield item("machine", found)


def disks(output: bytes) -> Iterator[Item]:
    """`lsblk -J -b`: devices with their children. Sizes are numbers, before util-linux 2.33 as text."""
    devices = _objects(_json(output), "blockdevices")
    yield from _devices(devices, 0)


def _devices(devices: Iterable[dict[str, Any]], depth: int) -> Iterator[Item]:
    if depth > MAX_DEPTH:
        raise Unreadable("devices nested too deep")
    for one in devices:
        kind, name = _text(one, "type"), _text(one, "name")
        if kind not in _SKIPPED_DEVICES and not name.startswith(("zram", "fd")):
            yield _device(one, kind, name)
        if one.get("children") is not None:
            yield from _devices(_objects(one, "children"), depth + 1)


def _device(one: dict[str, Any], kind: str, name: str) -> Item:
    common = {"name": name, "size": _size(one.get("size"))}
    content = {"file system": _text(one, "fstype"), "uuid": _text(one, "uuid"), "label": _text(one, "label")}
    if kind == "disk":
        about = {
            "bus": _text(one, "tran"),
            "model": _text(one, "model").strip(),
            "serial": _text(one, "serial"),
        }
        known = _text(one, "ptuuid") or _text(one, "uuid")
        return item(f"disk {known or name}", {**common, **about, **content, "table": _text(one, "pttype")})
    known = _text(one, "partuuid") if kind == "part" else name
    return item(f"{'partition' if kind == 'part' else kind} {known or name}", {**common, **content})


def mounts(output: bytes) -> Iterator[Item]:
    """`findmnt -J --list --real`."""
    for one in _objects(_json(output), "filesystems"):
        target = _text(one, "target")
        if not target.startswith("/"):
            raise Unreadable(f"a mount point that is no path: {plain(target)[:80]}")
        options = ",".join(sorted(_text(one, "options").split(",")))
        facts = {
            "device": _text(one, "source"),
            "file system": _text(one, "fstype"),
            "uuid": _text(one, "uuid"),
        }
        yield item(target, {**facts, "options": options})


def cards(output: bytes) -> Iterator[Item]:
    """`ip -j link`, one line, then a card and its driver a line. Loopback is left out."""
    first, _, rest = _decoded(output).partition("\n")
    drivers: dict[str, str] = {}
    for line in rest.splitlines():
        name, tab, driver = line.partition("\t")
        if not tab or name in drivers:
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")
        drivers[name] = driver
    for one in _objects({"links": _json(first.encode())}, "links"):
        name, mac = _text(one, "ifname"), _text(one, "address")
        if _text(one, "link_type") == "loopback":
            continue
        if name in drivers and not _MAC.fullmatch(mac):
            raise Unreadable(f"card {plain(name)[:40]} has the address {plain(mac)[:40]}")
        key = f"card {mac}" if name in drivers else f"interface {name}"
        yield item(key, {"name": name, "mtu": one.get("mtu"), "driver": drivers.get(name, "")})


def addresses(output: bytes) -> Iterator[Item]:
    """`ip -j addr`: every address but the loopback's and link-local ones, which follow from the card."""
    for link in _objects({"links": _json(output)}, "links"):
        for one in _objects(link, "addr_info"):
            scope, local, length = _text(one, "scope"), _text(one, "local"), one.get("prefixlen")
            if type(length) is not int or not local:
                raise Unreadable("an address without its prefix length")
            if scope not in {"host", "link"}:
                yield item(f"{local}/{length}", {"scope": scope})


def listening(output: bytes) -> Iterator[Item]:
    """`ss -Hlntup`: netid, state, two queues, local and peer address, and who listens (to root only)."""
    found: dict[str, set[str]] = {}
    for line in _lines(output):
        fields = line.split(maxsplit=6)
        if len(fields) < 6 or fields[0] not in {"tcp", "udp"} or ":" not in fields[4]:  # noqa: PLR2004
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")
        host, _, port = fields[4].rpartition(":")
        users = _USERS.findall(fields[6]) if len(fields) > 6 else []  # noqa: PLR2004
        found.setdefault(f"{fields[0]} {host.partition('%')[0]}:{port}", set()).update(users)
    yield from (item(key, {"program": ", ".join(sorted(names))}) for key, names in found.items())


def packages(output: bytes) -> Iterator[Item]:
    """A status, a name and a version a line. What was removed and left its settings behind is no package."""
    for line in _lines(output):
        fields = line.split("\t")
        if len(fields) != 3 or not fields[1] or (not fields[2].strip() and fields[0].startswith("ii")):  # noqa: PLR2004
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")
        status, name, version = fields
        if status[1:2] not in {"n", "c"}:
            yield item(
                name, {"version": version, "state": "" if status.startswith(("ii", "hi")) else status.strip()}
            )


def timers(output: bytes) -> Iterator[Item]:
    """`systemctl list-timers --output=json`; when they run next is no part of it."""
    for one in _objects({"timers": _json(output)}, "timers"):
        yield item(f"timer {_text(one, 'unit')}", {"starts": _text(one, "activates")})


def cron(output: bytes) -> Iterator[Item]:
    """`sha256sum`: a digest and a path a line; a backslash before it says that the path is escaped."""
    for line in _lines(output):
        digest, gap, path = line.removeprefix("\\").partition("  ")
        if not gap or not _DIGEST.fullmatch(digest) or not path.startswith("/"):
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")
        yield item(f"cron {path}", {"sha256": digest})


def certificates(output: bytes) -> Iterator[Item]:
    """`file=PATH`, then what `openssl x509` prints of the first certificate in it."""
    current: dict[str, str] = {}
    for line in [*_lines(output), "file="]:
        name, equals, value = line.partition("=")
        if not equals:
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")
        if name == "file":
            if current:
                yield item(current.pop("file"), current)
            current = {"file": value}
        elif name in _CERTIFICATE:
            current[_CERTIFICATE[name]] = value.strip()
        elif name.lower() == "sha256 fingerprint":
            current["sha256"] = value.replace(":", "").lower()
        else:
            raise Unreadable(f"an unexpected line: {plain(line)[:80]}")


Parser = Callable[[bytes], Iterator[Item]]
PARSERS: Mapping[str, Parser] = MappingProxyType(
    {
        "uname": system,
        "lsblk": disks,
        "findmnt": mounts,
        "ip link": cards,
        "ip addr": addresses,
        "ss": listening,
        "dpkg-query": packages,
        "rpm": packages,
        "systemctl": timers,
        "cron": cron,
        "openssl": certificates,
    }
)


def _decoded(output: bytes) -> str:
    try:
        return output.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error


def _lines(output: bytes) -> list[str]:
    text = _decoded(output)
    if text and not text.endswith("\n"):
        raise Unreadable("cut off: the last line has no end")
    return [line for line in text.split("\n") if line.strip()]


def _json(output: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise Unreadable("a key stands twice in an object")
        return made

    def refused(text: str) -> Any:
        raise Unreadable(f"no JSON: {text}")

    try:
        return json.loads(_decoded(output), object_pairs_hook=once, parse_constant=refused)
    except (ValueError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("no JSON") from error


def _objects(value: Any, key: str) -> list[dict[str, Any]]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable(f"no list of objects: {key}")
    return found


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{key} is no text")
    return value


def _size(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < MAX_DEPTH * 2:
        return int(value)
    if type(value) is not int or value < 0:
        raise Unreadable("a size that is no number of bytes")
    return value
