"""What a container's configuration says: its mount points, its cards, what the node grants it.

Names of keys and parts are those of the published API (PVE 8.4 and 9.x).
"""

import re
from dataclasses import dataclass
from typing import Literal

from drverify.pveconf.keys import NUMBER
from drverify.pveconf.qemu import MAC, NET_KEY
from drverify.pveconf.text import Entry, GuestConfig
from drverify.pveconf.values import Options, count, is_on, size_bytes, unread

MOUNT_KEY = re.compile(f"rootfs|mp{NUMBER}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,15}", re.ASCII)
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{1,45}(?:/[0-9]{1,3})?|dhcp|auto|manual", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerNic:
    """One network card of a container."""

    key: str
    name: str
    hwaddr: str = ""
    bridge: str = ""
    ip: str = ""
    ip6: str = ""
    gw: str = ""
    gw6: str = ""
    type: str = ""
    firewall: bool = False
    tag: int | None = None
    trunks: str = ""
    link_down: bool = False
    mtu: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPoint:
    """The root file system or one mount point."""

    key: str
    volume: str
    path: str
    """Where it is mounted in the container."""
    is_saved: bool
    """Whether backups contain it: the root always, a mount point only with `backup=1`."""
    size_bytes: int | None = None

    @property
    def kind(self) -> Literal["volume", "bind", "device"]:
        """A store's volume, a directory of the node, or a device of the node."""
        if self.volume.startswith("/dev/"):
            return "device"
        return "bind" if self.volume.startswith("/") or ":" not in self.volume else "volume"

    @property
    def storage(self) -> str:
        """The store of a volume; empty for what is the node's own."""
        return self.volume.partition(":")[0] if self.kind == "volume" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container as its configuration says."""

    hostname: str
    arch: str
    ostype: str
    memory_mib: int
    swap_mib: int
    cores: int | None
    """None: every core of the node."""
    unprivileged: bool
    features: tuple[str, ...]
    """Features that are on, `key` or `key=value`."""
    nics: tuple[ContainerNic, ...]
    mounts: tuple[MountPoint, ...]
    raw: tuple[Entry, ...]
    """`lxc.*` lines, which the node takes as they are."""
    onboot: bool
    template: bool
    protection: bool


def container(config: GuestConfig) -> Container:
    """Read a container's configuration; HostError names the line that cannot be read."""
    cores = config.entry("cores")
    return Container(
        hostname=config.value("hostname"),
        arch=config.value("arch", "amd64"),
        ostype=config.value("ostype"),
        memory_mib=_count(config, "memory", "512"),
        swap_mib=_count(config, "swap", "512"),
        cores=None if cores is None else count(cores, cores.value),
        unprivileged=is_on(config.value("unprivileged")),
        features=features_of(config),
        nics=container_nics(config),
        mounts=mounts_of(config),
        raw=tuple(one for one in config.entries if one.key.lower().startswith("lxc.")),
        onboot=is_on(config.value("onboot")),
        template=is_on(config.value("template")),
        protection=is_on(config.value("protection")),
    )


def container_nics(config: GuestConfig) -> tuple[ContainerNic, ...]:
    """Read every card, in the order of its number."""
    entries = {one.key: one for one in config.entries if NET_KEY.fullmatch(one.key)}
    return tuple(container_nic(entries[key]) for key in sorted(entries, key=lambda key: int(key[3:])))


def container_nic(entry: Entry) -> ContainerNic:
    """Read one card; HostError when a part of it is not what it must be."""
    options = Options.of(entry)
    for key, form in (
        ("name", _NAME), ("hwaddr", MAC), ("ip", _ADDRESS), ("ip6", _ADDRESS), ("gw", _ADDRESS),
        ("gw6", _ADDRESS), ("type", _NAME),
    ):  # fmt: skip
        value = options.get(key)
        if value and not form.fullmatch(value):
            raise unread(entry, f"{value[:60]!r} is no {key} of a card")
    if not options.get("name"):
        raise unread(entry, "it names no interface")
    tag, mtu = options.get("tag"), options.get("mtu")
    return ContainerNic(
        key=entry.key,
        name=options.get("name"),
        hwaddr=options.get("hwaddr"),
        bridge=options.get("bridge"),
        ip=options.get("ip"),
        ip6=options.get("ip6"),
        gw=options.get("gw"),
        gw6=options.get("gw6"),
        type=options.get("type"),
        firewall=options.flag("firewall"),
        tag=count(entry, tag) if tag else None,
        trunks=options.get("trunks"),
        link_down=options.flag("link_down"),
        mtu=count(entry, mtu) if mtu else None,
    )


def mounts_of(config: GuestConfig) -> tuple[MountPoint, ...]:
    """Read the root and every mount point, the root first."""
    entries = {one.key: one for one in config.entries if MOUNT_KEY.fullmatch(one.key)}
    keys = sorted(entries, key=lambda key: -1 if key == "rootfs" else int(key[2:]))
    return tuple(mount(entries[key]) for key in keys)


def mount(entry: Entry) -> MountPoint:
    """Read one mount point; HostError when it names no volume or its size is none."""
    options = Options.of(entry)
    volume, size = options.first or options.get("volume"), options.get("size")
    if not volume:
        raise unread(entry, "it names no volume")
    return MountPoint(
        key=entry.key,
        volume=volume,
        path="/" if entry.key == "rootfs" else options.get("mp"),
        is_saved=entry.key == "rootfs" or options.flag("backup"),
        size_bytes=size_bytes(entry, size) if size else None,
    )


def features_of(config: GuestConfig) -> tuple[str, ...]:
    """Read the features that are on."""
    entry = config.entry("features")
    if entry is None:
        return ()
    on = ((key, value) for key, value in Options.of(entry).pairs if is_on(value))
    return tuple(
        key if value.lower() in {"1", "on", "yes", "true"} else f"{key}={value}" for key, value in on
    )


def _count(config: GuestConfig, key: str, default: str) -> int:
    entry = config.entry(key) or Entry(key=key, value=default)
    return count(entry, entry.value)
