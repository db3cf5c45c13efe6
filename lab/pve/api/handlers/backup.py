"""Answer of POST /nodes/{node}/vzdump: archives of guests, written by the muscle."""

from typing import Any

from lab.pve.api.backing import BackupWish, back_up
from lab.pve.api.handlers.register import answers
from lab.pve.api.problems import ApiError, refused, wrong
from lab.pve.api.work import Work
from lab.pve.api.world import Call

_ROOT_ONLY = ("tmpdir", "dumpdir", "script", "job-id")
_FORMS = {"zstd": "vma.zst", "1": "vma.zst", "gzip": "vma.gz", "lzo": "vma.lzo", "0": "vma"}


@answers("POST /nodes/{node}/vzdump")
async def vzdump(call: Call) -> str:
    """Back up guests in one worker, one after another."""
    values, world = call.values, call.world
    for key in _ROOT_ONLY:
        if key in values and not call.caller.is_root:
            raise wrong({key: "Only root may set this option."})
    vmids = _chosen(call, values)
    storage = values.get("storage", "local")
    call.check(f"/storage/{storage}", "Datastore.AllocateSpace")
    for vmid in vmids:
        call.check(f"/vms/{vmid}", "VM.Backup")
    found = world.storages.online(storage, call.node)
    if "backup" not in found.content:
        raise wrong({"storage": f"storage '{storage}' does not support backups"})
    wish = BackupWish(
        node=call.node,
        storage=found,
        form=_FORMS[values.get("compress", "0")],
        mode=values.get("mode", "snapshot"),
        notes=values.get("notes-template", ""),
        protected=bool(values.get("protected")),
        bwlimit=values.get("bwlimit", 0),
    )

    async def job(work: Work) -> None:
        work.log(f"INFO: starting new backup job: vzdump {' '.join(map(str, vmids))} --storage {storage}")
        broken = [vmid for vmid in vmids if not await back_up(world, wish, vmid, work)]
        if broken:
            raise ApiError(500, "job errors")
        work.log("INFO: Backup job finished successfully")

    name = str(vmids[0]) if len(vmids) == 1 else ""
    return world.tasks.spawn(call.node, "vzdump", name, call.caller, job)


def _chosen(call: Call, values: Any) -> list[int]:
    world = call.world
    here = [vmid for node, kind, vmid in world.guests.everywhere() if node == call.node and kind == "qemu"]
    if values.get("all"):
        out = set(values.get("exclude", "").split(","))
        return [vmid for vmid in here if str(vmid) not in out]
    if "pool" in values:
        members = world.rights.pools().get(values["pool"], {"guests": []})["guests"]
        return [vmid for vmid in here if str(vmid) in members]
    wanted = [int(each) for each in values.get("vmid", "").split(",") if each.isdigit()]
    if not wanted:
        raise wrong({"vmid": "property is missing and it is not optional"})
    if not set(wanted) <= set(here):
        raise refused()
    return wanted
