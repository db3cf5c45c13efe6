"""How guests look in lists and in their status."""

from typing import Any

from lab.pve.api.configs import Config, GuestKind
from lab.pve.api.merge import DRIVE
from lab.pve.api.tables.options import LXC_OPTIONS, QEMU_OPTIONS
from lab.pve.api.volumes import read_size
from lab.pve.api.world import World

_MIB = 1 << 20
_FIGURES = {
    kind: {parameter.name for parameter in table if parameter.kind in {"integer", "boolean"}}
    for kind, table in (("qemu", QEMU_OPTIONS), ("lxc", LXC_OPTIONS))
}


def guest_facts(world: World, node: str, kind: GuestKind, vmid: int) -> dict[str, Any]:
    """Return what every list says of a guest."""
    options = world.guests.load(node, kind, vmid).options
    running = _running(world, node, kind, vmid)
    facts: dict[str, Any] = {
        "vmid": vmid,
        "name": options.get("name")
        or options.get("hostname")
        or f"{'VM' if kind == 'qemu' else 'CT'} {vmid}",
        "status": "running" if running else "stopped",
        "cpus": int(options.get("cores", 1)) * int(options.get("sockets", 1)),
        "maxmem": _memory(options) * _MIB,
        "maxdisk": _first_disk(options),
        "uptime": world.uptime(vmid) if running else 0,
        "mem": 0,
        "cpu": 0,
        "disk": 0,
        "netin": 0,
        "netout": 0,
        "diskread": 0,
        "diskwrite": 0,
    }
    facts |= {key: options[key] for key in ("lock", "tags") if key in options}
    if options.get("template") == "1":
        facts["template"] = 1
    pid = world.muscle(node).pid(vmid) if kind == "qemu" else None
    return facts | ({"pid": pid} if pid is not None else {})


def _running(world: World, node: str, kind: GuestKind, vmid: int) -> bool:
    if kind == "lxc":
        return world.store.get("running-ct", str(vmid)) is not None
    return world.running(node, vmid)


def _memory(options: dict[str, str]) -> int:
    return int(options.get("memory", "512").split(",")[0].removeprefix("current="))


def _first_disk(options: dict[str, str]) -> int:
    for key, value in sorted(options.items()):
        size = next((part[5:] for part in value.split(",") if part.startswith("size=")), None)
        if size is not None and (DRIVE.fullmatch(key) or key == "rootfs") and "media=cdrom" not in value:
            return read_size(size)
    return 0


def shown(config: Config, digest: str, *, current: bool, kind: GuestKind = "qemu") -> dict[str, Any]:
    """Return a configuration as the API shows it; waiting changes count unless `current`."""
    options = dict(config.options)
    if not current:
        options |= config.pending
        for key in ("delete", *config.pending.get("delete", "").split(",")):
            options.pop(key, None)
    found: dict[str, Any] = {key: figure(key, value, kind) for key, value in options.items()}
    if config.notes:
        found["description"] = config.notes
    return found | {"digest": digest}


def figure(key: str, value: str, kind: GuestKind = "qemu") -> Any:
    """Return an option's value as JSON has it."""
    return int(value) if key in _FIGURES[kind] and value.isdigit() else value
