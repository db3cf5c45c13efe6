"""Who works on restored disks: made out of the table when they are asked for, as `compose` makes the rest."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from drverify.adapters import table
from drverify.engine.preparing import Inspector, Rebuilder, Workbench
from drverify.model.recovery import SecretRef


class Workbenches:
    """Below one state directory, where the appliance is kept."""

    def __init__(self, state: Path, secret: Callable[[SecretRef], bytes]) -> None:
        self._state = state
        self._secret = secret

    def inspector(self, note: Callable[[str], None]) -> Inspector:
        """Reads restored disks; `note` is told what it reads."""
        made: Inspector = table.load(table.WORKBENCHES, "inspector", "workbench")(
            self._state, self.wants_tcg, self._secret, note
        )
        return made

    def rebuilder(self) -> Rebuilder:
        """Puts machines together out of restored files."""
        made: Rebuilder = table.load(table.WORKBENCHES, "rebuilder", "workbench")(self._state, self.wants_tcg)
        return made

    def workbench(self) -> Workbench:
        """Makes restored systems ready for other hardware."""
        made: Workbench = table.load(table.WORKBENCHES, "workbench", "workbench")(self._state, self.wants_tcg)
        return made

    async def wants_tcg(self) -> bool:
        """Whether QEMU had better not use KVM on this machine."""
        module = import_module("drverify.adapters.libvirt.acceleration")  # when a workbench starts
        return bool(await module.wants_tcg(self._state))
