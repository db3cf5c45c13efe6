"""The worker of a QEMU guest's restore: the sequence of a real one, with the muscle writing the bytes.

Volumes are named and freed here. Whatever fails leaves the configuration that a real node leaves: nearly
empty, unlocked, in no pool. A worker that is killed leaves `lock: create` and its volumes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.pve.api.archives import archive_head, archive_path
from lab.pve.api.claiming import check_protection, free_all, unlock
from lab.pve.api.configs import Config
from lab.pve.api.granting import check_restored
from lab.pve.api.merge import Mapped, cloud_drives, mapped, restored
from lab.pve.api.people import Caller
from lab.pve.api.powering import start_guest
from lab.pve.api.problems import ApiError, failed
from lab.pve.api.storages import Storage
from lab.pve.api.volumes import read_volume, shown_size
from lab.pve.api.work import Work
from lab.pve.api.world import World
from lab.pve.seam import ArchiveHead, MuscleError, RestoreError, RestoreOrder

CLOUD_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One restore as it was asked for and let in."""

    node: str
    vmid: int
    caller: Caller
    archive: str
    """Volume id."""
    storage: str | None
    pool: str | None
    options: Mapping[str, str]
    """Overrides, as the configuration writes them."""
    notes: str | None
    unique: bool
    bwlimit: int
    live: bool
    start: bool


async def restore_guest(world: World, wish: Wish, work: Work) -> None:
    """Restore a guest whose id is claimed already; on failure leave what a real node leaves."""
    done = False
    try:
        async with world.guests.flock(wish.vmid):
            await _restore_locked(world, wish, work)
            done = True
            unlock(world, wish.node, "qemu", wish.vmid)
        if wish.pool is not None:
            world.rights.join(wish.pool, guest=wish.vmid)
    except (ApiError, MuscleError):
        unlock(world, wish.node, "qemu", wish.vmid)
        work.log(_LEFT_AFTER if done else _LEFT_BEFORE.format(vmid=wish.vmid))
        raise
    if wish.start or wish.live:  # a live restore's streaming is not modelled: it ends with a start
        await _start(world, wish, work)


_LEFT_BEFORE = (
    "error before or during data restore, some or all disks were not completely restored. "
    "VM {vmid} state is NOT cleaned up."
)
_LEFT_AFTER = "error after data was restored, VM disks should be OK but config may require adaptions."


async def _start(world: World, wish: Wish, work: Work) -> None:
    work.log("Execute autostart")
    try:
        await start_guest(world, wish.node, wish.vmid, work)
    except (ApiError, MuscleError) as error:
        work.warn(str(error))


async def _restore_locked(world: World, wish: Wish, work: Work) -> None:
    text = f"unable to restore VM {wish.vmid}"
    old = world.guests.load(wish.node, "qemu", wish.vmid)
    check_protection(old, text)
    if world.running(wish.node, wish.vmid):
        raise failed(f"{text} - vm is running")
    archive = archive_path(world, wish.node, wish.archive)
    try:
        head = await archive_head(world, wish.node, wish.archive)
    except RestoreError as error:
        work.log("Could not extract backed up config: " + str(error).splitlines()[0])
        work.log("Skipping early checks!")
        _announce(wish, archive, work)
        raise _tool_failed(error, wish, archive, work) from error
    check_restored(
        world.rights,
        world.fabric,
        wish.caller,
        restored(head.config, {}, wish.options, unique=wish.unique).options,
    )
    await work.check()
    _announce(wish, archive, work)
    _describe(head, work)
    free_all(world, wish.node, wish.vmid, old, work)
    world.guests.save(wish.node, "qemu", wish.vmid, Config(options={"memory": "128", "lock": "create"}))
    made: dict[str, str] = {}
    try:
        await _write(world, wish, head, archive, made, work=work)
    except (ApiError, MuscleError):
        for volid in made.values():
            world.storages.free(volid, wish.node)
            work.log(f"temporary volume '{volid}' sucessfuly removed")
        raise


async def _write(
    world: World, wish: Wish, head: ArchiveHead, archive: Path, made: dict[str, str], *, work: Work
) -> None:
    drives = mapped(head.config, head.devices)
    targets = {drive.key: _target(world, wish, drive) for drive in drives}
    for key, old in cloud_drives(head.config).items():
        storage = _target(world, wish, Mapped(key=key, device="", storage=old))
        made[key] = world.storages.allocate(storage, wish.node, wish.vmid, CLOUD_BYTES, stem="cloudinit")
    paths: dict[str, Path] = {}
    for drive in drives:
        volid = world.storages.allocate(targets[drive.key], wish.node, wish.vmid, head.devices[drive.device])
        made[drive.key] = volid
        paths[drive.device] = world.storages.path(volid, wish.node)
        work.log(f"new volume ID is '{volid}'")
    for device, path in paths.items():
        work.log(f"map '{device}' to '{path}' (write zeros = 0)")
    room = min((world.storages.room(storage, wish.node) for storage in targets.values()), default=None)
    order = RestoreOrder(
        vmid=wish.vmid, archive=archive, volumes=paths, bwlimit=work.rate(wish.bwlimit), space=room
    )
    try:
        await world.muscle(wish.node).restore(order, work.log, work.halt)
    except RestoreError as error:
        raise _tool_failed(error, wish, archive, work) from error
    await work.check()
    work.log("rescan volumes...")
    sized = {
        key: f"{volid},size={shown_size(world.storages.path(volid, wish.node).stat().st_size)}"
        for key, volid in made.items()
    }
    config = restored(head.config, sized, wish.options, unique=wish.unique, notes=wish.notes)
    check_restored(world.rights, world.fabric, wish.caller, config.options)
    if head.firewall is not None:
        world.firewalls.mkdir(parents=True, exist_ok=True)
        (world.firewalls / f"{wish.vmid}.fw").write_text(head.firewall)
    config.options["lock"] = "create"
    world.guests.save(wish.node, "qemu", wish.vmid, config)
    if config.options.get("template") == "1":
        work.log("Convert to template.")


def _target(world: World, wish: Wish, drive: Mapped) -> Storage:
    """Where a drive goes: what the call says, else where it was, else `local`."""
    known = {storage.id for storage in world.storages.of(wish.node)}
    name = wish.storage or (drive.storage if drive.storage in known else "local")
    return world.storages.online(name, wish.node)


def _announce(wish: Wish, archive: Path, work: Work) -> None:
    backed_up = "proxmox backup image" if _is_snapshot(wish) else "vma archive"
    work.log(f"restore {backed_up}: {_command(wish, archive, work)}")


def _is_snapshot(wish: Wish) -> bool:
    return read_volume(wish.archive).form.startswith("pbs-")


def _command(wish: Wish, archive: Path, work: Work) -> str:
    """What a node would run."""
    if _is_snapshot(wish):
        repository, _, name = wish.archive.partition(":backup/")
        return f"/usr/bin/pbs-restore --repository {repository} {name}"
    scratch = f"/var/tmp/vzdumptmp{work.upid.pid}"
    unpack = {".zst": "zstd -q -d -c ", ".gz": "zcat ", ".lzo": "lzop -d -c "}.get(archive.suffix, "")
    piped = f"{unpack}{archive} | " if unpack else ""
    return f"{piped}vma extract -v -r {scratch}.fifo {'-' if unpack else archive} {scratch}"


def _describe(head: ArchiveHead, work: Work) -> None:
    work.log(f"CFG: size: {len(head.config.encode())} name: qemu-server.conf")
    if head.firewall is not None:
        work.log(f"CFG: size: {len(head.firewall.encode())} name: qemu-server.fw")
    for number, (device, size) in enumerate(head.devices.items(), start=1):
        work.log(f"DEV: dev_id={number} size: {size} devname: {device}")
    work.log(f"CTIME: {datetime.fromtimestamp(head.ctime, tz=UTC):%a %b %e %H:%M:%S %Y}")


def _tool_failed(error: RestoreError, wish: Wish, archive: Path, work: Work) -> ApiError:
    """Log what the tool said; the task ends with its exit code, not with its words."""
    for line in str(error).splitlines():
        work.log(line)
    command = _command(wish, archive, work)
    return failed(
        f"command '{'set -o pipefail && ' if '|' in command else ''}{command}' failed: exit code 133"
    )
