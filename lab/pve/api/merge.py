"""What a restore makes of a backed-up configuration: other volumes, the caller's overrides. Pure.

Lines that describe the archive, locks, parents and unused disks go; a drive that was not in the archive stays
as a comment; the identity of the machine's generation is always new, MACs and its uuid only if asked for.
"""

import random
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.pve.api.configs import Config, parsed
from lab.pve.api.problems import failed

MAC_PREFIX = "BC:24:11"
DRIVE = re.compile(r"(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0")
NET = re.compile(r"net\d+")
_MAP = re.compile(r"#qmdump#map:(?P<key>\w+):(?P<device>[\w\-]+):(?P<storage>[^:]*):(?P<form>[^:]*):")
_DROPPED = re.compile(r"#qmdump#|#vzdump#|lock:|parent:|unused\d+:|vmstate:")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
MODELS = frozenset(
    ["e1000", "e1000e", "rtl8139", "virtio", "vmxnet3", "ne2k_pci", "ne2k_isa", "i82551", "pcnet"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One device of an archive: which drive of the configuration it is, and where it came from."""

    key: str
    device: str
    storage: str
    """"" when the archive does not say."""


def mapped(config: str, devices: Iterable[str]) -> list[Mapped]:
    """Return the drives of an archive's devices, memory apart. ApiError when one that it names is missing."""
    known = {found["device"]: found for line in config.splitlines() if (found := _MAP.match(line))}
    devices = list(devices)
    for device, found in known.items():
        if device not in devices:
            raise failed(f"archive does not contain data for drive '{found['key']}'")
    drives: list[Mapped] = []
    for device in devices:
        if device == "vmstate":
            continue
        found = known.get(device)
        key = found["key"] if found else device.removeprefix("drive-").removesuffix("-backup")
        drives.append(Mapped(key=key, device=device, storage=found["storage"] if found else ""))
    return drives


def cloud_drives(config: str) -> dict[str, str]:
    """Drives that cloud-init gets its data by, and their storages: allocated anew, empty."""
    drives = {key: value for key, value in parsed(config).options.items() if DRIVE.fullmatch(key)}
    return {key: value.split(":")[0] for key, value in drives.items() if "cloudinit" in value.split(",")[0]}


def restored(
    backup: str,
    volumes: Mapping[str, str],
    overrides: Mapping[str, str],
    *,
    unique: bool,
    notes: str | None = None,
) -> Config:
    """Return the restored guest's configuration. `volumes`: drive key -> `volume,size=...` that it now has.

    `overrides` replace whatever the backup says; they add and set, never delete. `notes`: description.
    """
    lines: list[str] = []
    for line in backup.split("\n"):
        if re.fullmatch(r"\[.*\]\s*", line):
            break  # snapshots and pending changes are not in a backup
        if not _DROPPED.match(line):
            lines.append(_line(line, volumes, unique=unique))
    config = parsed("\n".join(lines))
    config.options |= overrides
    if notes is not None:
        config.notes = notes
    return config


def _line(line: str, volumes: Mapping[str, str], *, unique: bool) -> str:
    key, _, value = line.partition(":")
    value = value.strip()
    if key == "vmgenid" and value not in {"0", ""}:
        return f"vmgenid: {uuid.uuid4()}"
    if unique and NET.fullmatch(key):
        return f"{key}: {_MAC.sub(lambda _: random_mac(), value, count=1)}"
    if unique and key == "smbios1":
        return f"smbios1: {re.sub(r'uuid=[0-9a-fA-F-]+', f'uuid={uuid.uuid4()}', value)}"
    if not DRIVE.fullmatch(key) or value.startswith("none"):
        return line
    if key in volumes:
        kept = [part for part in value.split(",")[1:] if not part.startswith("size=")]
        volume, *size = volumes[key].split(",")
        return f"{key}: {','.join([volume, *kept, *size])}"
    return line if "media=cdrom" in value else f"#{line}"


def random_mac(prefix: str = MAC_PREFIX) -> str:
    """A MAC address that nobody else has, most likely."""
    return ":".join([prefix, *(f"{random.randrange(256):02X}" for _ in range(6 - len(prefix.split(":"))))])


def with_mac(value: str) -> str:
    """Return a network device with a MAC, a new one when it names none. Raises ApiError without a model."""
    first, *rest = value.split(",")
    name, _, mac = first.partition("=")
    if name == "model":
        name, mac = mac, next((part[8:] for part in rest if part.startswith("macaddr=")), "")
        rest = [part for part in rest if not part.startswith("macaddr=")]
    if name not in MODELS:
        raise failed("unable to parse network options")
    return ",".join([f"{name}={mac or random_mac()}", *rest])


def written(options: Mapping[str, Any]) -> dict[str, str]:
    """Return a call's options as the configuration writes them."""
    return {key: _written(key, value) for key, value in options.items()}


def _written(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:g}"
    return with_mac(str(value)) if NET.fullmatch(key) else str(value)


def bridges(options: Mapping[str, str]) -> list[tuple[str, str]]:
    """Bridge and VLAN tag ("" for none) of each network device."""
    found: list[tuple[str, str]] = []
    for key in sorted(options):
        if NET.fullmatch(key):
            parts = dict(part.split("=", 1) for part in options[key].split(",") if "=" in part)
            if "bridge" in parts:
                found.append((parts["bridge"], parts.get("tag", "")))
    return found
