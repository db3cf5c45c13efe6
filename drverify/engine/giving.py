"""The port of sandboxes whose host gives the disk of a guest back: what the way back of a migration needs."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from drverify.engine.ports import Sandbox


@runtime_checkable
class GivingSandbox(Sandbox, Protocol):
    """A sandbox out of which a disk comes back."""

    async def give_back(self, into: Path) -> int:
        """Write the disk of the guest, which has been up and is off now, to the new file `into`.

        Raw and sparse; returns its size in bytes. HostError when the guest has not exactly one disk or the
        host cannot do it, DefectError when what the host handed over is damaged on the way. `into` is whole,
        or not there. What was made on the way is gone when the sandbox ends.
        """
