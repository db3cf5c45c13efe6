"""A machine that comes back from a backup of its files: laid out, filled, then made to start."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from drverify.engine.drills.scene import Scene
from drverify.engine.ports import DiskSource, Progress, Room, SandboxHost, SandboxSpec
from drverify.engine.preparing import Rebuilder, TreeSource
from drverify.engine.recovering import (
    GuestWay,
    Loaded,
    Opened,
    Standing,
    Wanted,
    Way,
    require_taking,
    way_of,
)
from drverify.engine.sources import RecoverySource
from drverify.errors import InputError
from drverify.model.drill import PhaseName
from drverify.model.layout import Rework
from drverify.model.obligation import Mode
from drverify.model.recovery import GuestShape, Payload, RecoveryPoint, SystemFiles
from drverify.planning.hardware import drives


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildWay(GuestWay):
    """Empty disks, the files of a point, and what makes them start; the inventory states the machine."""

    source: TreeSource
    host: SandboxHost
    payload: SystemFiles
    rebuilder: Rebuilder

    async def describe(self, point: RecoveryPoint) -> None:
        """Nothing: the inventory says it all."""
        del point

    def shape(self, described: object) -> GuestShape:
        """The inventory's."""
        del described
        return self.payload.guest

    async def stand(self, stack: AsyncExitStack, spec: SandboxSpec, room: Room) -> Standing:
        """Lay out and fill the disks in the room; they stay on the bench until the machine is rebuilt."""
        on_bench = await stack.enter_async_context(AsyncExitStack())
        disks = [room.directory / f"{disk.name}.raw" for disk in drives(self.payload.guest)]

        async def restore(wanted: Wanted) -> Loaded:
            laid_out = await on_bench.enter_async_context(
                self.rebuilder.lay_out(
                    disks, self.payload.guest, self.payload.layout, scope=room.scope, directory=room.directory
                )
            )
            restored = await laid_out.fill(
                self.source, wanted.point, self.payload.path, stall=wanted.stall, progress=wanted.progress
            )

            async def rebuild(within: timedelta, progress: Progress) -> tuple[Rework, ...]:
                rebuilt = await laid_out.rebuild(within=within, progress=progress)
                await on_bench.aclose()  # what was written is on the disks from here on
                return rebuilt.reworks

            ready = tuple(DiskSource(path=path, format="raw") for path in disks)
            return Loaded(disks=ready, restored=restored, rebuild=rebuild)

        sandbox = await stack.enter_async_context(self.host.sandbox(spec, room.scope))
        return Standing(sandbox=sandbox, restore=restore)

    @property
    def opens(self) -> bool:
        """Yes: no host would rebuild a machine by itself."""
        return True

    async def opened(self, stack: AsyncExitStack, room: Room, point: RecoveryPoint) -> Opened:
        """InputError: files have to be put onto disks first."""
        del stack, room, point
        raise _not_in_place()


def way_for(
    payload: Payload,
    source: RecoverySource,
    host: SandboxHost,
    *,
    name: str,
    mode: Mode,
    rebuilder: Callable[[], Rebuilder],
) -> Way:
    """Choose the way, as `way_of`, also of a machine that is rebuilt from its files."""
    if not isinstance(payload, SystemFiles):
        return way_of(payload, source, host, name=name, mode=mode)
    if mode == "instant":
        raise _not_in_place()
    if not isinstance(source, TreeSource):
        raise InputError(
            f"source {name} cannot give the files of a system for a rebuild",
            hint="a rebuild needs a source that holds files, such as restic",
        )
    require_taking(host, mode)
    return RebuildWay(source=source, host=host, payload=payload, rebuilder=rebuilder())


async def rebuilt(scene: Scene, loaded: Loaded, progress: Progress) -> None:
    """Rebuild what was restored, where it has to be, as a phase of its own."""
    if loaded.rebuild is None:
        return
    with scene.recorder.measured(PhaseName.REBUILD):
        scene.reworks += await loaded.rebuild(scene.plan.playbook.limits.drill, progress)


def _not_in_place() -> InputError:
    return InputError(
        "a machine that is rebuilt from its files cannot be started where they lie",
        hint="leave out --mode instant for this workload",
    )
