"""Estates of one site with real signed evidence, for the pages: made in a second, no drill is run."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from drverify.adapters.board.database import Database
from drverify.adapters.desk.desk import TableDesk
from drverify.adapters.doors.contract import dump_contract
from drverify.adapters.signing.keyfile import KeyfileSigner, create
from drverify.model.account import Viewer
from drverify.model.agreement import AgreementId, Sha256
from drverify.model.booking import Action, Booking, BookingId, Live, LivePhase, Worker, WorkerId
from drverify.model.booking import Place as On
from drverify.model.contract import Contract
from drverify.model.controls import CONTROL_TYPE, ControlOutcome, ControlResult, ControlStatement, Damage
from drverify.model.drill import Artefact, DrillId, PhaseName
from drverify.model.immutability import IMMUTABILITY_TYPE, ImmutabilityResult, Tampering
from drverify.model.nights import Load, Room
from drverify.model.obligation import ObligationId
from drverify.model.quantity import Quantity
from drverify.model.verdict import Outcome
from drverify.operation.boarding import open_board, project
from drverify.operation.estate import Estate
from drverify.operation.opening import open_desk
from drverify.planning.selection import select
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed
from drverify.sealing.beside import signed
from drverify.web import pages
from drverify.web.pages.context import PageContext, context_of
from drverify.web.pages.router import pages_router
from tests.support import annexes, evidence, records
from tests.support.records import DAY, HOUR, MIN, SEC

STATIC = Path(pages.__path__[0]).parent / "static"
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SETTINGS = """\
state_dir = "state"
register = "agreement.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"

[signing]
key = "file:runner.key"

[sources.vault]
kind = "restic"
repository = "repository"
password = "file:password"

[hosts.alpha]
kind = "libvirt"
uri = "test:///default"

[hosts.beta]
kind = "libvirt"
uri = "test:///default"
"""
NIGHTS = """
[operation]
also = ALSO

[nights]
zone = "Europe/Berlin"
begins = "22:00"
ends = "06:00"

[nights.hosts.alpha]
memory_mib = 8192
at_once = 2

[nights.hosts.beta]
memory_mib = 4096
at_once = 1
"""
WORKLOAD = """\
  - name: {name}
    description: {description}
    source: vault
    host: {host}
    points: {{host: {name}}}
    playbook: linux-web
    protected_since: {since}
    payload:
      kind: disk-image
      path: /disk.raw
      guest: {{memory_mib: {memory}, vcpus: 2}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One agreement of the site: its directory, and who signs there."""

    root: Path
    agreed: Agreed
    signer: KeyfileSigner

    @property
    def drills(self) -> Path:
        """Where drills lie."""
        return self.root / "state" / "drills"

    def drill(
        self,
        workload: str,
        at: datetime,
        *,
        age: timedelta = 20 * MIN,
        slow: float = 1.0,
        closed: bool = True,
        picture: bool = False,
        tail: str = "000001",
        copy: str = "",
    ) -> DrillId:
        """Seal a drill of the workload, declared then: the age of its newest point, how slow it was.

        `copy`: the source of a further copy, which was drilled instead.
        """
        register = self.agreed.register(at)
        name = DrillId(f"{at:%Y%m%dT%H%M%SZ}-{tail}")
        asked = "copy" if copy else "latest"
        plan = records.plan(
            register,
            drill_id=name,
            workload=replace(
                records.workload(),
                name=workload,
                protected_since=NOW - 300 * DAY,
                source=copy or records.workload().source,
            ),
            requested_point=asked,
            incident_at=at,
            obligations=tuple(one.id for one in register.obligations if workload in one.scope),
            previous_success_at=at - 30 * DAY,
        )
        points = tuple(
            replace(records.point(0 * HOUR), id=f"{n:08x}", consistent_as_of=at - age - n * 50 * MIN)
            for n in (*range(204), 24 * 42)
        )
        phases, clock = [], timedelta(0)
        for one in records.phases():
            took = one.took * slow // SEC * SEC
            phases.append(replace(one, started=clock, took=took))
            clock += took
        base = records.record(
            drill_id=name,
            started_at=at + SEC,
            ended_at=at + SEC + clock + SEC,
            selection=select(points, asked, at, at + SEC),
            phases=tuple(phases),
        )
        last = phases[-1].started
        base = replace(
            base,
            probes=tuple(
                replace(
                    one,
                    started=last - 3 * SEC,
                    settled=last - 2 * SEC,
                    newest=at - age - SEC if one.newest else None,
                )
                for one in records.results()
            ),
        )
        if not closed:
            checks = tuple(replace(one, closed=False) for one in base.isolation.checks)
            base = replace(base, isolation=replace(base.isolation, checks=checks))
        screen = annexes.screen(f"{workload} login:") if picture else b""
        if screen:
            shown = Artefact(
                name="screen.png", sha256=_digest(screen), size_bytes=len(screen), media_type="image/png"
            )
            base = replace(base, artefacts=(*base.artefacts, shown))
        made = evidence.sealed(plan, base, self.agreed, by=self.signer)
        if screen:
            made.files[_digest(screen)] = screen
        directory = made.write(self.drills / name)
        (directory / "plan.json").write_bytes(codec.encode(plan))
        return name

    def control(
        self, workload: str, at: datetime, outcome: ControlOutcome, signer: KeyfileSigner | None = None
    ) -> None:
        """Sign what a control of the workload came to."""
        name = DrillId(f"{at:%Y%m%dT%H%M%SZ}-c00001")
        made = ControlResult(
            id=name,
            agreement=AgreementId(self.agreed.contract.id),
            workload=workload,
            kind="flipped-bit",
            outcome=outcome,
            why="the restored files differ from their manifest",
            at=at,
            damage=Damage(what="one bit of a pack file"),
            point=None,
            good_drill=None,
        )
        stated = ControlStatement(result=made, plan=None, record=None)
        self._beside(f"controls/{name}/control.dsse.json", CONTROL_TYPE, name, stated, signer or self.signer)

    def probe(self, at: datetime, outcome: Outcome) -> None:
        """Sign what an attempt to delete came to."""
        name = f"{at:%Y%m%dT%H%M%SZ}-1m0001"
        made = ImmutabilityResult(
            id=name,
            agreement=AgreementId(self.agreed.contract.id),
            workloads=(),
            source="vault",
            at=at,
            tampering=Tampering(mechanism="append-only REST server"),
            outcome=outcome,
            reason="all 3 attempts were refused",
            verdicts=(),
        )
        self._beside(f"immutability/{name}.dsse.json", IMMUTABILITY_TYPE, name, made, self.signer)

    def _beside(self, path: str, kind: str, name: str, stated: object, by: KeyfileSigner) -> None:
        whole = self.root / "state" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(signed(kind, name, stated, keyid=by.keyid, sign=by.sign))

    def begun(self, workload: str, at: datetime, tail: str = "0000ff") -> DrillId:
        """A drill that was begun, and of which nothing else is known."""
        register = self.agreed.register(at)
        name = DrillId(f"{at:%Y%m%dT%H%M%SZ}-{tail}")
        plan = records.plan(register, drill_id=name, workload=replace(records.workload(), name=workload))
        (self.drills / name).mkdir(parents=True)
        (self.drills / name / "plan.json").write_bytes(codec.encode(plan))
        return name


def _digest(content: bytes) -> Sha256:
    return records.digest(content)


_READ = {
    "one (1) hour": (1, "hour"),
    "thirty (30) Days": (30, "day"),
    "four (4) hours": (4, "hour"),
    "ninety-two (92) Days": (92, "day"),
}
"""The figures of `records` in the units that its text has, as a lock is held against it."""


def contract_for(name: str, title: str, customer: str, workloads: Sequence[str]) -> Contract:
    """The agreement of `records` under another name, for these workloads."""
    base, made = annexes.contract_for(workloads), []
    for one in base.provisions:
        if one.kind == "recovery_allowance":
            continue
        if one.figure is not None:
            value, unit = _READ[records.FIGURES[one.citation.section]]
            quantity = Quantity(value=Decimal(value), unit=unit)
            one = replace(one, figure=replace(one.figure, quantity=quantity))  # noqa: PLW2901
        made.append(one)
    return records.contract(
        id=name, title=title, parties=replace(base.parties, customer=customer), provisions=tuple(made)
    )


def place(root: Path, contract: Contract, *, hosts: Sequence[str] = ("alpha",), more: str = "") -> Place:
    """Lay an agreement out with its settings, inventory and key."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "drverify.toml").write_text(SETTINGS + more)
    (root / "agreement.lock.yaml").write_text(dump_contract(contract))
    (root / "agreement.md").write_bytes(records.DOCUMENT)
    names = sorted({name for one in contract.provisions for name in one.scope.systems})
    lines = [
        WORKLOAD.format(
            name=name,
            description=f"{name} of {contract.parties.customer}",
            host=hosts[number % len(hosts)],
            since=f"{NOW - 300 * DAY:%Y-%m-%dT%H:%M:%SZ}",
            memory=2048,
        )
        for number, name in enumerate(names)
    ]
    (root / "inventory.yaml").write_text("version: 1\nworkloads:\n" + "".join(lines))
    (root / "password").write_text("x\n")
    create(root / "runner.key")
    (root / "state" / "drills").mkdir(parents=True)
    return Place(root=root, agreed=records.agreed(contract), signer=KeyfileSigner.read(root / "runner.key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Two agreements of one site, an evening's bookings, and the read model made of it."""

    acme: Place
    zenith: Place
    estate: Estate
    desk: TableDesk
    board: Database
    running: BookingId

    def context(self) -> PageContext:
        """What pages are made from, at NOW."""
        return replace(context_of(lambda: self.estate, self.desk, self.board), now=lambda: NOW)

    def served(self, viewer: Viewer) -> AbstractContextManager[str]:
        """The pages for somebody who is looking, under the address that is given."""
        return served(self.context(), viewer)


@contextmanager
def served(context: PageContext, viewer: Viewer) -> Iterator[str]:
    """The pages of a context, over HTTP on loopback."""
    config = uvicorn.Config(app_of(context, viewer), port=0, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


EVERYTHING = Viewer(account="olga", agreements=None, may_act=True)
ACME_ONLY = Viewer(account="carl@acme.example", agreements=frozenset({"acme-1"}), may_act=False)


def app_of(context: PageContext, viewer: Viewer) -> Starlette:
    """The pages as an application of their own: whoever asks is that viewer."""

    class Known:
        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                scope.setdefault("state", {}).update(viewer=viewer, csrf="token-of-the-form")
            await self._app(scope, receive, send)

    routes = [*pages_router(context).routes, Mount("/static", StaticFiles(directory=STATIC))]
    return Starlette(routes=routes, middleware=[Middleware(Known)])


def site(root: Path) -> Site:
    """Acme: one workload that is well, one whose points are late now and then, one never drilled; Zenith: a
    drill that proves nothing, one without a result, evidence that somebody changed."""
    acme = place(
        root / "acme",
        contract_for("acme-1", "Managed Hosting for Acme", "Acme AG", ["acme-erp", "acme-mail", "acme-shop"]),
        hosts=("alpha", "beta"),
        more=NIGHTS.replace("ALSO", '["../zenith/drverify.toml"]'),
    )
    zenith = place(
        root / "zenith",
        contract_for(
            "zenith-7", "Recovery for Zenith", "Zenith Ltd", ["zenith-crm", "zenith-dms", "zenith-pos"]
        ),
    )
    for number in range(8):
        at = NOW - timedelta(days=78 - 11 * number)
        acme.drill("acme-shop", at, slow=20 + 9 * number, picture=number == 7)
        late = 3 * HOUR if number in {3, 5} else (10 + 4 * number) * MIN
        acme.drill("acme-mail", at - HOUR, age=late, slow=30, tail="000002")
    zenith.drill("zenith-pos", NOW - 3 * DAY, closed=False)
    began = NOW - 2 * DAY
    lost = zenith.begun("zenith-crm", began)
    os.utime(zenith.drills / lost, (began.timestamp(), began.timestamp()))
    broken = zenith.drill("zenith-dms", NOW - DAY) / Path("evidence.dsse.json")
    path = zenith.drills / broken
    path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"A', 1))
    acme.control("acme-shop", NOW - 2 * DAY, ControlOutcome.CAUGHT)
    acme.probe(NOW - 3 * DAY, Outcome.MET)
    estate = Estate.open(acme.root / "drverify.toml")
    desk = open_desk(estate.main)
    running = _booked(desk)
    board = open_board(estate)
    project(estate, board, now=NOW, desk=desk)
    return Site(acme=acme, zenith=zenith, estate=estate, desk=desk, board=board, running=running)


def booking(agreement: str, workload: str, begins: datetime, **changes: Any) -> Booking:
    """One of the night that begins then."""
    made = Booking(
        id=BookingId(f"{agreement}/{workload}/{begins:%Y-%m-%d}/drill"),
        site="local",
        agreement=agreement,
        workload=workload,
        kind="drill",
        evening=begins.date(),
        not_before=begins,
        not_after=begins + 8 * HOUR,
        due=begins + 20 * DAY,
        priority=30,
        host="alpha",
        load=Load(memory_mib=2048),
        reads=5 << 30,
        takes=25 * MIN,
        mode="full",
        point="latest",
        slot=None,
        obligations=(ObligationId("rpo-shop"), ObligationId("rto-shop")),
        why="a restore test every 92 days; never tested",
    )
    return replace(made, **changes)


def _booked(desk: TableDesk) -> BookingId:
    """One that runs and says so, one that runs of the other agreement, some that wait, one missed."""
    evening = NOW - 5 * HOUR
    ones = [
        booking("acme-1", "acme-erp", evening),
        booking("zenith-7", "zenith-crm", evening, host="beta"),
        booking("acme-1", "acme-mail", evening + 2 * HOUR, asked_by="olga"),
        booking("zenith-7", "zenith-pos", evening + 3 * HOUR),
        booking("acme-1", "acme-shop", evening - 12 * HOUR, why="was to run last night"),
        booking("zenith-7", "zenith-dms", evening - 12 * HOUR),
        booking("acme-1", "acme-shop", evening + 3 * DAY),
    ]
    desk.publish(ones)
    desk.miss(NOW)
    worker = WorkerId("local/ws1/0")
    desk.beat(Worker(id=worker, site="local", machine="ws1", pid=4711, boot="b", version="0.1.0", seen=NOW))
    rooms = {name: Room(host=name, at_once=2, memory_mib=8192) for name in ("alpha", "beta")}
    taken = {one.id: On(host=one.host) for one in ones[:2]}
    leases = desk.admit(worker, NOW - 9 * MIN, rooms, lambda *_: taken)
    for lease in leases:
        names = (PhaseName.SELECT, PhaseName.PROVISION, PhaseName.RESTORE)
        begun = (NOW - 9 * MIN, NOW - 9 * MIN + 4 * SEC, NOW - 8 * MIN)
        phases = tuple(
            LivePhase(name=name, began=at, ended=until)
            for name, at, until in zip(names, begun, (*begun[1:], None), strict=True)
        )
        workload = lease.booking.split("/")[1]
        live = Live(
            booking=lease.booking,
            attempt=lease.attempt,
            drill=DrillId(f"{NOW - 9 * MIN:%Y%m%dT%H%M%SZ}-0000aa"),
            at=NOW - 2 * SEC,
            phases=phases,
            bytes_done=3 << 30,
            bytes_total=8 << 30,
            lines=(f"point of {workload} chosen", "restore begun", "<b>38 %</b> of 8 GiB"),
        )
        desk.renew(lease.booking, lease.attempt, NOW, live, annexes.screen(f"{workload} starts"))
    for one in ones[2:4]:
        desk.note(
            Action(at=NOW - HOUR, account="olga", what="run now", booking=one.id, detail=f"of {one.workload}")
        )
    desk.note(Action(at=NOW - 2 * HOUR, account="zoe@zenith.example", what="sign in", booking=None))
    return leases[0].booking
