"""Answers of a node: its status, storages, archives, tasks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from lab.pve.api.archives import archive_head, archive_path
from lab.pve.api.containers import container_config
from lab.pve.api.granting import check_volume, may_read
from lab.pve.api.handlers.register import answers
from lab.pve.api.problems import failed
from lab.pve.api.storages import Storage
from lab.pve.api.tasks import owns
from lab.pve.api.volumes import read_volume
from lab.pve.api.work import Work, read_upid
from lab.pve.api.world import Call
from lab.pve.seam import RestoreError

_STORE = "/nodes/{node}/storage/{storage}"
_TASK = "/nodes/{node}/tasks/{upid}"


@answers("GET /nodes")
async def nodes(call: Call) -> list[dict[str, Any]]:
    """List the nodes, with the fingerprints of their certificates."""
    return [
        {
            "node": node.name,
            "id": f"node/{node.name}",
            "type": "node",
            "status": "online" if node.up else "offline",
            "ssl_fingerprint": node.fingerprint,
            "level": "",
        }
        | ({"maxmem": node.memory, "mem": 0} if call.may(f"/nodes/{node.name}", "Sys.Audit") else {})
        for node in call.world.nodes.values()
    ]


@answers("GET /nodes/{node}/status")
async def status(call: Call) -> dict[str, Any]:
    """Say how a node is; memory is what was configured less what its guests have."""
    world = call.world
    node = world.node(call.node)
    used = sum(
        int(world.guests.load(name, kind, vmid).options.get("memory", "512").split(",")[0]) << 20
        for name, kind, vmid in world.guests.everywhere()
        if name == node.name and kind == "qemu" and world.running(name, vmid)
    )
    memory = {"total": node.memory, "used": used, "free": node.memory - used, "available": node.memory - used}
    return {
        "pveversion": f"pve-manager/{world.release.version}/drlab",
        "uptime": int(world.clock.now() - node.since),
        "cpu": 0,
        "cpuinfo": {"cpus": 2, "cores": 2, "sockets": 1, "model": "drlab"},
        "loadavg": ["0.00", "0.00", "0.00"],
        "boot-info": {"mode": "efi"},
        "current-kernel": {"sysname": "Linux", "release": "drlab", "version": "drlab", "machine": "x86_64"},
        "memory": memory,
        "rootfs": {"total": 1 << 34, "used": 1 << 32, "free": 3 << 32, "avail": 3 << 32},
    }


@answers("GET /nodes/{node}/time")
async def time(call: Call) -> dict[str, Any]:
    """Say what time it is on a node, and in which zone it names its archives."""
    now = datetime.fromtimestamp(call.world.clock.now(), tz=call.world.storages.zone)
    ahead = now.utcoffset() or timedelta()
    local = int(now.timestamp() + ahead.total_seconds())
    return {"time": int(now.timestamp()), "localtime": local, "timezone": str(now.tzinfo)}


# -- storages ------------------------------------------------------------------------------------------------


@answers("GET /nodes/{node}/storage")
async def storages(call: Call) -> list[dict[str, Any]]:
    """List storages that the caller may see."""
    wanted = set(filter(None, call.values.get("content", "").split(",")))
    only = call.values.get("storage")
    return [
        _storage_facts(call, storage)
        for storage in call.world.storages.of(call.node)
        if only in {None, storage.id}
        and (not wanted or wanted & set(storage.content))
        and (storage.enabled or not call.values.get("enabled"))
        and call.may(f"/storage/{storage.id}", "Datastore.Audit", "Datastore.AllocateSpace", any_of=True)
    ]


@answers(f"GET {_STORE}/status")
async def storage_status(call: Call) -> dict[str, Any]:
    """Say how full a storage is."""
    facts = _storage_facts(call, call.world.storages.get(call.names["storage"], call.node))
    facts.pop("storage")
    return facts


def _storage_facts(call: Call, storage: Storage) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "storage": storage.id,
        "type": storage.type,
        "content": ",".join(storage.content),
        "shared": int(storage.shared),
        "enabled": int(storage.enabled),
        "active": 0,
    }
    if not storage.enabled or not call.world.storages.answers(storage.id, call.node):
        return facts
    total, used, avail = call.world.storages.space(storage, call.node)
    return facts | {
        "active": 1,
        "total": total,
        "used": used,
        "avail": avail,
        "used_fraction": round(used / total, 6) if total else 0,
    }


@answers(f"GET {_STORE}/content")
async def content(call: Call) -> list[dict[str, Any]]:
    """List a storage's volumes; those that the caller may not read are left out without a word."""
    world = call.world
    storage = world.storages.online(call.names["storage"], call.node)
    wanted, vmid = call.values.get("content"), call.values.get("vmid")
    late = list(world.faults.strikes("content-empty", storage=storage.id, node=call.node))
    if late or not world.storages.answers(storage.id, call.node):
        return []
    return [
        item
        for item in world.storages.items(storage, call.node)
        if wanted in {None, item["content"]}
        and vmid in {None, item.get("vmid")}
        and may_read(world.rights, call.caller, item["volid"])
        and world.faults.stands("content-hides", vmid=item.get("vmid")) is None
    ]


def _volid(call: Call) -> str:
    name = call.names["volume"]
    return name if ":" in name.split("/")[0] else f"{call.names['storage']}:{name}"


@answers(f"GET {_STORE}/content/{{volume}}")
async def volume(call: Call) -> dict[str, Any]:
    """Say what a volume is."""
    volid = _volid(call)
    check_volume(call.world.rights, call.caller, None, volid)
    storage = call.world.storages.online(read_volume(volid).storage, call.node)
    for item in call.world.storages.items(storage, call.node):
        if item["volid"] == volid:
            kept = ("format", "size", "used", "notes", "protected")
            path = call.world.storages.path(volid, call.node)
            return {"path": str(path)} | {key: item[key] for key in kept if key in item}
    raise failed(f"volume '{volid}' does not exist")


@answers(f"PUT {_STORE}/content/{{volume}}")
async def change_volume(call: Call) -> None:
    """Change a backup's notes or its protection: whoever may use the backup may."""
    volid = _volid(call)
    check_volume(call.world.rights, call.caller, None, volid)
    call.world.storages.mark(
        volid, call.node, notes=call.values.get("notes"), protected=call.values.get("protected")
    )


@answers(f"DELETE {_STORE}/content/{{volume}}")
async def drop_volume(call: Call) -> str:
    """Remove a volume, in a task."""
    volid = _volid(call)
    read = read_volume(volid)
    path = f"/storage/{read.storage}"
    if read.content == "backup" and read.owner is not None:
        if not call.may(path, "Datastore.Allocate"):
            call.check(path, "Datastore.AllocateSpace")
            call.check(f"/vms/{read.owner}", "VM.Backup")
    else:
        call.check(path, "Datastore.Allocate")

    async def job(work: Work) -> None:
        call.world.storages.free(volid, call.node)
        work.log(f"Removed volume '{volid}'")

    return call.world.tasks.spawn(call.node, "imgdel", f"{read.owner or ''}@{read.storage}", call.caller, job)


@answers("GET /nodes/{node}/vzdump/extractconfig")
async def extract_config(call: Call) -> str:
    """Return the configuration in a backup."""
    volid = call.values["volume"]
    world = call.world
    check_volume(world.rights, call.caller, None, volid, content="backup")
    if read_volume(volid).form.startswith("tar"):
        return container_config(archive_path(world, call.node, volid))
    try:
        return (await archive_head(world, call.node, volid)).config
    except RestoreError as error:
        raise failed(f"Failed to extract config from VMA archive: {error}") from error


# -- tasks ---------------------------------------------------------------------------------------------------


@answers("GET /nodes/{node}/tasks")
async def tasks(call: Call) -> list[dict[str, Any]]:
    """List tasks of a node: finished ones unless `source` says otherwise."""
    values = call.values
    audit = call.may(f"/nodes/{call.node}", "Sys.Audit")
    source = values.get("source", "archive")
    found = [
        facts
        for facts in call.world.tasks.of(call.node)
        if (audit or owns(call.caller, facts))
        and source in {"all", "active" if "endtime" not in facts else "archive"}
        and _wanted(values, facts)
    ]
    start, limit = values.get("start", 0), values.get("limit", 50)
    return found[start : start + limit] if limit else found[start:]


def _wanted(values: Any, facts: dict[str, Any]) -> bool:
    status = facts.get("status", "running")
    checks: Iterator[bool] = iter(
        (
            "vmid" not in values or str(values["vmid"]) == facts["id"],
            "typefilter" not in values or values["typefilter"] == facts["type"],
            "userfilter" not in values or values["userfilter"] in facts["user"],
            "since" not in values or facts["starttime"] >= values["since"],
            "until" not in values or facts["starttime"] <= values["until"],
            not values.get("errors") or status not in {"OK", "running"},
        )
    )
    return all(checks)


def _task(call: Call, privilege: str) -> str:
    name = call.names["upid"]
    facts = call.world.tasks.facts(name)
    if read_upid(name).node != call.node:
        raise failed(f"no such task '{name}'")
    if not owns(call.caller, facts):
        call.check(f"/nodes/{call.node}", privilege)
    return name


@answers(f"GET {_TASK}/status")
async def task_status(call: Call) -> dict[str, Any]:
    """Say how a task is."""
    return call.world.tasks.status(_task(call, "Sys.Audit"))


@answers(f"GET {_TASK}/log")
async def task_log(call: Call) -> list[dict[str, Any]]:
    """Return lines of a task's log, numbered from one."""
    lines = call.world.tasks.lines(_task(call, "Sys.Audit"))
    start, limit = call.values.get("start", 0), call.values.get("limit", 50)
    numbered = [{"n": number, "t": text} for number, text in enumerate(lines or ["no content"], start=1)]
    return numbered[start : start + limit] if limit else numbered[start:]


@answers(f"DELETE {_TASK}")
async def stop_task(call: Call) -> None:
    """Stop a task."""
    name = _task(call, "Sys.Modify")
    await call.world.tasks.stop(name)
