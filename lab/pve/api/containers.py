"""Containers' archives, and the worker of their restore. State only: no container ever runs here.

The quirk of the real thing is kept: `unique` together with network overrides drops the overrides and puts the
backup's own networks back, bridges and all.
"""

import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import zstandard

from lab.pve.api.claiming import check_protection, free_all, remove_guest
from lab.pve.api.configs import Config, parsed
from lab.pve.api.granting import check_bridges
from lab.pve.api.merge import NET, random_mac
from lab.pve.api.people import Caller
from lab.pve.api.problems import ApiError, failed
from lab.pve.api.volumes import read_size
from lab.pve.api.work import Work
from lab.pve.api.world import World

OWN = frozenset(
    [
        "vmid",
        "ostemplate",
        "restore",
        "storage",
        "pool",
        "force",
        "start",
        "unique",
        "description",
        "bwlimit",
        "password",
        "ssh-public-keys",
        "ignore-unpack-errors",
        "ha-managed",
    ]
)
_CONFIG = "etc/vzdump/pct.conf"
_VOLUME = re.compile(r"rootfs|mp\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One restore as it was asked for and let in."""

    node: str
    vmid: int
    caller: Caller
    archive: str
    storage: str
    pool: str | None
    options: Mapping[str, str]
    notes: str | None
    unique: bool


def container_config(archive: Path) -> str:
    """Return the configuration in a container's archive. Raises ApiError."""
    try:
        with archive.open("rb") as raw:
            packed = archive.name.endswith(".zst")
            stream = zstandard.ZstdDecompressor().stream_reader(raw) if packed else raw
            with tarfile.open(fileobj=stream, mode="r|" if packed else "r|*") as tar:
                for member in tar:
                    if member.name.removeprefix("./") == _CONFIG:
                        file = tar.extractfile(member)
                        return file.read().decode() if file else ""
    except (OSError, tarfile.TarError, zstandard.ZstdError) as error:
        raise failed(f"Failed to extract config from tar archive: {error}") from error
    raise failed("backup archive did not contain a container configuration")


async def restore_container(world: World, wish: Wish, work: Work) -> None:
    """Restore a container whose id is claimed already; on failure nothing of it stays."""
    made: list[str] = []
    try:
        async with world.guests.flock(wish.vmid):
            old = world.guests.load(wish.node, "lxc", wish.vmid)
            check_protection(old, f"unable to restore CT {wish.vmid}")
            work.log(f"recovering backed-up configuration from '{wish.archive}'")
            config = _merged(world, wish)
            free_all(world, wish.node, wish.vmid, old, work)
            storage = world.storages.online(wish.storage, wish.node)
            for key in sorted(key for key in config.options if _VOLUME.fullmatch(key)):
                size = re.search(r"size=(\w+)", config.options[key])
                count = read_size(size[1] if size else "4G")
                volid = world.storages.allocate(storage, wish.node, wish.vmid, count)
                made.append(volid)
                rest = [part for part in config.options[key].split(",")[1:] if part]
                config.options[key] = ",".join([volid, *rest])
            await work.check()
            work.log(f"restoring '{wish.archive}' now..")
            work.log("drlab: containers are state only, no files are written")
            world.guests.save(wish.node, "lxc", wish.vmid, config)
        if wish.pool is not None:
            world.rights.join(wish.pool, guest=wish.vmid)
    except ApiError:
        for volid in made:
            world.storages.free(volid, wish.node)
        remove_guest(world, wish.node, "lxc", wish.vmid, purge=False)
        raise


def _merged(world: World, wish: Wish) -> Config:
    config = parsed(container_config(world.storages.path(wish.archive, wish.node)))
    for gone in ("lock", "parent"):
        config.options.pop(gone, None)
    networks = {key: value for key, value in config.options.items() if NET.fullmatch(key)}
    overridden = any(NET.fullmatch(key) for key in wish.options)
    config.options |= wish.options
    if wish.notes is not None:
        config.notes = wish.notes
    if wish.unique:
        config.options = {key: value for key, value in config.options.items() if not NET.fullmatch(key)}
        config.options |= {key: _anew(value) for key, value in networks.items()}
    if not overridden:
        check_bridges(world.rights, world.fabric, wish.caller, config.options)
    if config.options.get("unprivileged") != "1":
        world.rights.check(wish.caller, "/", "Sys.Modify")
    return config


def _anew(network: str) -> str:
    return re.sub(r"hwaddr=[0-9A-Fa-f:]+", f"hwaddr={random_mac()}", network)
