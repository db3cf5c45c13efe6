"""Makes what works with the workbench, out of one launcher."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from drverify.adapters.workbench.adapting import GuestfsWorkbench
from drverify.adapters.workbench.inspecting import WorkbenchInspector
from drverify.adapters.workbench.launching import Launcher
from drverify.adapters.workbench.rebuilding import GuestfsRebuilder
from drverify.model.recovery import SecretRef

CACHE = "workbench"
"""Directory below the state directory, with the appliance."""


def launcher(state: Path, tcg: Callable[[], Awaitable[bool]]) -> Launcher:
    """A launcher whose appliance is kept below `state`; `tcg` says whether KVM is of no use here."""
    return Launcher(state / CACHE, tcg)


def inspector(
    state: Path,
    tcg: Callable[[], Awaitable[bool]],
    secret: Callable[[SecretRef], bytes],
    note: Callable[[str], None],
) -> WorkbenchInspector:
    """The Inspector port."""
    return WorkbenchInspector(launcher(state, tcg), secret, note)


def workbench(state: Path, tcg: Callable[[], Awaitable[bool]]) -> GuestfsWorkbench:
    """The Workbench port."""
    return GuestfsWorkbench(launcher(state, tcg))


def rebuilder(state: Path, tcg: Callable[[], Awaitable[bool]]) -> GuestfsRebuilder:
    """The Rebuilder port."""
    return GuestfsRebuilder(launcher(state, tcg))
