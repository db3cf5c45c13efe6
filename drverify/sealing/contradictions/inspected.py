"""What cannot be true together of a look into restored disks and the drill that it belongs to."""

from collections import Counter
from collections.abc import Iterator

from drverify.judging.inspection import ON_OTHER_DISKS, left_out
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.inspection import Inspection, InspectionFinding, Trouble
from drverify.model.recovery import boots

_ALWAYS = {
    Trouble.NO_SYSTEM: "backup",
    Trouble.NO_BOOTLOADER: "backup",
    Trouble.PART_MISSING: "backup",
    Trouble.VOLUME_DAMAGED: "backup",
    Trouble.FILE_SYSTEM_DAMAGED: "backup",
    Trouble.LOCKED: "hardware",
    Trouble.OTHER_FIRMWARE: "hardware",
    Trouble.NO_DISK_DRIVER: "hardware",
    Trouble.NO_NIC_DRIVER: "hardware",
}
"""Whose a trouble is, where it is always the same one's."""


def inspection_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything that cannot be, one sentence each. Names may be hidden: nothing here compares them."""
    found = record.inspection
    if found is None:
        return
    if not plan.playbook.inspect:
        yield "the disks were inspected, and the playbook does not ask for it"
    if not boots(plan.workload.payload) or record.restore is None:
        yield "disks were inspected, and none were restored"
    if plan.mode == "instant" and found.disks:
        yield "disks were inspected, and the system ran on the backup itself"
    if not found.disks and not found.not_read:
        yield "an inspection saw no disk, and was carried out to its end"
    others = left_out(found, plan.workload.payload)
    for finding in found.findings:
        whose = _ALWAYS.get(finding.trouble, finding.fault)
        if finding.fault != ("inventory" if others and finding.trouble in ON_OTHER_DISKS else whose):
            yield f"finding {finding.trouble} is said to be the fault of the {finding.fault}"
    if others and any(one.what.startswith(tuple(ON_OTHER_DISKS)) for one in record.defects):
        yield "the backup is blamed for what may lie on a disk that the inventory does not name"
    yield from _grounds(found)


def _grounds(found: Inspection) -> Iterator[str]:
    """Each finding rests on the facts beside it, and nothing that is broken goes without one."""
    broken = [one for one in found.volumes if not one.complete]
    facts = {
        Trouble.FILE_SYSTEM_DAMAGED: sum(one.sound is False for one in found.file_systems),
        Trouble.LOCKED: sum(one.kind == "luks" for one in broken),
        Trouble.PART_MISSING: sum(one.kind != "luks" and one.missing > 0 for one in broken),
        Trouble.VOLUME_DAMAGED: sum(one.kind != "luks" and not one.missing for one in broken),
    }
    counted = Counter(finding.trouble for finding in found.findings)
    for trouble, count in facts.items():
        if counted[trouble] != count:
            yield f"an inspection has {counted[trouble]} findings {trouble}, its facts {count}"
    for finding in found.findings:
        if not _rests(finding, found):
            yield f"nothing that was read shows finding {finding.trouble}"


def _rests(finding: InspectionFinding, found: Inspection) -> bool:
    system = found.system
    match finding.trouble:
        case Trouble.NO_SYSTEM:
            return system is None
        case Trouble.NO_BOOTLOADER:
            return system is not None and not system.firmware
        case Trouble.OTHER_FIRMWARE:
            return system is not None and bool(system.firmware)
        case Trouble.MOUNT_NOT_FOUND:
            renamed = finding.fault == "hardware"  # what has another name here is there, or cannot be told
            return system is not None and any(
                one.needed and (renamed or not one.found) for one in system.mounts
            )
        case Trouble.NO_DISK_DRIVER | Trouble.NO_NIC_DRIVER:
            return system is not None and any(one.read for one in system.kernels)
        case _:
            return True
