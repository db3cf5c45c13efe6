"""How a new guest's id is claimed, and how a guest ends: shared by creations and restores of both kinds."""

from collections.abc import Iterator, Mapping

from lab.pve.api.configs import Config, GuestKind, check_lock
from lab.pve.api.merge import DRIVE
from lab.pve.api.problems import ApiError, failed
from lab.pve.api.work import Work
from lab.pve.api.world import World

_MOUNT = ("rootfs", "mp")


async def claim(world: World, node: str, kind: GuestKind, vmid: int, *, force: bool, verb: str) -> None:
    """Write `lock: create` under a free id, or under an existing guest's with `force`. Raises ApiError.

    `verb`: how the messages begin, `unable to restore VM 9100`.
    """
    try:
        async with world.guests.flock(vmid, within=5.0):
            config = _free_or_forced(world, node, kind, vmid, force=force)
            config.options["lock"] = "create"
            world.guests.save(node, kind, vmid, config)
    except ApiError as error:
        raise ApiError(error.status, f"{verb} - {error.message}", errors=error.errors) from error


def _free_or_forced(world: World, node: str, kind: GuestKind, vmid: int, *, force: bool) -> Config:
    raced = next(world.faults.strikes("nextid-race", vmid=vmid, node=node), None)
    found = world.guests.find(vmid)
    if raced is not None and found is None:
        world.guests.save(node, kind, vmid, Config(options={"name": "somebody-else", "memory": "512"}))
        found = (node, kind)
    if found is None:
        return Config()
    if not force or found != (node, kind):
        raise failed(f"{'VM' if found[1] == 'qemu' else 'CT'} {vmid} already exists on node '{found[0]}'")
    config = world.guests.load(node, kind, vmid)
    check_lock(config, kind)
    return config


def check_protection(config: Config, text: str) -> None:
    """Raise when a guest may not be removed or overwritten."""
    if config.options.get("protection") == "1":
        raise failed(f"{text} - protection mode enabled")


def volumes_of(options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Drive and volume of each volume that a configuration owns; CD-ROMs only if cloud-init's."""
    for key, value in options.items():
        drive = DRIVE.fullmatch(key) or key.startswith((*_MOUNT, "unused"))
        volid = value.split(",")[0].removeprefix("file=").removeprefix("volume=")
        if not drive or ":" not in volid or volid.startswith("/"):
            continue
        if "media=cdrom" not in value or "cloudinit" in volid:
            yield key, volid


def free_all(world: World, node: str, vmid: int, config: Config, work: Work) -> None:
    """Remove the volumes that a configuration owns and that bear its guest's id; say which could not be."""
    for _, volid in volumes_of(config.options):
        if f"-{vmid}-" not in volid:
            continue
        try:
            world.storages.free(volid, node)
        except ApiError as error:
            work.warn(f"Could not remove disk '{volid}', check manually: {error.message}")


def unlock(world: World, node: str, kind: GuestKind, vmid: int) -> None:
    """Take `lock` out of a configuration that is still there."""
    if world.guests.find(vmid) == (node, kind):
        config = world.guests.load(node, kind, vmid)
        config.options.pop("lock", None)
        world.guests.save(node, kind, vmid, config)


def remove_guest(world: World, node: str, kind: GuestKind, vmid: int, *, purge: bool) -> None:
    """Remove a guest's configuration, firewall, rules and pool membership; with `purge` its jobs and HA."""
    world.guests.drop(node, kind, vmid)
    (world.firewalls / f"{vmid}.fw").unlink(missing_ok=True)
    world.rights.forget_guest(vmid)
    if not purge:
        return
    for prefix in ("vm", "ct"):
        world.store.drop("ha", f"{prefix}:{vmid}")
    for name, body in world.store.all("replication"):
        if str(body["guest"]) == str(vmid):
            world.store.drop("replication", name)
    for name, body in world.store.all("job"):
        ids = [each for each in str(body.get("vmid", "")).split(",") if each not in {"", str(vmid)}]
        world.store.put("job", name, body | ({"vmid": ",".join(ids)} if body.get("vmid") else {}))
