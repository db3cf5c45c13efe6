"""The machine that a restored system is booted on, when that is not its own hardware. Pure.

What a profile does not name stays as it was. What it names is new, and new hardware brings nothing along:
new disks have no old serial numbers, another board has its slots elsewhere, and a firmware that was never
there before remembers no boot entry.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from drverify.errors import InputError
from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import Deviation, Disk, DiskImage, GuestShape, Payload, SystemFiles

EXTRA = "extra"
"""Name, before a number, of a disk that the replacement has and the original had not."""
FIRST_BOOT = "first boot"
"""What a first boot is called among the things that were done to a restored system."""
SPARE = "spare"
"""Name of the disk that lies beside the system's own at a first boot."""
SPARE_BYTES = 16 << 20
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A machine on other hardware."""

    shape: GuestShape
    deviations: tuple[Deviation, ...]
    """In what it differs from the original; empty when the profile names nothing else."""


def fit(profile: HardwareProfile, shape: GuestShape) -> Fitted:
    """Put a machine on the hardware of a profile. Doing it twice changes nothing more.

    InputError when the profile has fewer disks than the machine.
    """
    changed = shape
    for change in (_board, _processor, _disks, _cards):
        changed = change(profile, changed)
    why = f"hardware {profile.name}"
    deviations = tuple(
        Deviation(what=what, change=_replaced(old, new), why=why)
        for what, told in _TOLD
        if (old := told(shape)) != (new := told(changed))
    )
    return Fitted(shape=changed, deviations=deviations)


def first_boot(profile: HardwareProfile | None, shape: GuestShape) -> GuestShape | None:
    """What a machine that is on the hardware already (`shape`) is on its first boot; None: it has none.

    Its disks hang on the controller of that boot, in their order, and after them a spare one on the
    controller that they will hang on: the system meets it, and makes ready to start from it.
    """
    if profile is None or profile.first_boot is None:
        return None
    moved = tuple(replace(disk, bus=profile.first_boot) for disk in drives(shape))
    spare = Disk(name=SPARE, bus=profile.disk_bus or shape.disk_bus, size_bytes=SPARE_BYTES)
    remembered = tuple(disk for disk in shape.disks if disk.bus == "pflash")
    return replace(shape, disk_bus=profile.first_boot, disks=(*moved, spare, *remembered))


def payload_on(profile: HardwareProfile | None, payload: Payload) -> Payload:
    """The payload with its machine on the hardware, where the inventory states the machine.

    InputError as `fit`.
    """
    if profile is not None and isinstance(payload, DiskImage | SystemFiles):
        return replace(payload, guest=fit(profile, payload.guest).shape)
    return payload


def drives(shape: GuestShape) -> tuple[Disk, ...]:
    """The machine's disks in the order of booting, without what its firmware remembers."""
    named = tuple(disk for disk in shape.disks if disk.bus != "pflash")
    return named if shape.disks else (Disk(name="disk", bus=shape.disk_bus),)


def _board(profile: HardwareProfile, shape: GuestShape) -> GuestShape:
    """Chipset, slots and firmware; new firmware remembers nothing."""
    if profile.chipset is not None and profile.chipset != shape.chipset:
        shape = replace(shape, chipset=profile.chipset, nic_slots=())
    if profile.firmware is not None:
        disks = tuple(disk for disk in shape.disks if disk.bus != "pflash")
        shape = replace(shape, firmware=profile.firmware, disks=disks)
    return shape


def _processor(profile: HardwareProfile, shape: GuestShape) -> GuestShape:
    return replace(
        shape,
        cpu_model=profile.cpu_model or shape.cpu_model,
        memory_mib=profile.memory_mib or shape.memory_mib,
        vcpus=profile.vcpus or shape.vcpus,
    )


def _disks(profile: HardwareProfile, shape: GuestShape) -> GuestShape:
    shape = replace(
        shape,
        disk_bus=profile.disk_bus or shape.disk_bus,
        scsi_controller=profile.scsi_controller or shape.scsi_controller,
    )
    if profile.disk_bus is None and not profile.disk_sizes:
        return shape
    if not shape.disks and not profile.disk_sizes:
        return shape
    remembered = tuple(disk for disk in shape.disks if disk.bus == "pflash")
    return replace(shape, disks=(*_new_disks(profile, shape), *remembered))


def _new_disks(profile: HardwareProfile, shape: GuestShape) -> Iterator[Disk]:
    old, sizes = drives(shape), profile.disk_sizes
    if sizes and len(sizes) < len(old):
        raise InputError(
            f"hardware {profile.name} has {len(sizes)} disks, and the machine has {len(old)}",
            hint="give the profile a size for each disk of the machine, or none",
        )
    for number, disk in enumerate(old):
        size = sizes[number] if sizes else disk.size_bytes
        yield replace(disk, bus=profile.disk_bus or disk.bus, size_bytes=size, serial="")
    for number, size in enumerate(sizes[len(old) :], 1):
        yield Disk(name=f"{EXTRA}{number}", bus=profile.disk_bus or shape.disk_bus, size_bytes=size)


def _cards(profile: HardwareProfile, shape: GuestShape) -> GuestShape:
    if profile.nic_model is None or {profile.nic_model} == {*_models(shape)}:
        return shape
    return replace(shape, nic_model=profile.nic_model, nic_models=(), nic_slots=())


def _models(shape: GuestShape) -> tuple[str, ...]:
    return shape.nic_models or (shape.nic_model,)


def _buses(shape: GuestShape) -> str:
    controllers = {disk.bus: None for disk in drives(shape)}
    return ", ".join(f"scsi ({shape.scsi_controller})" if bus == "scsi" else bus for bus in controllers)


def _sizes(shape: GuestShape) -> str:
    return ", ".join(_size(disk) for disk in drives(shape))


def _size(disk: Disk) -> str:
    if disk.size_bytes is None:
        return "as backed up"
    whole, rest = divmod(disk.size_bytes, _MIB)
    return f"{disk.size_bytes} bytes" if rest else f"{whole} MiB"


def _replaced(old: str, new: str) -> str:
    return f"{new or 'none'} instead of {old or 'none'}"


_TOLD: tuple[tuple[str, Callable[[GuestShape], str]], ...] = (
    ("firmware", lambda shape: shape.firmware),
    ("firmware memory", lambda shape: "kept" if any(d.bus == "pflash" for d in shape.disks) else ""),
    ("chipset", lambda shape: shape.chipset),
    ("cpu", lambda shape: shape.cpu_model or "the host's choice"),
    ("memory", lambda shape: f"{shape.memory_mib} MiB"),
    ("processors", lambda shape: str(shape.vcpus)),
    ("disk controller", _buses),
    ("disks", lambda shape: f"{len(drives(shape))}"),
    ("disk sizes", _sizes),
    ("disk serials", lambda shape: ", ".join(disk.serial for disk in drives(shape) if disk.serial)),
    ("network cards", lambda shape: ", ".join(dict.fromkeys(_models(shape)))),
    ("card slots", lambda shape: ", ".join(map(str, shape.nic_slots))),
)
"""What a deviation is called, and how it is read from a machine."""
