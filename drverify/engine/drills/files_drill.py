"""A drill of a file set: restore it, or a sample of it, to a scratch directory; probe and compare the files.

Nothing is run, but for a database server of our own that a dump is loaded into.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from drverify.engine.drills.guest_drill import restore_facts
from drverify.engine.drills.probing import Probing
from drverify.engine.drills.scene import Scene
from drverify.engine.filesets import Drawn, FileDesk, FileScope, HeldAgainst, SamplingSource
from drverify.engine.ports import Room
from drverify.engine.recovering import FileWay
from drverify.engine.sources import ImageSource, Restored
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, HostError, InputError
from drverify.model.drill import IsolationCheck, IsolationRecord, PhaseName
from drverify.model.files import FileComparison, defective, in_one_line
from drverify.model.recovery import BESIDE, RecoveryPoint, manifest_below
from drverify.planning.bound import at_most_ppm

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
        self._payload = way.payload

    async def run(self, stack: AsyncExitStack, point: RecoveryPoint) -> None:
        """Restore, probe and compare; facts go into the scene, errors to the caller."""
        scene, plan = self._scene, self._scene.plan
        with scene.recorder.measured(PhaseName.PROVISION):
            room = await stack.enter_async_context(self._ports.rooms.lend(plan.drill_id))
            files = room.directory / "files"
            await asyncio.to_thread(files.mkdir)
            scene.ways_in = lambda: (f"files: {files}",)
            held = await asyncio.to_thread(self._beside)
        scene.isolated("before", NOTHING_RUNS)
        probing = self._probing(room, files)
        with scene.recorder.measured(PhaseName.ISOLATE):
            scene.controls = await probing.controls(plan.playbook.probes)
        with scene.recorder.measured(PhaseName.RESTORE):
            cache = await self._ports.source.cache_state()
            drawn = await self._drawn(room, point)
            restored = await self._restored(point, drawn, files)
            scene.restore = restore_facts(restored, plan.mode, cache)
            held = held or await self._in_point(room, point)
        with scene.recorder.measured(PhaseName.PROBE):
            await probing.once(plan.playbook.probes)
            scene.probes = probing.results(plan.playbook.probes)
            await self._compared(files, held, drawn, point)
        if scene.keep_sandbox:
            room.keep()
            scene.kept = True

    def _probing(self, room: Room, files: Path) -> Probing:
        scene, ports = self._scene, self._ports
        return Probing(
            vantage=LocalVantage(),
            prober=ports.prober,
            scope=FileScope(
                guest=None,
                console=bytes,
                files=files,
                secret=ports.secret,
                ledger=room.scope,
                directory=room.directory,
            ),
            offset=scene.recorder.offset,
            keep=scene.keep,
            progress=ports.progress,
            settle=scene.plan.playbook.limits.settle * 0,
        )

    def _desk(self) -> FileDesk:
        if self._ports.files is None:
            raise HostError("nobody here draws or compares files")
        return self._ports.files

    async def _drawn(self, room: Room, point: RecoveryPoint) -> Drawn | None:
        """What is restored of the point; None: everything."""
        sample, source = self._payload.sample, self._way.source
        if sample is None:
            return None
        if not isinstance(source, SamplingSource):
            raise InputError(
                "this source restores no single files", hint="leave `sample` out of the workload's payload"
            )
        drawn = await self._desk().draw(
            source.listing(point, self._payload.path),
            sample,
            seed=self._scene.plan.challenge,
            as_of=point.consistent_as_of,
            directory=room.directory,
            hidden=self._ports.disclosures is not None,
        )
        self._scene.keep(drawn.artefact)
        note = f"{len(drawn.chosen):,} of {drawn.population:,} files are restored"
        self._ports.progress.note(f"{note}, drawn with the challenge" if drawn.seed else note)
        return drawn

    async def _restored(self, point: RecoveryPoint, drawn: Drawn | None, files: Path) -> Restored:
        path, stall = self._payload.path, self._scene.plan.playbook.limits.restore_stall
        source, progress = self._way.source, self._ports.progress
        if drawn is None or not isinstance(source, SamplingSource):
            return await source.restore_files(point, path, into=files, stall=stall, progress=progress)
        return await source.restore_chosen(
            point, path, drawn.chosen, into=files, stall=stall, progress=progress
        )

    def _beside(self) -> HeldAgainst | None:
        """The manifest that lies on this machine, if there is one. InputError when it cannot be read."""
        named = self._payload.manifest
        if not named.startswith(BESIDE):
            return None
        path = Path(named.removeprefix(BESIDE))
        if not path.is_absolute():
            raise InputError(f"the manifest {named} has no absolute path")
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise InputError(
                f"the manifest {path} cannot be read: {error.strerror}",
                hint="make it with `drverify manifest make`, or see `manifest` in the inventory",
            ) from error
        return HeldAgainst(
            manifest=path,
            basis=f"manifest {path.name}, kept beside the backup",
            inside=manifest_below(self._payload),
            trusted=True,
        )

    async def _in_point(self, room: Room, point: RecoveryPoint) -> HeldAgainst | None:
        """The manifest out of the point, if there is one."""
        named, source = self._payload.manifest, self._way.source
        if not named:
            return None
        if not isinstance(source, ImageSource):
            raise InputError("this source gives no single file", hint="keep the manifest beside: `file:`")
        into = room.directory / "manifest"
        await source.restore_image(
            point,
            named,
            into=into,
            stall=self._scene.plan.playbook.limits.restore_stall,
            progress=self._ports.progress,
        )
        return HeldAgainst(
            manifest=into,
            basis=f"manifest {named} in the backup",
            inside=manifest_below(self._payload),
            trusted=False,
        )

    async def _compared(
        self, files: Path, held: HeldAgainst | None, drawn: Drawn | None, point: RecoveryPoint
    ) -> None:
        """Compare, and say what a sample shows. DefectError when a file differs."""
        if held is None:
            self._scene.comparison = None if drawn is None else _only_restored(drawn)
            return
        found = await self._desk().compare(files, held, drawn, as_of=point.consistent_as_of)
        self._scene.comparison = found
        if self._ports.disclosures is None and (kept := await self._desk().kept(held)) is not None:
            self._scene.keep(kept)
        self._ports.progress.note(f"{found.compared:,} files compared, {found.differing:,} differ")
        if found.differing and defective(found, beside=held.trusted):
            raise DefectError(in_one_line(found))


def _only_restored(drawn: Drawn) -> FileComparison:
    """A sample that nothing was held against: the source's own checks let it through."""
    strata = [(files, taken) for _, files, taken in drawn.strata]
    return FileComparison(
        basis="",
        seed=drawn.seed,
        population=drawn.population,
        population_bytes=drawn.population_bytes,
        compared=0,
        compared_bytes=0,
        strata=drawn.strata,
        at_most_ppm=at_most_ppm(strata) if drawn.seed else None,
    )
