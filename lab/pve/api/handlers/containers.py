"""Answers about containers. State only: nothing runs, volumes are empty files."""

import functools
from typing import Any

from lab.pve.api.claiming import check_protection, claim, free_all, remove_guest
from lab.pve.api.configs import check_lock
from lab.pve.api.containers import OWN, Wish, restore_container
from lab.pve.api.granting import check_bridges, check_claim, check_container, check_known_pool, check_volume
from lab.pve.api.handlers.looks import guest_facts, shown
from lab.pve.api.handlers.register import answers
from lab.pve.api.merge import written
from lab.pve.api.problems import failed, refused
from lab.pve.api.work import Work
from lab.pve.api.world import Call

_CT = "/nodes/{node}/lxc/{vmid}"


@answers("GET /nodes/{node}/lxc")
async def containers(call: Call) -> list[dict[str, Any]]:
    """List a node's containers that the caller may see."""
    return [
        guest_facts(call.world, node, kind, vmid)
        for node, kind, vmid in call.world.guests.everywhere()
        if node == call.node and kind == "lxc" and call.may(f"/vms/{vmid}", "VM.Audit")
    ]


@answers("POST /nodes/{node}/lxc")
async def create(call: Call) -> str:
    """Restore a container; making one from a template is not modelled."""
    values, world = call.values, call.world
    vmid, pool = values["vmid"], values.get("pool")
    if not values.get("restore"):
        raise failed("drlab: only restores of containers are modelled")
    if pool is not None:
        check_known_pool(world.rights, pool)
    if not check_claim(world.rights, call.caller, vmid, pool):
        there = values.get("force") and world.guests.find(vmid) == (call.node, "lxc")
        if not there or not call.may(f"/vms/{vmid}", "VM.Backup"):
            raise refused()
    storage = values.get("storage", "local")
    call.check(f"/storage/{storage}", "Datastore.AllocateSpace")
    check_volume(world.rights, call.caller, vmid, values["ostemplate"], content="backup")
    chosen = {key: value for key, value in values.items() if key not in OWN}
    options = _texts(chosen)
    check_bridges(world.rights, world.fabric, call.caller, options)
    if values.get("unprivileged") is False:
        call.check("/", "Sys.Modify")
    verb = f"unable to restore CT {vmid}"
    await claim(world, call.node, "lxc", vmid, force=bool(values.get("force")), verb=verb)
    wish = Wish(
        node=call.node,
        vmid=vmid,
        caller=call.caller,
        archive=values["ostemplate"],
        storage=storage,
        pool=pool,
        options=options,
        notes=values.get("description"),
        unique=bool(values.get("unique")),
    )
    job = functools.partial(restore_container, world, wish)
    return world.tasks.spawn(call.node, "vzrestore", str(vmid), call.caller, job)


def _texts(chosen: dict[str, Any]) -> dict[str, str]:
    plain = written({key: value for key, value in chosen.items() if not key.startswith("net")})
    return plain | {key: str(value) for key, value in chosen.items() if key.startswith("net")}


@answers(f"GET {_CT}/config")
async def config(call: Call) -> dict[str, Any]:
    """Return a container's configuration."""
    guests = call.world.guests
    found = guests.load(call.node, "lxc", call.vmid)
    digest = guests.digest(call.node, "lxc", call.vmid)
    return shown(found, digest, current=bool(call.values.get("current")), kind="lxc")


@answers(f"PUT {_CT}/config")
async def change(call: Call) -> None:
    """Change a container; rights are those of a guest's options, nothing waits."""
    world, vmid, values = call.world, call.vmid, call.values
    chosen = {key: value for key, value in values.items() if key not in {"delete", "digest", "revert"}}
    gone = [key for key in values.get("delete", "").split(",") if key]
    options = _texts(chosen)
    check_container(world.rights, call.caller, vmid, (*options, *gone))
    check_bridges(world.rights, world.fabric, call.caller, options)
    async with world.guests.flock(vmid):
        found = world.guests.load(call.node, "lxc", vmid)
        check_lock(found, "lxc")
        if values.get("digest", "") not in {"", world.guests.digest(call.node, "lxc", vmid)}:
            raise failed("checksum mismatch (file change by other user?)")
        found.notes = options.pop("description", found.notes)
        found.options |= options
        for key in gone:
            found.options.pop(key, None)
        world.guests.save(call.node, "lxc", vmid, found)


@answers(f"GET {_CT}/status/current")
async def current(call: Call) -> dict[str, Any]:
    """Say how a container is."""
    facts = guest_facts(call.world, call.node, "lxc", call.vmid)
    managed = int(call.world.store.get("ha", f"ct:{call.vmid}") is not None)
    return facts | {"type": "lxc", "ha": {"managed": managed}}


@answers(f"GET {_CT}/interfaces")
async def interfaces(call: Call) -> list[dict[str, Any]]:
    """List a running container's interfaces; this one never has more than a loopback."""
    call.world.guests.load(call.node, "lxc", call.vmid)
    return [{"name": "lo", "inet": "127.0.0.1/8", "hwaddr": "00:00:00:00:00:00"}]


@answers(f"POST {_CT}/status/start")
async def start(call: Call) -> str:
    """Let a container count as running."""
    world, vmid = call.world, call.vmid
    world.guests.load(call.node, "lxc", vmid)

    async def job(work: Work) -> None:
        found = world.guests.load(call.node, "lxc", vmid)
        check_lock(found, "lxc")
        if world.store.get("running-ct", str(vmid)) is not None:
            raise failed(f"CT {vmid} already running")
        world.store.put("running-ct", str(vmid), {})
        world.note_start(vmid)
        work.log("drlab: containers are state only, nothing runs")

    return world.tasks.spawn(call.node, "vzstart", str(vmid), call.caller, job)


@answers(f"POST {_CT}/status/stop", f"POST {_CT}/status/shutdown")
async def stop(call: Call) -> str:
    """Let a container count as stopped."""
    world, vmid = call.world, call.vmid
    world.guests.load(call.node, "lxc", vmid)

    async def job(work: Work) -> None:
        world.store.drop("running-ct", str(vmid))
        work.log(f"stopped CT {vmid}")

    return world.tasks.spawn(call.node, "vzstop", str(vmid), call.caller, job)


@answers(f"DELETE {_CT}")
async def destroy(call: Call) -> str:
    """Destroy a container in a worker."""
    world, vmid = call.world, call.vmid
    found = world.guests.load(call.node, "lxc", vmid)
    check_protection(found, f"can't remove CT {vmid}")
    purge = bool(call.values.get("purge"))
    if world.store.get("ha", f"ct:{vmid}") is not None and not purge:
        raise failed(f"unable to remove CT {vmid} - used in HA resources and purge parameter not set.")
    if world.store.get("running-ct", str(vmid)) is not None and not call.values.get("force"):
        raise failed(f"unable to destroy CT {vmid} - container is running")

    async def job(work: Work) -> None:
        async with world.guests.flock(vmid):
            here = world.guests.load(call.node, "lxc", vmid)
            check_lock(here, "lxc")
            free_all(world, call.node, vmid, here, work)
            world.store.drop("running-ct", str(vmid))
            remove_guest(world, call.node, "lxc", vmid, purge=purge)

    return world.tasks.spawn(call.node, "vzdestroy", str(vmid), call.caller, job)
