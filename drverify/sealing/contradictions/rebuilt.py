"""What cannot be true together of a machine that was rebuilt from a backup of its files."""

from collections.abc import Iterator

from drverify.model.drill import DrillPlan, DrillRecord, PhaseName
from drverify.model.recovery import SystemFiles
from drverify.preparing.disks import impossible


def rebuild_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything that cannot be, one sentence each."""
    names = [phase.name for phase in record.phases]
    payload = plan.workload.payload
    if not isinstance(payload, SystemFiles):
        if PhaseName.REBUILD in names:
            yield "a system was rebuilt, and the workload is none that is rebuilt from its files"
        return
    if plan.mode != "full":
        yield "a system cannot be rebuilt and run on the backup itself"
    if PhaseName.REBUILD in names and record.restore is None:
        yield "a system was rebuilt out of files that were not restored"
    if PhaseName.BOOT in names:
        if PhaseName.REBUILD not in names:
            yield "files were booted, and nothing was rebuilt"
        elif names.index(PhaseName.REBUILD) < names.index(PhaseName.RESTORE):
            yield "a system was rebuilt before its files were there"
        if not any(one.what == "bootloader" for one in record.reworks):
            yield "new disks were booted, and nothing put a boot loader on them"
    if record.restore is not None and plan.hardware is None:
        yield from (
            f"such a machine cannot have been laid out: {one}"
            for one in impossible(payload.layout, payload.guest)
        )
