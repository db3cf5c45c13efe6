"""Starting and stopping guests in workers: what a real node checks before it runs anything."""

import re

from lab.pve.api.claiming import volumes_of
from lab.pve.api.configs import Config, check_lock
from lab.pve.api.merge import DRIVE, bridges
from lab.pve.api.problems import failed
from lab.pve.api.work import Work
from lab.pve.api.world import World
from lab.pve.seam import StopHow


async def start_guest(world: World, node: str, vmid: int, work: Work, *, skip_lock: bool = False) -> None:
    """Start a guest. Raises ApiError or StartError."""
    async with world.guests.flock(vmid):
        config = world.guests.load(node, "qemu", vmid)
        if not skip_lock:
            check_lock(config)
        if world.running(node, vmid):
            raise failed(f"VM {vmid} already running")
        if config.options.get("template") == "1":
            raise failed("you can't start a vm if it's a template")
        if config.pending:
            settle_pending(config)
            world.guests.save(node, "qemu", vmid, config)
        _check_devices(world, node, config)
        paths = {key: world.storages.path(volid, node) for key, volid in volumes_of(config.options)}
        for key, path in paths.items():
            if not path.exists():
                raise failed(f"volume '{config.options[key].split(',')[0]}' does not exist")
        pid = await world.muscle(node).start(vmid, config.options, paths, work.log)
        world.note_start(vmid)
        work.log(f"started with pid {pid}")


def _check_devices(world: World, node: str, config: Config) -> None:
    known = {bridge.name for bridge in world.every_bridge(node)}
    for bridge, _ in bridges(config.options):
        if bridge not in known:
            raise failed(f"bridge '{bridge}' does not exist")
    for key, value in config.options.items():
        volid = value.split(",")[0]
        disc = DRIVE.fullmatch(key) and "media=cdrom" in value and ":iso/" in volid
        if disc and not world.storages.path(volid, node).exists():
            raise failed(f"volume '{volid}' does not exist")
        device = re.fullmatch(r"hostpci\d+", key) and re.match(r"(?:host=)?([0-9a-f:.]+)", value)
        if device:
            raise failed(f"no PCI device found for '{device[1]}'")


async def stop_guest(world: World, node: str, vmid: int, how: StopHow, within: float) -> None:
    """End a guest, or reset it. Raises MonitorError when it stays."""
    if not world.running(node, vmid):
        if how == "reset":
            raise failed(f"VM {vmid} is not running")
        return
    await world.muscle(node).stop(vmid, how=how, within=within)
    if how != "reset":
        config = world.guests.load(node, "qemu", vmid)
        if config.pending:
            settle_pending(config)
            world.guests.save(node, "qemu", vmid, config)


def settle_pending(config: Config) -> None:
    """Let waiting changes be the configuration."""
    for key in config.pending.pop("delete", "").split(","):
        config.options.pop(key, None)
    config.options |= config.pending
    config.pending = {}
