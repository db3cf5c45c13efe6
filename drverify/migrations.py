"""Composes the verification of a migration: plan and workshop in, wired ports out; keeps what comes of it.

migrations/<id>/plan.yaml             the plan as it was read
               decision.dsse.json     what was found and decided, signed
               decision.json          the same for programs, unsigned
               decision.html          the same for people
               drills/<drill id>/     the drills of the way back
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from drverify.adapters import table
from drverify.adapters.clock import SystemClock
from drverify.adapters.doors.inventory import load_groups
from drverify.adapters.doors.migration import PlanFile, baseline_findings
from drverify.adapters.probes.prober import TableProber
from drverify.adapters.producing import vantage_in
from drverify.adapters.returned import ReturnedDisk
from drverify.adapters.storage.drills import EVIDENCE, DrillDirectory
from drverify.adapters.storage.durable import state_access, write_durably
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded, Order, new_drill_id
from drverify.engine.drills.hardware import order_on
from drverify.engine.migration.migrating import verify_plan
from drverify.engine.migration.moving import target_drill
from drverify.engine.migration.surveying import Source
from drverify.engine.migration.wiring import MigrationPorts
from drverify.engine.ports import Guest, ProbeScope, Progress
from drverify.engine.recovering import way_of
from drverify.engine.wiring import DrillPorts
from drverify.errors import EvidenceError, InputError
from drverify.model.drill import DrillId
from drverify.model.evidence import TrustedKey
from drverify.model.group import Member
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import (
    CutoverGroup,
    Decided,
    MigrationFacts,
    MigrationId,
    MigrationPlan,
    Moved,
    TargetDrill,
)
from drverify.model.recovery import Workload
from drverify.sealing import migration as sealing
from drverify.sealing.agreed import sha256_of
from drverify.settings import Settings

PLAN, DECISION, DATA, PAGE = "plan.yaml", "decision.dsse.json", "decision.json", "decision.html"
MOST_EARLIER = 20
"""Earlier drills that are looked at, newest first."""


class PlannedWorkshop(Workshop):
    """The workshop in which the plan's systems stand on another host, proven as the plan says."""

    def __init__(self, settings: Settings, plan: MigrationPlan, host: str) -> None:
        super().__init__(settings)
        self._plan = plan
        self._host = host

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """The inventory's, those of the plan changed."""
        moved = {one.workload: one for one in self._plan.systems}
        return tuple(
            self._placed(one, moved[one.name]) if one.name in moved else one
            for one in Workshop(self.settings).workloads
        )

    def _placed(self, one: Workload, moved: Moved) -> Workload:
        return replace(one, host=self._host, playbook=moved.validation or one.playbook)


class Migrations:
    """Migrations of one workshop."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self.path = workshop.state_dir / "migrations"

    def check(self, file: PlanFile) -> dict[str, Order]:
        """See that the plan fits the settings and the inventory; the drills on the target, by workload.

        InputError for everything that does not.
        """
        plan, settings = file.plan, self._workshop.settings
        if settings.signing.redact:
            raise InputError(
                "a migration's decision names systems and addresses, and the settings hide them",
                hint="verify migrations with settings without signing.redact",
            )
        for name in (plan.target.host, plan.rollback.host):
            self._workshop.host(name)
        for group in plan.groups:
            members_of(self._workshop, group)
        target = PlannedWorkshop(settings, plan, plan.target.host)
        orders = {one.workload: _order(target, one, plan.target.hardware) for one in plan.systems}
        found = [
            f"{file.path}: {one.workload}: {text}"
            for one in plan.systems
            for text in baseline_findings(one.source, orders[one.workload].playbook)
        ]
        if found:
            raise InputError("\n".join(found))
        return orders

    async def verify(
        self, file: PlanFile, progress: Progress, named: Callable[[str], Progress]
    ) -> tuple[MigrationFacts, Path]:
        """Verify the plan; the facts, and the directory with the signed decision. Errors of the ports.

        `named` tells the progress of the system of that name, where several are drilled at once.
        """
        self.check(file)
        plan = file.plan
        migration = MigrationId(new_drill_id(SystemClock().utc()))
        directory = self.path / migration
        with state_access(f"make {directory}"):
            directory.mkdir(mode=0o700, parents=True)
        write_durably(directory / PLAN, file.content)
        hardware = self._hardware(plan)
        signer = self._workshop.signer()
        ports = _Wiring(self._workshop, plan, directory, named).ports(progress)
        facts = await verify_plan(plan, file.sha256, migration, hardware, ports)
        write_durably(directory / DECISION, sealing.seal(facts, signer))
        return facts, directory

    def keep(self, directory: Path, data: str, page: str) -> None:
        """Write the decision for programs and for people. HostError when it cannot be written."""
        write_durably(directory / DATA, data.encode())
        write_durably(directory / PAGE, page.encode())

    def directory(self, named: str) -> Path:
        """Where a finished migration lies: by its id, or as a path. InputError when there is none."""
        for path in (self.path / named if "/" not in named else Path(named), Path(named)):
            if (path / DECISION).is_file():
                return path
        raise InputError(f"no finished verification of a migration: {named!r}", hint=f"look into {self.path}")

    def show(
        self, directory: Path, keys: Sequence[TrustedKey]
    ) -> tuple[MigrationFacts, Decided, Sequence[DrillId]]:
        """Read a decision and check it: signature, facts, the plan beside it, the evidence that is here.

        Also the drills whose evidence is not here. EvidenceError when it does not hold.
        """
        facts, decided = sealing.verify((directory / DECISION).read_bytes(), keys)
        plan = directory / PLAN
        if plan.is_file() and sha256_of(plan.read_bytes()) != facts.plan_sha256:
            raise EvidenceError(f"{plan} is not the plan that was verified")
        drills = [one for system in facts.systems for one in system.drills]
        return facts, decided, [one.drill for one in drills if not self._agrees(one)]

    def _agrees(self, one: TargetDrill) -> bool:
        """Whether the drill's evidence is here; EvidenceError when it is other, or says other things.

        Whether its result was logged is not in it, and not compared.
        """
        evidence = self._workshop.drills.path / one.drill / EVIDENCE
        if not evidence.is_file():
            return False
        if sha256_of(evidence.read_bytes()) != one.evidence:
            raise EvidenceError(f"{evidence} is not the evidence that was decided upon")
        done = self._workshop.sealed(one.drill)
        if done is None or replace(target_drill(done, earlier=one.earlier), logged=one.logged) != one:
            raise EvidenceError(f"{evidence} does not say what the decision says of it")
        return True

    def _hardware(self, plan: MigrationPlan) -> HardwareProfile | None:
        return self._workshop.hardware.load(plan.target.hardware) if plan.target.hardware else None


class _Wiring:
    """The ports of one verification."""

    def __init__(
        self, workshop: Workshop, plan: MigrationPlan, directory: Path, named: Callable[[str], Progress]
    ) -> None:
        self._plan = plan
        self._named = named
        self._here = workshop
        self._target = PlannedWorkshop(workshop.settings, plan, plan.target.host)
        self._back_there = PlannedWorkshop(workshop.settings, plan, plan.rollback.host)
        self._store = DrillDirectory(directory / "drills", lambda: ())

    def ports(self, progress: Progress) -> MigrationPorts:
        """Wire them."""

        def told(name: str) -> Progress:
            return self._named(name) if self._plan.group_of(name).dependencies else progress

        async def ports(order: Order) -> DrillPorts:
            return await self._target.ports(order, told(order.workload.name))

        async def back(moved: Moved, disk: Path) -> tuple[Order, DrillPorts]:
            return await self._back(moved, disk, told(moved.workload))

        return MigrationPorts(
            clock=SystemClock(),
            progress=progress,
            signer=self._here.signer(),
            rooms=self._here.rooms,
            store=self._store,
            order=lambda moved: _order(self._target, moved, self._plan.target.hardware),
            members=lambda group: members_of(self._here, group),
            ports=ports,
            back=back,
            source=self._source,
            history=self._history,
        )

    async def _back(self, moved: Moved, disk: Path, progress: Progress) -> tuple[Order, DrillPorts]:
        """A drill of the returned disk where the source's platform is stood for."""
        order = _order(self._back_there, moved, "")
        ports = await self._back_there.ports(order, progress)
        source = ReturnedDisk(disk, moved.workload, SystemClock().utc())
        way = way_of(order.workload.payload, source, ports.host, name="returned")
        return order, replace(
            ports, source=source, way=way, store=self._store, log=None, stamps=None, disclosures=None
        )

    @asynccontextmanager
    async def _source(self, moved: Moved) -> AsyncIterator[Source]:
        """The running source; what questions left open is closed when the context ends."""
        prober = TableProber()
        agent = self._agent(moved.source.domain)
        scope = ProbeScope(
            guest=agent, console=lambda: b"", files=None, secret=self._here.secret, lasting=True
        )
        async with vantage_in(moved.source.namespace) as vantage:
            try:
                yield Source(vantage=vantage, prober=prober, scope=scope)
            finally:
                await vantage.run(prober.hang_up)

    @staticmethod
    def _agent(domain: str) -> Guest | None:
        """The agent of a running guest on this machine; None for a source that is asked over SSH."""
        if not domain:
            return None
        made: Guest = table.load(table.AGENTS, "libvirt", "guest")(domain)
        return made

    def _history(self, order: Order, members: tuple[Member, ...]) -> Sequence[Concluded]:
        """Earlier drills of the system that were run there just so, by evidence of our own key."""
        found: list[Concluded] = []
        for entry in self._here.drills.entries():
            if entry.workload != order.workload.name or entry.outcome not in {"recovered", "failed"}:
                continue
            with suppress(EvidenceError):  # of another version of drverify: it counts for nothing here
                done = self._here.sealed(entry.drill_id)
                if done is not None and self._is_same(done, order, members):
                    found.append(done)
            if len(found) == MOST_EARLIER:
                break
        return found

    def _is_same(self, done: Concluded, order: Order, members: tuple[Member, ...]) -> bool:
        there, wanted = done.plan.workload, order.workload
        return (
            done.plan.mode == order.mode
            and done.plan.hardware == order.hardware
            and self._here.settings.host_of(there.host) == wanted.host
            and there.payload == wanted.payload
            and done.plan.playbook == order.playbook
            and (done.plan.group.members if done.plan.group is not None else ()) == members
        )


def members_of(workshop: Workshop, group: CutoverGroup) -> tuple[Member, ...]:
    """The dependency group that a cut-over group is drilled as; none: it is drilled as none.

    InputError when the inventory has none of that name, or one of other systems.
    """
    if not group.dependencies:
        return ()
    known = load_groups(workshop.settings.path(workshop.settings.inventory))
    found = next((one for one in known if one.name == group.dependencies), None)
    if found is None:
        names = ", ".join(sorted(one.name for one in known)) or "none"
        raise InputError(f"no group {group.dependencies!r} in the inventory", hint=f"known are: {names}")
    if (own := sorted(one.workload for one in found.members)) != sorted(group.workloads):
        raise InputError(
            f"group {group.name} of the plan has other systems than group {found.name} of the inventory, "
            f"which is {', '.join(own)}",
            hint="what depends on each other is cut over together: name all, or leave out `dependencies`",
        )
    return found.members


def _order(workshop: Workshop, moved: Moved, hardware: str) -> Order:
    order = workshop.order(moved.workload, requested_point="latest", mode="full", keep=False)
    return order_on(workshop.hardware.load(hardware), order) if hardware else order
