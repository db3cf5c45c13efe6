"""New drives of a guest: empty ones, firmware stores, and disks that come out of an image (`import-from`)."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.pve.api.granting import check_volume
from lab.pve.api.merge import DRIVE
from lab.pve.api.people import Caller
from lab.pve.api.problems import ApiError, failed, wrong
from lab.pve.api.volumes import read_volume, shown_size
from lab.pve.api.work import Work
from lab.pve.api.world import World
from lab.pve.seam import MuscleError, TakeOrder

_GIB = 1 << 30
_NEW = re.compile(r"(?P<storage>[^/:\s]+):(?P<size>\d+(?:\.\d+)?)")
_FIRMWARE = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
_SPECIAL = "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>"
_OF_FIRMWARE = ("efitype", "pre-enrolled-keys")
_ONLY_MADE = frozenset({"import-from", "format"})
"""Options that say how a disk is made, and stand in no configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A drive that is to come out of an image."""

    key: str
    storage: str
    source: str
    """Volume id."""
    rest: tuple[str, ...]
    """What else the configuration will say of it."""


def imports(options: Mapping[str, str]) -> dict[str, Import]:
    """Drives with `import-from`, by key. ApiError 400 for what is written otherwise."""
    found, errors = {}, {}
    for key, value in options.items():
        if not DRIVE.fullmatch(key) or "import-from=" not in value:
            continue
        first, *rest = value.split(",")
        parts = dict(part.partition("=")[::2] for part in rest)
        new = _NEW.fullmatch(first.removeprefix("file="))
        if new is None or float(new["size"]) != 0:
            errors[key] = _SPECIAL
        elif key == "efidisk0" and (lacking := [name for name in _OF_FIRMWARE if name not in parts]):
            errors[key] = f"need to specify '{lacking[0]}' when using 'import-from'"
        else:
            kept = tuple(part for part in rest if part.partition("=")[0] not in _ONLY_MADE)
            found[key] = Import(key=key, storage=new["storage"], source=parts["import-from"], rest=kept)
    if errors:
        raise wrong(errors)
    return found


def check_imports(world: World, node: str, caller: Caller, vmid: int, wanted: Mapping[str, Import]) -> None:
    """Raise unless a caller may make these disks there, out of what they come from."""
    for key, one in wanted.items():
        world.rights.check(caller, f"/storage/{one.storage}", "Datastore.AllocateSpace")
        if "images" not in world.storages.get(one.storage, node).content:
            raise wrong({"storage": f"storage '{one.storage}' does not support vm images"})
        if one.source.startswith("/"):
            if not caller.is_root:
                raise ApiError(403, "Only root can pass arbitrary filesystem paths.")
            raise failed("drlab imports volumes only")
        source = read_volume(one.source)
        if source.content not in {"images", "import"}:
            said = f"{one.source} has wrong type '{source.content}' - needs to be 'images' or 'import'"
            raise wrong({key: said})
        if source.owner is not None:
            world.rights.check(caller, f"/vms/{source.owner}", "VM.Clone")
        else:
            check_volume(world.rights, caller, vmid, one.source)


async def imported(world: World, node: str, vmid: int, one: Import, work: Work) -> str:
    """Make a disk out of an image; the drive's value. ApiError, and nothing of the disk is left."""
    storage = world.storages.online(one.storage, node)
    volid = world.storages.allocate(storage, node, vmid, 0)
    try:
        order = _ordered(world, node, one, world.storages.path(volid, node), work)
        await world.muscle(node).take(order, work.log, work.halt)
        await work.check()
    except (ApiError, MuscleError) as error:
        world.storages.free(volid, node)
        said = error.message if isinstance(error, ApiError) else str(error)
        raise failed(f"cannot import from '{one.source}' - {said}") from error
    value = ",".join([volid, *one.rest, f"size={shown_size(order.target.stat().st_size)}"])
    work.log(f"{one.key}: successfully created disk '{value}'")
    return value


def _ordered(world: World, node: str, one: Import, target: Path, work: Work) -> TakeOrder:
    path = world.storages.path(one.source, node)
    if not path.exists():
        raise failed(f"could not get size of {one.source}")
    return TakeOrder(
        source=path,
        form=path.suffix.lstrip(".") or "raw",
        target=target,
        bwlimit=work.rate(0),
        space=world.storages.room(world.storages.online(one.storage, node), node),
    )


def new_drive(world: World, node: str, vmid: int, key: str, value: str) -> str:
    """Return a drive's value with its volume; `storage:GIB` makes a new one. Raises ApiError."""
    first, *rest = value.split(",")
    storage, colon, size = first.partition(":")
    if not colon or "media=cdrom" in rest:
        return value
    if size == "cloudinit":
        volid = world.storages.allocate(
            world.storages.online(storage, node), node, vmid, 4 << 20, stem="cloudinit"
        )
        return ",".join([volid, "media=cdrom", *rest])
    if not size.replace(".", "", 1).isdigit():
        if not world.storages.path(first, node).exists():
            raise failed(f"volume '{first}' does not exist")
        return value
    count = int(float(size) * _GIB)
    volid = world.storages.allocate(world.storages.online(storage, node), node, vmid, count)
    if key == "efidisk0" and _FIRMWARE.exists():  # as large as the firmware's own, whatever was said
        target = world.storages.path(volid, node)
        shutil.copyfile(_FIRMWARE, target)
        count = target.stat().st_size
    return ",".join([volid, *rest, f"size={shown_size(count)}"])
