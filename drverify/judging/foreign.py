"""Whether a drill ran on hardware that may be why its system stayed away (ADR 36).

A profile that names nothing new, or only larger sizes, excuses nothing: or whoever fears a drill would name
one. What excuses is what a system may fail to start on: another board or firmware, another controller or
disks without their old serial numbers, other cards, another processor, less memory or fewer processors than
it had.
"""

import re

from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import GuestShape, stated_shape

_KEEPS_FROM_STARTING = frozenset({
    "firmware", "firmware memory", "chipset", "cpu", "disk controller", "disk serials", "network cards",
    "card slots",
})  # fmt: skip
"""Of what a deviation of `planning.hardware` is called."""
_SIZES = frozenset({"memory", "processors"})
_CHANGE = re.compile(r"(\d+)(?: MiB)? instead of (\d+)(?: MiB)?", re.ASCII)
"""Of such a size, as `planning.hardware` says it."""

HIDDEN = "sd:"
"""What a text begins with that was hidden (`sealing.redaction`)."""


def on_foreign_hardware(plan: DrillPlan, record: DrillRecord) -> bool:
    """Whether the machine differs from the original in what can keep a system from starting.

    Of a machine that its backup states, the record says in what it differs; where it says nothing, it may be
    anything.
    """
    profile, stated = plan.hardware, stated_shape(plan.workload.payload)
    if profile is None:
        return False
    if profile.first_boot is not None:
        return True  # that it may stay away from, or not come back after
    if stated is not None:
        return _differs(profile, stated)
    if record.machine is None:
        return True
    whose = (f"hardware {profile.name}", HIDDEN)
    return any(
        (one.what in _KEEPS_FROM_STARTING or (one.what in _SIZES and _is_less(one.change)))
        and one.why.startswith(whose)
        for one in record.machine.deviations
    )


def _is_less(change: str) -> bool:
    """Whether there is less of it; of a text that was hidden it may be."""
    found = _CHANGE.fullmatch(change)
    return int(found[1]) < int(found[2]) if found else change.startswith(HIDDEN)


def _differs(profile: HardwareProfile, shape: GuestShape) -> bool:
    old = [disk for disk in shape.disks if disk.bus != "pflash"]
    buses = {disk.bus for disk in old} or {shape.disk_bus}
    new_buses = {profile.disk_bus} if profile.disk_bus is not None else buses
    cards = {*(shape.nic_models or (shape.nic_model,))}
    made_anew = profile.disk_bus is not None or bool(profile.disk_sizes)
    return any((
        profile.firmware not in {None, shape.firmware},
        profile.firmware is not None and len(old) < len(shape.disks),
        profile.chipset not in {None, shape.chipset},
        profile.cpu_model not in {"", shape.cpu_model},
        (profile.memory_mib or shape.memory_mib) < shape.memory_mib,
        (profile.vcpus or shape.vcpus) < shape.vcpus,
        new_buses != buses,
        "scsi" in new_buses and profile.scsi_controller not in {None, shape.scsi_controller},
        made_anew and any(disk.serial for disk in old),
        profile.nic_model is not None and cards != {profile.nic_model},
    ))  # fmt: skip
