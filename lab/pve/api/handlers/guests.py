"""Answers about guests: lists, configuration, end of machines; pending changes, firewalls of both kinds."""

import functools
from typing import Any

from lab.pve.api.claiming import check_protection, free_all, remove_guest
from lab.pve.api.configs import GuestKind, check_lock
from lab.pve.api.handlers.looks import figure, guest_facts, shown
from lab.pve.api.handlers.register import answers
from lab.pve.api.problems import failed, wrong
from lab.pve.api.work import Work
from lab.pve.api.world import Call, World

_VM = "/nodes/{node}/qemu/{vmid}"
_CT = "/nodes/{node}/lxc/{vmid}"


@answers("GET /nodes/{node}/qemu")
async def guests(call: Call) -> list[dict[str, Any]]:
    """List a node's guests that the caller may see."""
    world = call.world
    return [
        guest_facts(world, node, kind, vmid)
        for node, kind, vmid in world.guests.everywhere()
        if node == call.node and kind == "qemu" and call.may(f"/vms/{vmid}", "VM.Audit")
    ]


@answers(f"GET {_VM}/config")
async def config(call: Call) -> dict[str, Any]:
    """Return a guest's configuration with its digest."""
    guests = call.world.guests
    found = guests.load(call.node, "qemu", call.vmid)
    name = call.values.get("snapshot")
    if name is not None:
        if name not in found.snapshots:
            raise failed(f"snapshot '{name}' does not exist")
        return {key: figure(key, value) for key, value in found.snapshots[name].items()}
    digest = guests.digest(call.node, "qemu", call.vmid)
    return shown(found, digest, current=bool(call.values.get("current")))


@answers(f"GET {_VM}/pending")
async def pending(call: Call) -> list[dict[str, Any]]:
    """List every option with the value that waits for it."""
    return _waiting(call, "qemu")


@answers(f"GET {_CT}/pending")
async def pending_of_container(call: Call) -> list[dict[str, Any]]:
    """List every option of a container with the value that waits for it."""
    return _waiting(call, "lxc")


def _waiting(call: Call, guest: GuestKind) -> list[dict[str, Any]]:
    found = call.world.guests.load(call.node, guest, call.vmid)
    deleted = set(filter(None, found.pending.get("delete", "").split(",")))
    rows: list[dict[str, Any]] = []
    for key in sorted(found.options.keys() | found.pending.keys() - {"delete"}):
        row: dict[str, Any] = {"key": key}
        if key in found.options:
            row["value"] = figure(key, found.options[key])
        if key in found.pending:
            row["pending"] = figure(key, found.pending[key])
        if key in deleted:
            row["delete"] = 1
        rows.append(row)
    if found.notes:
        rows.append({"key": "description", "value": found.notes})
    return [*rows, {"key": "digest", "value": call.world.guests.digest(call.node, guest, call.vmid)}]


@answers(f"GET {_VM}/snapshot")
async def snapshots(call: Call) -> list[dict[str, Any]]:
    """List a guest's snapshots; the current state is the last."""
    found = call.world.guests.load(call.node, "qemu", call.vmid)
    rows: list[dict[str, Any]] = [
        {"name": name, "description": body.get("description", ""), "snaptime": int(body.get("snaptime", 0))}
        for name, body in sorted(found.snapshots.items())
    ]
    digest = call.world.guests.digest(call.node, "qemu", call.vmid)
    running = int(call.world.running(call.node, call.vmid))
    here = {"name": "current", "description": "You are here!", "digest": digest, "running": running}
    return [*rows, here]


@answers(f"DELETE {_VM}")
async def destroy(call: Call) -> str:
    """Destroy a guest in a worker; what speaks against it is said at once, a lock only in the task."""
    world, vmid = call.world, call.vmid
    if call.values.get("skiplock") and not call.caller.is_root:
        raise wrong({"skiplock": "Only root may use this option."})
    found = world.guests.load(call.node, "qemu", vmid)
    check_protection(found, f"can't remove VM {vmid}")
    purge = bool(call.values.get("purge"))
    if world.store.get("ha", f"vm:{vmid}") is not None and not purge:
        raise failed(f"unable to remove VM {vmid} - used in HA resources and purge parameter not set.")
    if world.running(call.node, vmid):
        raise failed(f"VM {vmid} is running - destroy failed")
    job = functools.partial(
        _destroy,
        world,
        call.node,
        vmid,
        purge=purge,
        skip_lock=bool(call.values.get("skiplock")),
        unreferenced=bool(call.values.get("destroy-unreferenced-disks")),
    )
    return world.tasks.spawn(call.node, "qmdestroy", str(vmid), call.caller, job)


async def _destroy(
    world: World, node: str, vmid: int, work: Work, *, purge: bool, skip_lock: bool, unreferenced: bool
) -> None:
    async with world.guests.flock(vmid):
        found = world.guests.load(node, "qemu", vmid)
        if not skip_lock:
            check_lock(found)
        if world.running(node, vmid):
            raise failed(f"VM {vmid} is running - destroy failed")
        if work.struck("destroy-warning") is not None:
            work.warn("Could not remove disk, check manually: storage busy")
        else:
            free_all(world, node, vmid, found, work)
            if unreferenced:
                _free_unreferenced(world, node, vmid, work)
        remove_guest(world, node, "qemu", vmid, purge=purge)
        if purge:
            work.log(f"purging VM {vmid} from related configurations..")


def _free_unreferenced(world: World, node: str, vmid: int, work: Work) -> None:
    for storage in world.storages.of(node):
        if not storage.enabled or not world.storages.answers(storage.id, node):
            continue
        for item in list(world.storages.items(storage, node)):
            if item["content"] == "images" and item.get("vmid") == vmid:
                world.storages.free(item["volid"], node)
                work.log(f"purged unreferenced disk '{item['volid']}'")


# -- firewall ------------------------------------------------------------------------------------------------


@answers(f"GET {_VM}/firewall/options")
async def firewall(call: Call) -> dict[str, Any]:
    """Return the options section of a guest's firewall file."""
    return _shown_firewall(call, "qemu")


@answers(f"GET {_CT}/firewall/options")
async def firewall_of_container(call: Call) -> dict[str, Any]:
    """Return the options section of a container's firewall file."""
    return _shown_firewall(call, "lxc")


def _shown_firewall(call: Call, guest: GuestKind) -> dict[str, Any]:
    call.world.guests.load(call.node, guest, call.vmid)
    options = _firewall(call.world, call.vmid)
    return {key: int(value) if value.isdigit() else value for key, value in options.items()}


@answers(f"PUT {_VM}/firewall/options")
async def change_firewall(call: Call) -> None:
    """Change the options section of a guest's firewall file; rules stay as they are."""
    _change_firewall(call, "qemu")


@answers(f"PUT {_CT}/firewall/options")
async def change_firewall_of_container(call: Call) -> None:
    """Change the options section of a container's firewall file; rules stay as they are."""
    _change_firewall(call, "lxc")


def _change_firewall(call: Call, guest: GuestKind) -> None:
    world = call.world
    world.guests.load(call.node, guest, call.vmid)
    options = _firewall(world, call.vmid)
    for key in filter(None, call.values.get("delete", "").split(",")):
        options.pop(key, None)
    for key, value in call.values.items():
        if key not in {"delete", "digest"}:
            options[key] = str(int(value)) if isinstance(value, bool) else str(value)
    path = world.firewalls / f"{call.vmid}.fw"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = _other_sections(path.read_text()) if path.exists() else ""
    lines = "".join(f"{key}: {value}\n" for key, value in sorted(options.items()))
    path.write_text(f"[OPTIONS]\n\n{lines}\n{kept}")


def _firewall(world: World, vmid: int) -> dict[str, str]:
    path = world.firewalls / f"{vmid}.fw"
    options: dict[str, str] = {}
    inside = False
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("["):
            inside = line.strip().upper() == "[OPTIONS]"
        elif inside and ":" in line:
            key, _, value = line.partition(":")
            options[key.strip()] = value.strip()
    return options


def _other_sections(text: str) -> str:
    kept: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            inside = line.strip().upper() != "[OPTIONS]"
        if inside:
            kept.append(line)
    return "".join(kept)
