"""Answers of /cluster and /pools."""

from typing import Any

from lab.pve.api.configs import Config
from lab.pve.api.handlers.looks import guest_facts
from lab.pve.api.handlers.register import answers
from lab.pve.api.merge import DRIVE
from lab.pve.api.problems import ApiError, failed, wrong
from lab.pve.api.tasks import owns
from lab.pve.api.world import Call


@answers("GET /cluster/status")
async def status(call: Call) -> list[dict[str, Any]]:
    """Say how the cluster and each of its nodes is."""
    world = call.world
    nodes = [
        {
            "id": f"node/{node.name}",
            "name": node.name,
            "type": "node",
            "ip": node.address,
            "nodeid": number,
            "online": int(node.up),
            "local": int(node.name == call.asked),
            "level": "",
        }
        for number, node in enumerate(world.nodes.values(), start=1)
    ]
    if len(nodes) == 1:
        return nodes
    whole = {
        "id": "cluster",
        "name": world.name,
        "type": "cluster",
        "nodes": len(nodes),
        "quorate": int(world.quorate),
        "version": len(nodes),
    }
    return [whole, *nodes]


@answers("GET /cluster/resources")
async def resources(call: Call) -> list[dict[str, Any]]:
    """List guests, nodes, storages, networks and pools that the caller may see."""
    kind = call.values.get("type")
    found: list[dict[str, Any]] = []
    if kind in {None, "vm"}:
        found += _guests(call)
    if kind in {None, "node"}:
        found += [
            {"id": f"node/{node.name}", "type": "node", "node": node.name}
            | {"status": "online" if node.up else "offline"}
            | ({"maxmem": node.memory} if call.may(f"/nodes/{node.name}", "Sys.Audit") else {})
            for node in call.world.nodes.values()
        ]
    if kind in {None, "storage"}:
        found += _storages(call)
    if kind in {None, "sdn"}:
        found += [
            {"id": f"sdn/{node}/{zone['zone']}", "type": "sdn", "node": node, "sdn": zone["zone"]}
            | {"status": "ok" if zone["applied"] else "pending"}
            for zone in call.world.fabric.zones()
            for node in call.world.nodes
            if call.may(f"/sdn/zones/{zone['zone']}", "SDN.Audit", "SDN.Allocate", any_of=True)
        ]
    if kind is None:
        found += [
            {"id": f"/pool/{pool}", "type": "pool", "pool": pool}
            for pool in call.world.rights.pools()
            if call.may(f"/pool/{pool}", "Pool.Audit")
        ]
    return found


def _guests(call: Call) -> list[dict[str, Any]]:
    world = call.world
    found: list[dict[str, Any]] = []
    for node, kind, vmid in world.guests.everywhere():
        if not call.may(f"/vms/{vmid}", "VM.Audit"):
            continue
        pool = world.rights.pool_of("guests", str(vmid))
        facts = (
            guest_facts(world, node, kind, vmid)
            if world.nodes[node].up
            else {"vmid": vmid, "status": "unknown"}
        )
        facts |= {"id": f"{kind}/{vmid}", "type": kind, "node": node}
        found.append(facts | ({"pool": pool} if pool else {}))
    return found


def _storages(call: Call) -> list[dict[str, Any]]:
    world = call.world
    found: list[dict[str, Any]] = []
    for node in world.nodes.values():
        for storage in world.storages.of(node.name):
            path = f"/storage/{storage.id}"
            if not call.may(path, "Datastore.Audit", "Datastore.AllocateSpace", any_of=True):
                continue
            answers_ = node.up and world.storages.answers(storage.id, node.name)
            total, used, _ = world.storages.space(storage, node.name) if answers_ else (0, 0, 0)
            found.append(
                {
                    "id": f"storage/{node.name}/{storage.id}",
                    "type": "storage",
                    "node": node.name,
                    "storage": storage.id,
                    "plugintype": storage.type,
                    "content": ",".join(storage.content),
                    "shared": int(storage.shared),
                    "status": "available" if answers_ else "unknown",
                    "maxdisk": total,
                    "disk": used,
                }
            )
    return found


@answers("GET /cluster/nextid")
async def next_id(call: Call) -> str:
    """Return the first free id, or check one."""
    taken = {vmid for _, _, vmid in call.world.guests.everywhere()}
    wanted = call.values.get("vmid")
    if wanted is not None:
        if wanted in taken:
            raise wrong({"vmid": f"VM {wanted} already exists"})
        return str(wanted)
    return str(next(vmid for vmid in range(100, 1_000_000) if vmid not in taken))


@answers("GET /cluster/tasks")
async def tasks(call: Call) -> list[dict[str, Any]]:
    """List recent tasks of every node."""
    return [
        facts
        for facts in call.world.tasks.of()
        if owns(call.caller, facts) or call.may(f"/nodes/{facts['node']}", "Sys.Audit")
    ][:25]


@answers("GET /cluster/backup")
async def jobs(call: Call) -> list[dict[str, Any]]:
    """List backup jobs."""
    return [{"id": name} | body for name, body in call.world.store.all("job")]


@answers("GET /cluster/backup/{id}/included_volumes")
async def included(call: Call) -> dict[str, Any]:
    """Say which drives a job backs up."""
    job = call.world.store.get("job", call.names["id"])
    if job is None:
        raise ApiError(400, f"No such job '{call.names['id']}'")
    children = []
    for node, kind, vmid in call.world.guests.everywhere():
        if not _covers(call, job, vmid):
            continue
        config = call.world.guests.load(node, kind, vmid)
        drives = [
            {
                "id": key,
                "name": value.split(",")[0],
                "included": int("backup=0" not in value.split(",")),
                "reason": "disabled" if "backup=0" in value.split(",") else "enabled",
            }
            for key, value in sorted(config.options.items())
            if DRIVE.fullmatch(key) and "media=cdrom" not in value
        ]
        children.append({"id": vmid, "name": _name(config), "type": kind, "children": drives})
    return {"children": children}


def _covers(call: Call, job: dict[str, Any], vmid: int) -> bool:
    if not job.get("enabled", 1):
        return False
    if job.get("all"):
        return str(vmid) not in str(job.get("exclude", "")).split(",")
    if job.get("pool"):
        return call.world.rights.pool_of("guests", str(vmid)) == str(job["pool"])
    return str(vmid) in str(job.get("vmid", "")).split(",")


def _name(config: Config) -> str:
    return config.options.get("name") or config.options.get("hostname", "")


@answers("GET /cluster/backup-info/not-backed-up")
async def not_backed_up(call: Call) -> list[dict[str, Any]]:
    """List guests that no job covers; whether they have backups is not looked at."""
    every = [body for _, body in call.world.store.all("job")]
    return [
        {"vmid": vmid, "type": kind, "name": _name(call.world.guests.load(node, kind, vmid))}
        for node, kind, vmid in call.world.guests.everywhere()
        if call.may(f"/vms/{vmid}", "VM.Audit") and not any(_covers(call, job, vmid) for job in every)
    ]


@answers("GET /cluster/ha/resources")
async def high_availability(call: Call) -> list[dict[str, Any]]:
    """List what is kept running."""
    kind = call.values.get("type")
    return [{"sid": name} | body for name, body in call.world.store.all("ha") if kind in {None, body["type"]}]


@answers("GET /cluster/replication")
async def replication(call: Call) -> list[dict[str, Any]]:
    """List replication jobs of guests that the caller may see."""
    return [
        {"id": name} | body
        for name, body in call.world.store.all("replication")
        if call.may(f"/vms/{body['guest']}", "VM.Audit")
    ]


@answers("GET /pools")
async def pools(call: Call) -> list[dict[str, Any]]:
    """List pools, or one with its members."""
    wanted = call.values.get("poolid")
    if wanted is not None:
        call.check(f"/pool/{wanted}", "Pool.Audit")
        return [{"poolid": wanted} | _pool(call, wanted)]
    return [
        {"poolid": name, "comment": body["comment"]}
        for name, body in call.world.rights.pools().items()
        if call.may(f"/pool/{name}", "Pool.Audit")
    ]


@answers("GET /pools/{poolid}")
async def pool(call: Call) -> dict[str, Any]:
    """Say what a pool is and who its members are."""
    return _pool(call, call.names["poolid"])


def _pool(call: Call, name: str) -> dict[str, Any]:
    body = call.world.rights.pools().get(name)
    if body is None:
        raise failed(f"pool '{name}' does not exist")
    kind = call.values.get("type")
    members = [
        guest
        for guest in _guests(call)
        if str(guest["vmid"]) in body["guests"] and kind in {None, guest["type"]}
    ]
    if kind in {None, "storage"}:
        members += [storage for storage in _storages(call) if storage["storage"] in body["storages"]]
    return {"comment": body["comment"], "members": members}
