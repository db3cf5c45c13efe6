"""The worker of a backup: locks, the configuration in the archive, notes and log beside it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lab.pve.api.claiming import unlock, volumes_of
from lab.pve.api.configs import Config, check_lock
from lab.pve.api.problems import ApiError
from lab.pve.api.storages import Storage
from lab.pve.api.volumes import archive_name, read_volume
from lab.pve.api.work import Work
from lab.pve.api.world import World
from lab.pve.seam import BackupOrder, MuscleError


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupWish:
    """One job as it was asked for and let in."""

    node: str
    storage: Storage
    form: str
    """Suffix of the archive: `vma.zst`."""
    mode: str
    notes: str
    protected: bool
    bwlimit: int


async def back_up(world: World, wish: BackupWish, vmid: int, work: Work) -> bool:
    """Back one guest up; return whether that went well, having said so."""
    begun = world.clock.now()
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(f"{datetime.now(tz=world.storages.zone):%Y-%m-%d %H:%M:%S} {line}")
        work.log(line)

    say(f"INFO: Starting Backup of VM {vmid} (qemu)")
    try:
        archive = await _write(world, wish, vmid, work)
    except (ApiError, MuscleError) as error:
        text = error.message if isinstance(error, ApiError) else str(error)
        work.log(f"ERROR: Backup of VM {vmid} failed - {text}")
        return False
    took = int(world.clock.now() - begun)
    say(f"INFO: Finished Backup of VM {vmid} ({took // 3600:02}:{took // 60 % 60:02}:{took % 60:02})")
    archive.with_name(archive.name.split(".", 1)[0] + ".log").write_text("\n".join(lines) + "\n")
    return True


async def _write(world: World, wish: BackupWish, vmid: int, work: Work) -> Path:
    """Write the archive under `lock: backup`, which a worker that is killed leaves behind."""
    async with world.guests.flock(vmid):
        config = world.guests.load(wish.node, "qemu", vmid)
        check_lock(config)
        config.options["lock"] = "backup"
        world.guests.save(wish.node, "qemu", vmid, config)
    try:
        order = _ordered(world, wish, vmid, config, work)
        await world.muscle(wish.node).backup(order, work.log, work.halt)
        await work.check()
    except (ApiError, MuscleError):
        unlock(world, wish.node, "qemu", vmid)
        raise
    unlock(world, wish.node, "qemu", vmid)
    if world.faults.stands("notes-fail", vmid=vmid) is None:
        _annotate(wish, vmid, config, order.target)
    else:
        work.warn("unable to add notes - Input/output error")
    return order.target


def _ordered(world: World, wish: BackupWish, vmid: int, config: Config, work: Work) -> BackupOrder:
    moment = datetime.fromtimestamp(world.clock.now(), tz=world.storages.zone)
    name = archive_name("qemu", vmid, moment, wish.form)
    target = world.storages.path(f"{wish.storage.id}:backup/{name}", wish.node)
    target.parent.mkdir(parents=True, exist_ok=True)
    drives = {
        key: volid
        for key, volid in volumes_of(config.options)
        if not key.startswith("unused")
        and "cloudinit" not in volid
        and "backup=0" not in config.options[key].split(",")
    }
    devices = {key: f"drive-{key}{'-backup' if key == 'tpmstate0' else ''}" for key in drives}
    running = world.running(wish.node, vmid)
    work.log(f"INFO: status = {'running' if running else 'stopped'}")
    work.log(f"INFO: backup mode: {wish.mode}")
    work.log(f"INFO: VM Name: {config.options.get('name', '')}")
    work.log(f"INFO: creating vzdump archive '{target}'")
    firewall = world.firewalls / f"{vmid}.fw"
    return BackupOrder(
        vmid=vmid,
        config=_archived(config.options, config.notes, drives, devices),
        firewall=firewall.read_text() if firewall.exists() else None,
        volumes={devices[key]: world.storages.path(volid, wish.node) for key, volid in drives.items()},
        target=target,
        running=running,
        ctime=int(moment.timestamp()),
        bwlimit=work.rate(wish.bwlimit),
    )


def _annotate(wish: BackupWish, vmid: int, config: Config, target: Path) -> None:
    if wish.notes:
        named = wish.notes.replace("{{guestname}}", config.options.get("name", ""))
        text = named.replace("{{vmid}}", str(vmid)).replace("\\n", "\n")
        target.with_name(f"{target.name}.notes").write_text(text)
    if wish.protected:
        target.with_name(f"{target.name}.protected").touch()


def _archived(options: dict[str, str], notes: str, drives: dict[str, str], devices: dict[str, str]) -> str:
    kept = {key: value for key, value in options.items() if key not in {"lock", "parent"}}
    lines = [f"#{line}" for line in notes.splitlines()]
    lines += [f"{key}: {value}" for key, value in sorted(kept.items()) if not key.startswith("unused")]
    for key, volid in sorted(drives.items()):
        volume = read_volume(volid)
        lines.append(f"#qmdump#map:{key}:{devices[key]}:{volume.storage}:{volume.form}:")
    return "\n".join(lines) + "\n"
