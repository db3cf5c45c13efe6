"""A drill of a machine: restore its disk, boot it where it can reach nothing, probe it."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta

from drverify.engine.drills.asking import asker, lives
from drverify.engine.drills.configuring import checked, configured, its_turn, leaked
from drverify.engine.drills.handing import handing
from drverify.engine.drills.hardware import adapted
from drverify.engine.drills.inspecting import Inspecting
from drverify.engine.drills.probing import Probing
from drverify.engine.drills.rebuilding import rebuilt
from drverify.engine.drills.returning import ask_back
from drverify.engine.drills.scene import Scene
from drverify.engine.drills.staging import staged
from drverify.engine.drills.vigil import Ending, Vigil, Watch
from drverify.engine.pacing import deadline
from drverify.engine.ports import DiskSource, Room, Sandbox, SandboxSpec
from drverify.engine.recovering import GuestWay, Loaded, Standing, Wanted
from drverify.engine.sources import Described, OpenedImage, Restored
from drverify.engine.visiting import Visit
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, DrverifyError, GuestError, HostError, IsolationError, SourceError
from drverify.model.challenge import in_words
from drverify.model.drill import IsolationCheck, IsolationRecord, PhaseName, RestoreFacts
from drverify.model.duration import whole_ms_up
from drverify.model.playbook import ProbeSpec
from drverify.model.recovery import RecoveryPoint

SHOWN_WITHIN = timedelta(seconds=15)


class GuestDrill:
    """One machine's drill; `run` enters everything it takes into the caller's exit stack."""

    def __init__(self, scene: Scene, ports: DrillPorts, way: GuestWay) -> None:
        self._scene = scene
        self._ports = ports
        self._way = way
        self._probes = scene.plan.playbook.probes
        self._limits = scene.plan.playbook.limits
        self._described: Described | None = None
        self._opened_image: OpenedImage | None = None
        self._look: asyncio.Task[IsolationRecord] | None = None
        """The look at the isolation while the guest runs."""
        self._asking: asyncio.Task[None] | None = None
        """The question for the challenge, asked while the probes settle."""
        self.visit = Visit(ports.visitor, ports.progress)

    async def run(self, stack: AsyncExitStack, point: RecoveryPoint) -> None:
        """Restore, boot and probe; facts go into the scene, errors to the caller."""
        self._scene.recorder.phase = PhaseName.PROVISION  # a fault from here on is none of the listing
        room = await stack.enter_async_context(self._ports.rooms.lend(self._scene.plan.drill_id))
        if self._scene.plan.mode == "instant":
            disks, standing, probing = await self._instantly(stack, room, point)
        else:
            standing, probing = await self._provisioned(stack, room, point)
            disks = await self._restored_beside_checks(standing, probing, point)
        if await its_turn(self._scene, self._ports):
            inspecting = Inspecting(self._scene, self._ports)
            disks = await inspecting.begun(stack, disks, self._way.shape(self._described), room)
            disks = standing.left(disks)
            await self._proved(standing.sandbox, probing, disks)
            await inspecting.concluded()
            self.visit.proven(probing, standing.sandbox)
        if self._scene.keep_sandbox:
            standing.sandbox.keep()
            room.keep()
            self._scene.kept = True

    async def _instantly(
        self, stack: AsyncExitStack, room: Room, point: RecoveryPoint
    ) -> tuple[tuple[DiskSource, ...], Standing, Probing]:
        """Give the guest its disk where it lies; nothing is checked later than its first instruction."""
        opened = await self._opened(stack, room, point) if self._way.opens else None
        standing, probing = await self._provisioned(stack, room, point)
        with self._scene.recorder.measured(PhaseName.ISOLATE):
            await self._checked(standing.sandbox, probing)
        if opened is not None:
            return opened, standing, probing
        with self._scene.recorder.measured(PhaseName.RESTORE):
            return (await self._restored(standing, point)).disks, standing, probing

    async def _provisioned(
        self, stack: AsyncExitStack, room: Room, point: RecoveryPoint
    ) -> tuple[Standing, Probing]:
        with self._scene.recorder.measured(PhaseName.PROVISION):
            async with deadline(self._limits.provision, "making the sandbox"):
                self._described = await self._way.describe(point)
                if self._described is not None:
                    self._scene.machine = self._described.machine
                    self._scene.keep(self._described.statement)
                standing = await handing(await self._way.stand(stack, self._spec(room), room), self._way)
        sandbox = standing.sandbox
        self._scene.ways_in = sandbox.ways_in
        return standing, asker(self._scene, self._ports, sandbox)

    def _spec(self, room: Room) -> SandboxSpec:
        plan = self._scene.plan
        return SandboxSpec(
            id=room.scope.sandbox_id,
            drill_id=plan.drill_id,
            workload=plan.workload.name,
            guest=self._way.shape(self._described),
            dns=plan.playbook.dns,
            challenge=plan.challenge,
            directory=room.directory,
        )

    async def _restored_beside_checks(
        self, standing: Standing, probing: Probing, point: RecoveryPoint
    ) -> tuple[DiskSource, ...]:
        """Restore while isolation and controls are looked at, so that these cost no recovery time."""
        checks = asyncio.create_task(self._checked(standing.sandbox, probing))
        try:
            with self._scene.recorder.measured(PhaseName.RESTORE):
                loaded = await self._restored(standing, point)
            await rebuilt(self._scene, loaded, self._ports.progress)
            await adapted(self._scene, loaded, self._ports.progress)
            with self._scene.recorder.measured(PhaseName.ISOLATE):
                await checks
        finally:
            checks.cancel()
            await asyncio.gather(checks, return_exceptions=True)
        return loaded.disks

    async def _restored(self, standing: Standing, point: RecoveryPoint) -> Loaded:
        mode = self._scene.plan.mode
        cache = await self._ports.source.cache_state()
        wanted = Wanted(
            point=point,
            described=self._described,
            mode=mode,
            stall=self._limits.restore_stall,
            progress=self._ports.progress,
        )
        try:
            loaded = await standing.restore(wanted)
        except Exception:
            if not self._way.opens:
                await self._shown_why(standing.sandbox)
            raise
        self._scene.deviates(loaded.restored.deviations)
        self._scene.reworks += loaded.reworks
        self._scene.restore = restore_facts(loaded.restored, mode, cache)
        return loaded

    async def _shown_why(self, sandbox: Sandbox) -> None:
        """Keep what the host shows of a restore of its own that failed; not to have it is no second fault."""
        with suppress(DrverifyError, OSError):
            async with deadline(SHOWN_WITHIN, "collecting what shows why"):
                for blob in await sandbox.collect():
                    self._scene.keep(blob)

    async def _opened(
        self, stack: AsyncExitStack, room: Room, point: RecoveryPoint
    ) -> tuple[DiskSource, ...]:
        cache = await self._ports.source.cache_state()
        with self._scene.recorder.measured(PhaseName.RESTORE):
            opened = await self._way.opened(stack, room, point)
        self._opened_image = opened.image
        self._scene.restore = RestoreFacts(
            mode="instant",
            restored_bytes=opened.image.path.stat().st_size,
            allocated_bytes=0,
            read_bytes=opened.image.read_bytes(),
            files=1,
            cache=cache,
        )
        return opened.disks

    async def _checked(self, sandbox: Sandbox, probing: Probing) -> None:
        found, controls = await asyncio.gather(sandbox.isolation(), probing.controls(self._probes))
        self._scene.controls = controls
        self._looked("before", found)
        checked(self._ports)

    def _looked(self, when: str, found: IsolationRecord) -> None:
        self._scene.isolated(when, found)
        open_ones = [check for check in found.checks if not check.closed]
        if open_ones:
            how = "the sandbox is open: " + "; ".join(f"{check.name}: {check.detail}" for check in open_ones)
            leaked(self._ports, how)
            raise IsolationError(
                how,
                hint="the drill was stopped; look at the isolation checks in the evidence",
            )

    async def _proved(self, sandbox: Sandbox, probing: Probing, disks: Sequence[DiskSource]) -> None:
        try:
            try:
                await self._probed(sandbox, probing, disks)
                if self._scene.gave_up and (found := await self._examined()):
                    self._scene.recorder.failed(found)
            except Exception as error:  # noqa: BLE001 - recorded here, so that the look back follows
                await self._failed(error)
            finally:
                self._scene.probes = probing.results(self._probes)
                self._count_reads()
            await self._looked_back(sandbox)
        finally:
            for task in (self._look, self._asking):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)

    async def _failed(self, error: Exception) -> None:
        """Record the error, or what stood behind it: an image read in place that could not be read."""
        try:
            found = await self._examined() if isinstance(error, HostError) else None
        except asyncio.CancelledError:
            self._scene.recorder.failed(error)
            raise
        cause = found if isinstance(found, DefectError | SourceError) else error
        self._scene.recorder.failed(cause)

    async def _examined(self) -> DrverifyError | None:
        if self._opened_image is None:
            return None
        self._ports.progress.note("looking whether the backup, or the way to it, is why")
        return await self._opened_image.examine(stall=self._limits.restore_stall)

    async def _probed(self, sandbox: Sandbox, probing: Probing, disks: Sequence[DiskSource]) -> None:
        """Boot, and ask until everything required is healthy and settled, or nothing lives."""
        recorder = self._scene.recorder
        required = [spec for spec in self._probes if spec.required]
        first = [spec for spec in required if spec.kind == "boot"]
        shape = self._way.shape(self._described)
        if not await staged(self._scene, self._ports, sandbox, disks, shape):
            return
        watch = Watch(self._ports.clock, self._limits)
        async with AsyncExitStack() as stack:
            with recorder.measured(PhaseName.BOOT):
                await sandbox.load(disks)
                self._scene.planted(sandbox.planted())
                await sandbox.boot()
                await stack.enter_async_context(probing.connected())
                vigil = await stack.enter_async_context(Vigil(sandbox, probing, watch))
                vigil.ask(first)
                alive = self._lives(await vigil.until(lambda: probing.passing(first)))
            if alive and self._scene.plan.playbook.steps:
                with recorder.measured(PhaseName.CONFIGURE):
                    alive = self._lives(await vigil.during(configured(self._scene, self._ports, probing)))
            if alive:
                with recorder.measured(PhaseName.APPLICATION):
                    vigil.ask([spec for spec in self._probes if spec not in first])
                    alive = self._lives(await vigil.until(lambda: probing.passing(required)))
            if alive:
                with recorder.measured(PhaseName.PROBE):
                    self._look = asyncio.create_task(sandbox.isolation())  # while nothing but time passes
                    self._asking = asyncio.create_task(self._challenged(sandbox, probing))
                    await self._settled(vigil, probing, required)
                    if self._ports.companion is not None and probing.settled(required):
                        self._ports.companion.healthy()
                await self._asking  # over the probes' own connections, so before these are closed
                await self.visit.looked(probing)

    async def _challenged(self, sandbox: Sandbox, probing: Probing) -> None:
        plan = self._scene.plan
        if plan.challenge:
            self._scene.challenge = await ask_back(
                plan.challenge,
                plan.playbook,
                sandbox.planted(),
                probing,
                offset=self._scene.recorder.offset,
                keep=self._scene.keep,
            )
            self._ports.progress.note(f"challenge: {in_words(self._scene.challenge)}")

    async def _settled(self, vigil: Vigil, probing: Probing, required: Sequence[ProbeSpec]) -> None:
        while self._lives(await vigil.until(lambda: probing.settled(required))):
            if stale := probing.stale(self._probes):
                await probing.once(stale)
            if probing.settled(required):
                break

    def _lives(self, ending: Ending | None) -> bool:
        return lives(self._scene, self._ports, ending)

    async def _looked_back(self, sandbox: Sandbox) -> None:
        """Gather what shows how it went, whether it went well or not."""
        await self._measured_skew(sandbox)
        try:
            found = await (self._look or sandbox.isolation())
        except Exception as error:
            self._scene.isolated("during", _not_looked(error))
            raise
        else:
            self._looked("during", found)
        finally:
            for blob in await sandbox.collect():
                self._scene.keep(blob)
            self._scene.counted(await sandbox.counters())
            self._scene.dependencies = await sandbox.dependencies()

    def _count_reads(self) -> None:
        """Of an instant restore it is known only now how much of the backup the guest needed."""
        if self._opened_image is not None and self._scene.restore is not None:
            read = self._opened_image.read_bytes()
            self._scene.restore = replace(self._scene.restore, read_bytes=read)

    async def _measured_skew(self, sandbox: Sandbox) -> None:
        try:
            before = self._ports.clock.utc()
            theirs = await sandbox.guest.utc()
            after = self._ports.clock.utc()
        except (GuestError, TimeoutError) as error:
            self._ports.progress.note(f"the guest's clock was not measured: {error}")
            return
        self._scene.guest_clock_skew = whole_ms_up(theirs - (before + (after - before) / 2))


def restore_facts(restored: Restored, mode: str, cache: str) -> RestoreFacts:
    """Turn what a source says of its restore into facts of the record."""
    return RestoreFacts(
        mode="instant" if mode == "instant" else "full",
        restored_bytes=restored.logical_bytes,
        allocated_bytes=restored.allocated_bytes,
        read_bytes=restored.read_bytes,
        files=restored.files,
        cache="cold" if cache == "cold" else "warm" if cache == "warm" else "unknown",
    )


def _not_looked(error: Exception) -> IsolationRecord:
    """A look that failed shows nothing: not shown to be closed."""
    what = str(error).splitlines()[0] if str(error) else type(error).__name__
    return IsolationRecord(checks=(IsolationCheck(name="look", closed=False, detail=what),))
