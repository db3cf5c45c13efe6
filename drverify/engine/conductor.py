"""Carries out one drill over the ports and returns its facts. Judges nothing, knows no vendor.

This is one of the two places that catch every exception: whatever fails becomes a defect (of the
backup) or a fault (of ours) in the record. Only cancellation passes through, after the teardown.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack

from drverify.engine.files_drill import FilesDrill
from drverify.engine.guest_drill import GuestDrill
from drverify.engine.recorder import Recorder
from drverify.engine.scene import Scene
from drverify.engine.wiring import DrillPorts
from drverify.errors import DeadlineError, InputError
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName, ToolFact
from drverify.model.recovery import DiskImage, RecoveryPoint


async def conduct(plan: DrillPlan, ports: DrillPorts, *, keep: bool = False) -> DrillRecord:
    """Run the drill to its end and give back everything it took.

    Raises only InputError for a request that no point can answer, and cancellation.
    """
    recorder = Recorder(ports.clock, ports.progress)
    scene = Scene(plan=plan, recorder=recorder, store=ports.store, keep_sandbox=keep)
    try:
        async with asyncio.timeout(plan.playbook.limits.drill.total_seconds()):
            await _run(scene, ports)
    except TimeoutError:
        limit = plan.playbook.limits.drill.total_seconds()
        recorder.failed(DeadlineError(f"the drill did not end within its own limit of {limit:.0f} s"))
    return scene.record(ended_at=ports.clock.utc(), tools=await _tools(scene, ports))


async def _run(scene: Scene, ports: DrillPorts) -> None:
    with scene.recorder.measured(PhaseName.SELECT):
        point = await _selected(scene, ports)
    if point is None:
        return
    stack = AsyncExitStack()
    try:
        if isinstance(scene.plan.workload.payload, DiskImage):
            await GuestDrill(scene, ports, scene.plan.workload.payload).run(stack, point)
        else:
            await FilesDrill(scene, ports, scene.plan.workload.payload).run(stack, point)
    except Exception as error:  # noqa: BLE001 - see the module's first lines
        scene.recorder.failed(error)
    finally:
        await _take_back(scene, stack)


async def _selected(scene: Scene, ports: DrillPorts) -> RecoveryPoint | None:
    plan = scene.plan
    try:
        points = await ports.source.points(plan.workload.points)
        scene.selection = ports.select(
            points, plan.requested_point, plan.incident_at, scene.recorder.started_at
        )
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - see the module's first lines
        scene.recorder.failed(error)
        return None
    ports.progress.note(scene.selection.why)
    return scene.selection.point


async def _take_back(scene: Scene, stack: AsyncExitStack) -> None:
    with scene.recorder.measured(PhaseName.TEARDOWN):
        try:
            await stack.aclose()
        except Exception as error:  # noqa: BLE001 - see the module's first lines
            scene.recorder.failed(error)
            scene.cleaned_up = False
        else:
            scene.cleaned_up = not scene.kept


async def _tools(scene: Scene, ports: DrillPorts) -> tuple[ToolFact, ...]:
    async def asked(work: Awaitable[tuple[ToolFact, ...]]) -> tuple[ToolFact, ...]:
        try:
            return await work
        except Exception as error:  # noqa: BLE001 - a version that cannot be read is not worth a drill
            return (ToolFact(name="unknown", version=type(error).__name__),)

    async def source() -> tuple[ToolFact, ...]:
        return (await ports.source.tool(),)

    facts = [*ports.own_tools, *await asked(source())]
    if isinstance(scene.plan.workload.payload, DiskImage):
        facts += await asked(ports.host.tools())
    return tuple(facts)
