"""A drill that may use nothing but the escrow, and the statement of what that took."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from drverify import own_keys
from drverify.adapters.clock import SystemClock
from drverify.adapters.doors.cold import load_cold
from drverify.adapters.signing.reference import PublicSigner
from drverify.adapters.storage.controls import keep_beside
from drverify.adapters.storage.durable import inner_directory, state_access
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.drills.stepping import Operator
from drverify.engine.ports import Progress
from drverify.engine.trials.cold import Escrow, EscrowError
from drverify.engine.wiring import DrillPorts, Fence
from drverify.judging.objectives import recovered
from drverify.model.agreement import Sha256
from drverify.model.cold import COLD_TYPE, ColdResult
from drverify.model.recovery import BESIDE, FileSet, SecretRef
from drverify.operation.drilling import drilled
from drverify.sealing.beside import signed
from drverify.settings import Settings

FOLDER = "cold"
LEFT = ("PATH", "LANG", "LC_ALL", "TERM", "TZ")
"""What is left of the environment; HOME is a new, empty directory: no cache and no key ring is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStarted:
    """A drill from nothing but the escrow."""

    concluded: Concluded
    result: ColdResult
    statement: Path


class _Cold(Workshop):
    """The workshop as it is in a disaster. What signs is ours, not the recovery's, and in no escrow."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        super().__init__(settings)
        self._environ = environ
        self.escrow: Escrow | None = None

    def secret(self, ref: SecretRef) -> bytes:
        """The escrow's copy. EscrowError when it has none."""
        if self.escrow is None:
            return super().secret(ref)
        return self.escrow.secret(ref)

    def signer(self) -> PublicSigner:
        """The key that signs evidence, as on any day."""
        with environment(self._environ):
            return own_keys.runner(self.settings, super().secret)

    def log(self) -> DirectoryLog | None:
        """The log, whose key is ours, too."""
        with environment(self._environ):
            return super().log()

    def copy(self, ref: SecretRef) -> bytes:
        """What lies where the escrow says. InputError when nothing does."""
        return super().secret(ref)

    async def ports(self, order: Order, progress: Progress, operator: Operator | None = None) -> DrillPorts:
        """Wire a drill's ports; files for steps come from the escrow."""
        ports = await super().ports(order, progress, operator)
        return ports if self.escrow is None else replace(ports, put=self.escrow.put(ports.put))

    def playbook_path(self, order: Order) -> Path:
        """Where the order's playbook lies."""
        return self._playbook_path(order.workload)


@contextmanager
def environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Give this process another environment for as long as the context lasts."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def cold_drill(
    workshop: Workshop,
    order: Order,
    progress: Progress,
    *,
    slot: str = "",
    operator: Operator | None = None,
    fence: Fence | None = None,
) -> ColdStarted:
    """Drill the order with the escrow alone, and sign what was asked of it.

    A key that is missing is a fault of the drill: UNPROVEN, never the provider's breach. InputError when the
    playbook does not say what lies in escrow; other errors as `operation.drilling.drilled`.
    """
    environ = dict(os.environ)
    cold = _Cold(workshop.settings, environ)
    stated = load_cold(cold.playbook_path(order), dict(order.workload.variables))
    escrow = Escrow(stated, cold.copy)
    cold.escrow = escrow
    home = cold.state_dir / FOLDER / "home"
    left = {name: environ[name] for name in LEFT if name in environ} | {"HOME": str(home)}
    _empty(home)
    _look_beside(order, escrow, progress)
    with environment(left):
        concluded = await drilled(cold, order, progress, slot=slot, operator=operator, fence=fence)
    _empty(home, again=False)
    result = ColdResult(
        drill=concluded.plan.drill_id,
        agreement=concluded.register.agreement.id,
        workload=order.workload.name,
        at=SystemClock().utc(),
        evidence=_digest(concluded.evidence),
        escrow=stated,
        asked=escrow.asked,
        environment=tuple(sorted(left)),
        recovered=recovered(concluded.plan, concluded.record),
    )
    statement = await asyncio.to_thread(_kept, cold, result)
    return ColdStarted(concluded=concluded, result=result, statement=statement)


def _look_beside(order: Order, escrow: Escrow, progress: Progress) -> None:
    """A manifest on this machine is used, too; one that is not in escrow is told, and the drill goes on."""
    payload = order.workload.payload
    if isinstance(payload, FileSet) and payload.manifest.startswith(BESIDE):
        try:
            escrow.check_path(Path(payload.manifest.removeprefix(BESIDE)))
        except EscrowError as error:
            progress.note(str(error))


def _empty(home: Path, *, again: bool = True) -> None:
    """A home directory with nothing in it; or none any more. HostError when that cannot be done."""
    with state_access(f"clear {home}"):
        shutil.rmtree(home, ignore_errors=True)
        if again:
            inner_directory(home.parent)
            home.mkdir(mode=0o700)


def _digest(evidence: Path) -> Sha256:
    return Sha256(hashlib.sha256(evidence.read_bytes()).hexdigest())


def _kept(workshop: Workshop, result: ColdResult) -> Path:
    signer = workshop.signer()
    name = f"cold start of {result.workload}"
    envelope = signed(COLD_TYPE, name, result, keyid=signer.keyid, sign=signer.sign)
    return keep_beside(workshop.state_dir / FOLDER / f"{result.drill}.dsse.json", envelope)
