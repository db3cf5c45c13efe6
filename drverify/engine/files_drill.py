"""A drill of a file set: restore it to a scratch directory and probe the files. Nothing is run."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from drverify.engine.guest_drill import restore_facts
from drverify.engine.ports import ProbeScope
from drverify.engine.probing import Probing
from drverify.engine.recovering import FileWay
from drverify.engine.scene import Scene
from drverify.engine.wiring import DrillPorts
from drverify.model.drill import IsolationCheck, IsolationRecord, PhaseName
from drverify.model.recovery import RecoveryPoint

T = TypeVar("T")

NOTHING_RUNS = IsolationRecord(
    checks=(IsolationCheck(name="no guest", closed=True, detail="restored files are read, never run"),)
)


class LocalVantage:
    """Where probes of files run: here, since they use no network."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run it on the current event loop."""
        return await work()


class FilesDrill:
    """One file set's drill; `run` enters everything it takes into the caller's exit stack."""

    def __init__(self, scene: Scene, ports: DrillPorts, way: FileWay) -> None:
        self._scene = scene
        self._ports = ports
        self._way = way

    async def run(self, stack: AsyncExitStack, point: RecoveryPoint) -> None:
        """Restore and probe; facts go into the scene, errors to the caller."""
        scene, ports, plan = self._scene, self._ports, self._scene.plan
        with scene.recorder.measured(PhaseName.PROVISION):
            room = await stack.enter_async_context(ports.rooms.lend(plan.drill_id))
            files = room.directory / "files"
            await asyncio.to_thread(files.mkdir)
        scene.isolated("before", NOTHING_RUNS)
        probing = Probing(
            vantage=LocalVantage(),
            prober=ports.prober,
            scope=ProbeScope(guest=None, console=bytes, files=files, secret=ports.secret),
            offset=scene.recorder.offset,
            keep=scene.keep,
            progress=ports.progress,
            settle=plan.playbook.limits.settle * 0,
        )
        with scene.recorder.measured(PhaseName.ISOLATE):
            scene.controls = await probing.controls(plan.playbook.probes)
        with scene.recorder.measured(PhaseName.RESTORE):
            cache = await ports.source.cache_state()
            restored = await self._way.source.restore_files(
                point,
                self._way.payload.path,
                into=files,
                stall=plan.playbook.limits.restore_stall,
                progress=ports.progress,
            )
            scene.restore = restore_facts(restored, plan.mode, cache)
        with scene.recorder.measured(PhaseName.PROBE):
            await probing.once(plan.playbook.probes)
        scene.probes = probing.results(plan.playbook.probes)
        if scene.keep_sandbox:
            room.keep()
            scene.kept = True
