"""Whether restored disks can be looked into here: by starting the workbench, without a disk of anybody's."""

import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from drverify.adapters.workbench.factory import launcher
from drverify.adapters.workbench.launching import INSTALL
from drverify.checkup.findings import Finding
from drverify.compose import Workshop
from drverify.engine.ports import SandboxId
from drverify.errors import HostError

WHAT = "workbench"
WITHIN = timedelta(minutes=3)
"""The first start on a machine makes the appliance."""


class _Unwritten:
    """No ledger: what is started here ends with us, at the latest when we are killed."""

    sandbox_id = SandboxId("00000000")
    tag = "drverify:00000000"

    def opening(self, kind: str, name: str, **facts: str) -> None:
        """Nothing."""

    def closed(self, kind: str, name: str) -> None:
        """Nothing."""


async def workbench(workshop: Workshop) -> Finding:
    """Start libguestfs once and ask it who it is. Needed to inspect, rebuild and adapt restored systems."""
    state = workshop.state_dir
    try:
        state.mkdir(mode=0o711, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="doctor-", dir=state) as directory:
            begun = time.monotonic()
            bench = launcher(state, workshop.workbenches.wants_tcg)
            async with bench.opened(
                [], scope=_Unwritten(), directory=Path(directory), within=WITHIN
            ) as running:
                found = await running.ask("versions", within=WITHIN)
                took = time.monotonic() - begun
    except (HostError, OSError) as error:
        mend = (error.hint if isinstance(error, HostError) else "") or INSTALL
        return Finding(
            what=WHAT,
            state="warn",
            seen=f"none: restored disks cannot be inspected, rebuilt or adapted ({error})",
            mend=mend,
        )
    seen = f"libguestfs {found['libguestfs']}, kernel {found['kernel']}, started in {took:.1f} s"
    return Finding(what=WHAT, state="ok", seen=seen)
