"""Disks that are carried to a host which keeps them by itself, before its guest is started from them.

The time that it takes is recovery time, and no phase of its own: a system is not restored before its disks
lie where it runs. It counts to the phase that works on the disks last: restore, rebuild or adapt.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from drverify.engine.ports import Progress
from drverify.engine.recovering import GuestWay, Loaded, Standing, Wanted
from drverify.engine.taking import TakingSandbox
from drverify.model.layout import Rework

Work = Callable[[timedelta, Progress], Awaitable[tuple[Rework, ...]]]


async def handing(standing: Standing, way: GuestWay) -> Standing:
    """The same way to restore, and what was restored carried to the host where that has to be.

    HostError when the host would not take it: asked before anything is restored.
    """
    sandbox = standing.sandbox
    if not way.opens or not isinstance(sandbox, TakingSandbox):
        return standing
    await sandbox.check_way_in()

    async def restore(wanted: Wanted) -> Loaded:
        loaded = await standing.restore(wanted)

        def followed(work: Work) -> Work:
            async def done(within: timedelta, progress: Progress) -> tuple[Rework, ...]:
                reworks = await work(within, progress)
                await sandbox.take(loaded.disks, stall=wanted.stall, progress=progress)
                return reworks

            return done

        if loaded.adapt is not None:
            return replace(loaded, adapt=followed(loaded.adapt))
        if loaded.rebuild is not None:
            return replace(loaded, rebuild=followed(loaded.rebuild))
        await sandbox.take(loaded.disks, stall=wanted.stall, progress=wanted.progress)
        return loaded

    return Standing(sandbox=sandbox, restore=restore, keeps=True)
