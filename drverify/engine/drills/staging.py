"""A first boot on another controller, so that the system finds the driver of the one that it will hang on.

Windows starts from a disk only when the driver of its controller starts at boot, and makes it do so when it
meets such a controller with a disk on it. So its own disk hangs where it can drive it, with a small spare one
on the new controller beside it, until it answers; it switches itself off, and is booted where it belongs.
It is the profile's to ask for that, and no matter of the system's kind.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from drverify.engine.drills.asking import asker, lives
from drverify.engine.drills.scene import Scene
from drverify.engine.drills.vigil import Vigil, Watch
from drverify.engine.ports import DiskSource, Sandbox
from drverify.engine.staging import StagingSandbox
from drverify.engine.wiring import DrillPorts
from drverify.errors import HostError
from drverify.model.drill import PhaseName
from drverify.model.layout import Rework
from drverify.model.recovery import GuestShape
from drverify.planning.hardware import FIRST_BOOT, SPARE, SPARE_BYTES, drives, first_boot

OFF_WITHIN = timedelta(minutes=10)
"""A Windows that has found new devices may take minutes to go down."""


async def staged(
    scene: Scene, ports: DrillPorts, sandbox: Sandbox, disks: Sequence[DiskSource], shape: GuestShape
) -> bool:
    """Give the system its first boot where the plan's hardware asks for one; `shape` is what it runs on then.

    False when it did not come up there: the scene says why. HostError when the host has no such boots, or
    the guest did not switch itself off.
    """
    profile, first = scene.plan.hardware, first_boot(scene.plan.hardware, shape)
    if profile is None or first is None:
        return True
    if not isinstance(sandbox, StagingSandbox):
        raise HostError(
            "this host cannot start a system on one controller first and on another then",
            hint="name another host in the inventory, or a profile without `first_boot`",
        )
    limits, probes = scene.plan.playbook.limits, scene.plan.playbook.probes
    needed = [spec for spec in probes if spec.required]
    specs = [spec for spec in needed if spec.kind == "boot"] or needed
    given = await asyncio.to_thread(_with_spare, shape, first, disks)
    ports.progress.note(f"first boot: its disks on {profile.first_boot}, a spare one on {profile.disk_bus}")
    probing = asker(scene, ports, sandbox)
    with scene.recorder.measured(PhaseName.FIRST_BOOT):
        await sandbox.stage(first, given)
        await sandbox.boot()
        async with (
            probing.connected(),
            Vigil(sandbox, probing, Watch(ports.clock, limits)) as vigil,
        ):
            vigil.ask(specs)
            ending = await vigil.until(lambda: probing.settled(specs))
    if ending is not None:
        why = f"on its first boot, its disks on {profile.first_boot}: {ending.why}"
        return lives(scene, ports, replace(ending, why=why))
    with scene.recorder.measured(PhaseName.SHUTDOWN):
        await sandbox.switch_off(within=OFF_WITHIN)
    change = f"on {profile.first_boot} beside a spare disk on {profile.disk_bus}, then switched off in order"
    scene.reworks += (Rework(what=FIRST_BOOT, change=change, why=f"hardware {profile.name}"),)
    return True


def _with_spare(shape: GuestShape, first: GuestShape, disks: Sequence[DiskSource]) -> list[DiskSource]:
    """The disks in the order of the first boot's machine, with the spare one, which is made. Blocking."""
    names = [disk.name for disk in shape.disks or drives(shape)]
    given = dict(zip(names, disks, strict=True))
    spare = disks[0].path.with_name(f"{SPARE}.raw")
    with spare.open("xb") as file:
        file.truncate(SPARE_BYTES)
    given[SPARE] = DiskSource(path=spare, format="raw")
    return [given[disk.name] for disk in first.disks]
