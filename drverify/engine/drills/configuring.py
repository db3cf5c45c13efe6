"""What stands between a restored machine and its application: its turn in a group, the playbook's steps."""

from drverify.engine.drills.probing import Probing
from drverify.engine.drills.scene import Scene
from drverify.engine.drills.stepping import Stepping
from drverify.engine.wiring import DrillPorts
from drverify.judging.foreign import on_foreign_hardware
from drverify.model.drill import GaveUp, PhaseName


async def its_turn(scene: Scene, ports: DrillPorts) -> bool:
    """Wait for the systems that this one needs; whether it may start. Alone it may.

    Why it may not goes into the scene; NotStartedError when that proves nothing about it.
    """
    if ports.companion is None:
        return True
    with scene.recorder.measured(PhaseName.AWAIT):
        foreign = on_foreign_hardware(scene.plan, scene.record(ended_at=ports.clock.utc()))
        why = await ports.companion.turn(foreign=foreign)
    if why:
        scene.gave_up, scene.gave_up_by = why, GaveUp.PREDECESSOR
        scene.gave_up_at = scene.recorder.offset()
        ports.progress.note(f"not started: {why}")
    return not why


def checked(ports: DrillPorts) -> None:
    """Tell the other members of a group that this one has looked at isolation and controls."""
    if ports.companion is not None:
        ports.companion.checked()


def leaked(ports: DrillPorts, how: str) -> None:
    """Tell them that the sandbox is open."""
    if ports.companion is not None:
        ports.companion.leaked(how)


async def configured(scene: Scene, ports: DrillPorts, probing: Probing) -> None:
    """Do the playbook's steps. Errors as `Stepping.run`."""
    stepping = Stepping(
        probing=probing,
        operator=ports.operator,
        file=ports.put,
        offset=scene.recorder.offset,
        keep=scene.keep,
        progress=ports.progress,
        records=scene.steps,
    )
    await stepping.run(scene.plan.playbook.steps)
