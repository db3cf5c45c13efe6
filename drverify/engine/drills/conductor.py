"""Carries out one drill over the ports and returns its facts. Judges nothing, knows no vendor.

This is one of the two places that catch every exception: whatever fails becomes a defect (of the
backup) or a fault (of ours) in the record. Only cancellation passes through, after the teardown.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace

from drverify.engine.drills.files_drill import FilesDrill
from drverify.engine.drills.guest_drill import GuestDrill
from drverify.engine.drills.hardware import HardwareWay
from drverify.engine.drills.rebuilding import RebuildWay
from drverify.engine.drills.recorder import Recorder
from drverify.engine.drills.scene import Scene
from drverify.engine.pacing import deadline
from drverify.engine.recovering import FileWay
from drverify.engine.staying import Held, Standing
from drverify.engine.wiring import DrillPorts
from drverify.errors import InputError, TeardownError
from drverify.model.drill import DrillPlan, DrillRecord, LoggedStart, PhaseName, ToolFact
from drverify.model.recovery import RecoveryPoint, boots


async def conduct(
    plan: DrillPlan,
    ports: DrillPorts,
    *,
    keep: bool = False,
    start: LoggedStart | None = None,
    held: Held | None = None,
) -> DrillRecord:
    """Run the drill to its end and give back everything it took; the drill's clock begins here.

    `start` says where the log holds that it begins. What `held` wants stands on, and is given to it. On
    cancellation everything is taken back first; TeardownError takes its place when something could not be.
    """
    companion = ports.companion
    recorder = Recorder(ports.clock, ports.progress, companion.declaration if companion else None)
    scene = Scene(plan=plan, recorder=recorder, store=ports.store, keep_sandbox=keep)
    scene.start = start
    preparing = asyncio.create_task(ports.prober.prepare(plan.playbook.probes))
    try:
        try:
            with recorder.measured(PhaseName.SELECT):
                point = await _selected(scene, ports)
        finally:
            await asyncio.gather(preparing, return_exceptions=True)
        if point is not None:
            await _worked(scene, ports, point, held)
        else:
            _told(scene, ports)
            scene.tools = await _tools(scene, ports)
    finally:
        if companion is not None:
            companion.gone()
    return scene.record(ended_at=ports.clock.utc())


async def _worked(scene: Scene, ports: DrillPorts, point: RecoveryPoint, held: Held | None) -> None:
    """Restore and prove within the drill's own limit; the teardown afterwards has limits of its own."""
    stack = AsyncExitStack()
    way = ports.way
    drill = FilesDrill(scene, ports, way) if isinstance(way, FileWay) else GuestDrill(scene, ports, way)
    try:
        async with deadline(scene.plan.playbook.limits.drill, "the drill, which has a limit of its own,"):
            await drill.run(stack, point)
    except asyncio.CancelledError:
        await _interrupted(scene, stack)
        raise
    except Exception as error:  # noqa: BLE001 - see the module's first lines
        scene.recorder.failed(error)
    try:
        _told(scene, ports)
        if ports.companion is not None:
            await ports.companion.all_done()
        if isinstance(drill, GuestDrill):
            await drill.visit.parted()
    except asyncio.CancelledError:
        await _interrupted(scene, stack)
        raise
    except Exception as error:  # noqa: BLE001 - see the module's first lines
        scene.recorder.failed(error)
    if held is not None and (standing := _wanted(scene, ports, held)) is not None:
        held.take(stack, standing)
        scene.cleaned_up = False
        scene.tools = await _tools(scene, ports)
        return
    asking = asyncio.create_task(_tools(scene, ports))  # costs nothing beside the teardown
    try:
        await _take_back(scene, stack)
        scene.tools = await asking
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


def _wanted(scene: Scene, ports: DrillPorts, held: Held) -> Standing | None:
    """What shall stand on. None, too, when that cannot be found out: then it is taken back."""
    try:
        standing = _standing(scene, ports)
        return standing if standing is not None and held.wanted() else None
    except Exception as error:  # noqa: BLE001 - see the module's first lines
        scene.recorder.failed(error)
        return None


def _standing(scene: Scene, ports: DrillPorts) -> Standing | None:
    """What could stand on: whatever was made, unless anybody found it open or it is kept otherwise."""
    others_closed = ports.companion is None or ports.companion.closed
    if scene.ways_in is None or scene.kept or not (scene.closed and others_closed):
        return None
    return Standing(workload=scene.plan.workload.name, ways_in=scene.ways_in())


async def _interrupted(scene: Scene, stack: AsyncExitStack) -> None:
    await _take_back(scene, stack)
    if not scene.cleaned_up:
        raise TeardownError(
            "interrupted, and not everything could be taken back", hint="run `drverify sandbox reap`"
        ) from None


def _told(scene: Scene, ports: DrillPorts) -> None:
    """Tell the other members of a group how this one's recovery ended."""
    if ports.companion is not None:
        ports.companion.ended(scene.plan, scene.record(ended_at=ports.clock.utc()))


async def _selected(scene: Scene, ports: DrillPorts) -> RecoveryPoint | None:
    plan = scene.plan
    try:
        points = await ports.source.points(plan.workload.points)
        scene.selection = ports.select(
            points, plan.requested_point, plan.incident_at, scene.recorder.started_at
        )
    except Exception as error:  # noqa: BLE001 - see the module's first lines
        scene.recorder.failed(error)
        if isinstance(error, InputError):  # the list changed since the request was looked at
            scene.selection = replace(scene.selection, why=f"nothing was selected: {error}")
        return None
    ports.progress.note(scene.selection.why)
    return scene.selection.point


async def _take_back(scene: Scene, stack: AsyncExitStack) -> None:
    scene.cleaned_up = False
    with scene.recorder.measured(PhaseName.TEARDOWN):
        try:
            await stack.aclose()
        except Exception as error:  # noqa: BLE001 - see the module's first lines
            scene.recorder.failed(error)
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
    if boots(scene.plan.workload.payload):
        facts += await asked(ports.host.tools())
    if scene.inspection is not None and ports.inspector is not None:
        facts.append(await ports.inspector.tool())
    elif isinstance(ports.way, HardwareWay):
        facts += await asked(ports.way.tools())
    if isinstance(ports.way, RebuildWay):
        facts.append(await ports.way.rebuilder.tool())
    return tuple(dict.fromkeys(facts))
