"""Answers of POST /nodes/{node}/qemu: a new guest, or one from an archive."""

import functools
import uuid

from lab.pve.api.claiming import claim, free_all, unlock
from lab.pve.api.drives import check_imports, imported, imports, new_drive
from lab.pve.api.granting import (
    check_bridges,
    check_claim,
    check_known_pool,
    check_options,
    check_volume,
)
from lab.pve.api.handlers.register import answers
from lab.pve.api.merge import DRIVE, written
from lab.pve.api.powering import start_guest
from lab.pve.api.problems import ApiError, failed, refused, wrong
from lab.pve.api.restoring import Wish, restore_guest
from lab.pve.api.work import Work
from lab.pve.api.world import Call, World

_OWN = {
    "vmid",
    "archive",
    "bwlimit",
    "force",
    "pool",
    "start",
    "storage",
    "unique",
    "live-restore",
    "ha-managed",
}
_OWN |= {"import-working-storage"}


@answers("POST /nodes/{node}/qemu")
async def create(call: Call) -> str:
    """Claim an id and let a worker do the rest; what is wrong with the wish itself is said at once."""
    values, world = call.values, call.world
    vmid, pool, archive = values["vmid"], values.get("pool"), values.get("archive")
    if pool is not None:
        check_known_pool(world.rights, pool)
    if "storage" in values:
        call.check(f"/storage/{values['storage']}", "Datastore.AllocateSpace")
    if not check_claim(world.rights, call.caller, vmid, pool):
        there = world.guests.find(vmid) == (call.node, "qemu")
        overwrites = archive is not None and values.get("force") and there
        if not overwrites or not call.may(f"/vms/{vmid}", "VM.Backup"):
            raise refused()
    if archive is not None:
        return await _restore(call, vmid, pool, archive)
    return await _create(call, vmid, pool)


def _options(call: Call) -> dict[str, str]:
    """Options of the new configuration as it writes them, description apart. Raises 400 for what is none."""
    chosen = {key: value for key, value in call.values.items() if key not in _OWN and key != "description"}
    try:
        return written(chosen)
    except ApiError as error:
        raise wrong({key: error.message for key in chosen if key.startswith("net")}) from error


async def _restore(call: Call, vmid: int, pool: str | None, archive: str) -> str:
    values, world = call.values, call.world
    conflicts = {
        key: "option conflicts with option 'archive'" for key in sorted(values) if DRIVE.fullmatch(key)
    }
    if conflicts:
        raise wrong(conflicts)
    if archive == "-":
        raise failed("pipe requires cli environment")
    check_volume(world.rights, call.caller, vmid, archive, content="backup")
    options = _options(call)
    wanted = options | ({"description": ""} if "description" in values else {})
    check_options(world.rights, call.caller, vmid, pool, wanted)
    check_bridges(world.rights, world.fabric, call.caller, options)
    if values.get("start") and world.release.major >= 9:
        world.rights.check_guest(call.caller, vmid, pool, "VM.PowerMgmt")
    if values.get("live-restore") and not _is_snapshot(archive):
        raise wrong({"live-restore": "only backups of a backup server can be restored live"})
    force = bool(values.get("force"))
    await claim(world, call.node, "qemu", vmid, force=force, verb=f"unable to restore VM {vmid}")
    wish = Wish(
        node=call.node,
        vmid=vmid,
        caller=call.caller,
        archive=archive,
        storage=values.get("storage"),
        pool=pool,
        options=options,
        notes=values.get("description"),
        unique=bool(values.get("unique")),
        bwlimit=values.get("bwlimit", 0),
        live=bool(values.get("live-restore")),
        start=bool(values.get("start")),
    )
    return world.tasks.spawn(
        call.node, "qmrestore", str(vmid), call.caller, functools.partial(restore_guest, world, wish)
    )


def _is_snapshot(archive: str) -> bool:
    return archive.split(":", 1)[-1].startswith(("backup/vm/", "backup/ct/"))


async def _create(call: Call, vmid: int, pool: str | None) -> str:
    values, world = call.values, call.world
    options = _options(call)
    wanted = options | ({"description": ""} if "description" in values else {})
    check_options(world.rights, call.caller, vmid, pool, wanted)
    check_bridges(world.rights, world.fabric, call.caller, options)
    if "tags" in options:
        call.check(f"/vms/{vmid}", "VM.Config.Options")  # looks at the id alone, never at the pool
    for key, value in options.items():
        if DRIVE.fullmatch(key) and ":" in value and "media=cdrom" not in value:
            call.check(f"/storage/{value.split(':')[0]}", "Datastore.AllocateSpace")
    check_imports(world, call.node, call.caller, vmid, imports(options))
    await claim(world, call.node, "qemu", vmid, force=False, verb=f"unable to create VM {vmid}")
    job = functools.partial(_make, world, call, vmid, options)
    return world.tasks.spawn(call.node, "qmcreate", str(vmid), call.caller, job)


async def _make(world: World, call: Call, vmid: int, options: dict[str, str], work: Work) -> None:
    config = world.guests.load(call.node, "qemu", vmid)
    config.options |= {key: value for key, value in options.items() if not DRIVE.fullmatch(key)}
    config.notes = call.values.get("description", "")
    try:
        async with world.guests.flock(vmid):
            wanted = imports(options)
            for key, value in sorted(options.items()):
                if key in wanted:
                    config.options[key] = await imported(world, call.node, vmid, wanted[key], work)
                elif DRIVE.fullmatch(key):
                    config.options[key] = new_drive(world, call.node, vmid, key, value)
            config.options.setdefault("vmgenid", str(uuid.uuid4()))
            world.guests.save(call.node, "qemu", vmid, config)
    except ApiError as error:
        free_all(world, call.node, vmid, config, work)
        world.guests.drop(call.node, "qemu", vmid)
        raise failed(f"unable to create VM {vmid} - {error.message}") from error
    unlock(world, call.node, "qemu", vmid)
    if call.values.get("pool"):
        world.rights.join(call.values["pool"], guest=vmid)
    if call.values.get("start"):
        await start_guest(world, call.node, vmid, work)
