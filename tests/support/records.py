"""Builders of plans, records and registers, and hypothesis strategies over them.

`plan()`, `record()` and `register()` give a drill in which everything is well; every keyword replaces
one field. All of it decodes and agrees with each other, so tests only say what they change.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import (
    Citation,
    Contract,
    Figure,
    Kind,
    OpenPoint,
    Parties,
    Provision,
    ProvisionId,
    Reader,
    Scope,
    Slot,
    Source,
)
from drverify.model.document import DocumentId
from drverify.model.drill import (
    Artefact,
    Attribution,
    ControlResult,
    Counter,
    Defect,
    DrillId,
    DrillPlan,
    DrillRecord,
    Fault,
    GaveUp,
    IsolationCheck,
    IsolationRecord,
    PhaseName,
    PhaseRecord,
    ProbeResult,
    ProbeStatus,
    RestoreFacts,
    Selection,
    ToolFact,
    UndeclaredDependency,
)
from drverify.model.obligation import (
    Allowance,
    Objective,
    Obligation,
    ObligationId,
    Register,
    in_scope,
)
from drverify.model.playbook import (
    BootProbe,
    Database,
    DnsAnswer,
    Expectation,
    FreshnessProbe,
    HttpProbe,
    NewestRow,
    PingProbe,
    Playbook,
    PostgresProbe,
)
from drverify.model.quantity import Quantity
from drverify.model.recovery import (
    DiskImage,
    FileSet,
    GuestShape,
    Network,
    PointFilter,
    PointId,
    RecoveryPoint,
    SecretRef,
    Workload,
)
from drverify.planning.selection import select
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed, Paper, accept

MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEC, MS = timedelta(seconds=1), timedelta(milliseconds=1)
INCIDENT = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
STARTED = INCIDENT + SEC
NEWEST = INCIDENT - timedelta(minutes=30, seconds=1)

QUOTES = {
    "4.1": "no more than one (1) hour lies between two Recovery Points",
    "4.6": "keep every Recovery Point for at least thirty (30) Days \u2013 restorable",
    "5.1": "The Recovery Point Objective is one (1) hour.",
    "6.1": "The Recovery Time Objective is four (4) hours.",
    "7.1": "a successful Restore Test at least once every ninety-two (92) Days",
    "8.1": "shall demonstrate that the Application works",
}
FIGURES = {
    "4.1": "one (1) hour", "4.6": "thirty (30) Days", "5.1": "one (1) hour", "6.1": "four (4) hours",
    "7.1": "ninety-two (92) Days",
}  # fmt: skip
DOCUMENT = "\n".join(["# Agreement", *(f"{number} {quote}" for number, quote in QUOTES.items())]).encode()
CONSOLE = b"Linux version 6.1\nshop login: \n"
TRANSCRIPTS = {probe: f"asked {probe}\n".encode() for probe in ("boot", "web", "orders", "fresh", "ping")}


def digest(content: bytes) -> Sha256:
    """Sha256 as the model writes it."""
    return Sha256(hashlib.sha256(content).hexdigest())


def cited(number: str) -> Citation:
    """Where a clause of DOCUMENT stands."""
    start = DOCUMENT.decode().index(QUOTES[number])
    return Citation(
        document=DocumentId("agreement"),
        section=number,
        heading=f"Clause {number}",
        span=Span(start=start, end=start + len(QUOTES[number])),
        quote=QUOTES[number],
    )


def provision(number: str, kind: Kind, limit: timedelta | None = None, **changes: Any) -> Provision:
    """An accepted provision of the provider's for `shop`, with a figure in minutes if there is a limit."""
    where = cited(number)
    figure = None
    if limit is not None:
        start = where.span.start + where.quote.index(FIGURES[number])
        figure = Figure(
            quantity=Quantity(value=Decimal(limit // MIN), unit="minute"),
            comparator=">=" if kind == "retention" else "<=",
            span=Span(start=start, end=start + len(FIGURES[number])),
        )
    made = Provision(
        id=ProvisionId(f"{kind}-shop"),
        kind=kind,
        status="defined",
        modality="must",
        figure=figure,
        party="provider",
        scope=Scope(systems=("shop",)),
        citation=where,
        review="accepted",
    )
    return replace(made, **changes)


def provisions(**limits: timedelta) -> tuple[Provision, ...]:
    """One provision of each testable kind for `shop`, and one for another workload."""
    return (
        provision("4.1", "backup_frequency", limits.get("gap", HOUR)),
        provision("4.6", "retention", limits.get("keep", 30 * DAY)),
        provision("5.1", "rpo", limits.get("rpo", HOUR)),
        provision("6.1", "rto", limits.get("rto", 4 * HOUR)),
        provision("7.1", "restore_test", limits.get("test", 92 * DAY)),
        provision("8.1", "application_validation"),
        provision("5.1", "rpo", DAY, id=ProvisionId("rpo-other"), scope=Scope(systems=("other",))),
        provision(
            "6.1",
            "recovery_allowance",
            30 * MIN,
            slots=(Slot(name="name", value="replacement server"),),
        ),
    )


def contract(**changes: Any) -> Contract:
    """An accepted contract over DOCUMENT; acceptance is made over the changed one."""
    text = DOCUMENT.decode().encode()
    made = Contract(
        id="A-1",
        title="Managed Hosting and Recovery",
        parties=Parties(provider="Provider GmbH", customer="Customer GmbH"),
        effective=date(2026, 1, 1),
        documents=(
            Source(
                id=DocumentId("agreement"),
                name="agreement.md",
                sha256=digest(DOCUMENT),
                text_sha256=digest(text),
                format="md",
                language="en",
            ),
        ),
        provisions=provisions(),
        open_points=(OpenPoint(rule="G-BKP-05", question="where?", severity="critical", status="absent"),),
        reader=Reader(version="0"),
    )
    return accept(replace(made, **changes), by="A. Person", at=datetime(2026, 1, 2, tzinfo=UTC))


def agreed(of: Contract | None = None, *, document: bytes = DOCUMENT) -> Agreed:
    """The contract with its paper."""
    text = document.decode(errors="replace")
    return Agreed(
        contract=of or contract(), papers=(Paper(name="agreement.md", original=document, text=text),)
    )


def obligation(clause: str, objective: Objective, **changes: Any) -> Obligation:
    """An obligation of the workload `shop`."""
    made = Obligation(
        id=ObligationId(f"{objective.kind}-shop"), clause=clause, scope=("shop",), objective=objective
    )
    return replace(made, **changes)


def register(**changes: Any) -> Register:
    """The register of `contract()` at INCIDENT; changed, it follows from no contract."""
    return replace(agreed().register(INCIDENT), **changes)


def database() -> Database:
    """The shop's database."""
    return Database(address="10.20.0.10", name="shop", user="probe", password=SecretRef("env:SHOP_DB"))


def playbook(**changes: Any) -> Playbook:
    """Probes of a PostgreSQL web application: four required, one advisory."""
    made = Playbook(
        name="web",
        description="PostgreSQL web application",
        applies_to="disk-image",
        probes=(
            BootProbe(id="boot", console="login:"),
            HttpProbe(id="web", url="http://shop.example/", headers=(("content-type", "html"),)),
            PostgresProbe(
                id="orders",
                database=database(),
                query="select count(*) from orders",
                expect=Expectation(op="ge", value="1"),
                proves_application=True,
            ),
            FreshnessProbe(id="fresh", newest=NewestRow(database=database(), query="select max(at) from b")),
            PingProbe(id="ping", address="10.20.0.10", required=False),
        ),
        dns=(DnsAnswer(name="shop.example", address="10.20.0.10"),),
    )
    return replace(made, **changes)


def workload(**changes: Any) -> Workload:
    """The protected system `shop`."""
    made = Workload(
        name="shop",
        source="repo",
        points=PointFilter(host="shop", tags=("disk",)),
        payload=DiskImage(
            path="/shop.raw",
            guest=GuestShape(
                memory_mib=512,
                vcpus=1,
                networks=(
                    Network(
                        name="prod",
                        subnet="10.20.0.0/24",
                        gateway="10.20.0.1",
                        dns="10.20.0.1",
                        address="10.20.0.10",
                    ),
                ),
            ),
        ),
        playbook="web",
        protected_since=INCIDENT - 90 * DAY,
    )
    return replace(made, **changes)


def point(age: timedelta, **changes: Any) -> RecoveryPoint:
    """A point that is consistent as of `age` before the incident; its id follows from the age."""
    made = RecoveryPoint(
        id=PointId(hashlib.sha256(str(age).encode()).hexdigest()),
        source="repo",
        consistent_as_of=INCIDENT - age,
        as_of_origin="tag",
        host="shop",
        paths=("/shop.raw",),
        tags=("disk",),
        size_bytes=1_000_000_000,
    )
    return replace(made, **changes)


def hourly(count: int = 24 * 7 + 2) -> tuple[RecoveryPoint, ...]:
    """A point every hour; the newest is 30 minutes older than the incident."""
    return tuple(point(30 * MIN + n * HOUR) for n in range(count))


def plan(of: Register | None = None, **changes: Any) -> DrillPlan:
    """The plan of a full drill of the latest point."""
    agreed = of or register()
    made = DrillPlan(
        drill_id=DrillId("20260914T120001Z-0a1b2c"),
        workload=workload(),
        playbook=playbook(),
        register_sha256=codec.digest(agreed),
        obligations=tuple(one.id for one in in_scope(agreed, "shop")),
        requested_point="latest",
        mode="full",
        incident_at=INCIDENT,
        look_back=agreed.look_back,
        previous_success_at=INCIDENT - 30 * DAY,
    )
    return replace(made, **changes)


def result(probe: str, kind: str, **changes: Any) -> ProbeResult:
    """A probe that passed, settled 2 minutes and 14 seconds after the declaration."""
    made = ProbeResult(
        probe=probe,
        kind=kind,
        status=ProbeStatus.PASSED,
        expected="an answer",
        observed="the answer",
        started=120 * SEC,
        took=SEC / 2,
        attempts=3,
        settled=134 * SEC,
        transcript=digest(TRANSCRIPTS[probe]) if probe in TRANSCRIPTS else None,
    )
    return replace(made, **changes)


def results() -> tuple[ProbeResult, ...]:
    """One result of each probe of `playbook()`."""
    return (
        result("boot", "boot", started=55 * SEC, settled=60 * SEC),
        result("web", "http"),
        result("orders", "postgres", settled=130 * SEC),
        result("fresh", "freshness", newest=NEWEST),
        result("ping", "ping"),
    )


def controls() -> tuple[ControlResult, ...]:
    """Nothing answered before the guest was up."""
    return tuple(
        ControlResult(probe=one.probe, status=ProbeStatus.UNANSWERED, observed="nothing") for one in results()
    )


def artefacts() -> tuple[Artefact, ...]:
    """The files of the drill; `contents()` has their content."""
    named = {"console.log": CONSOLE, **{f"probes/{name}.txt": body for name, body in TRANSCRIPTS.items()}}
    return tuple(
        Artefact(name=name, sha256=digest(body), size_bytes=len(body), media_type="text/plain")
        for name, body in sorted(named.items())
    )


def contents() -> dict[Sha256, bytes]:
    """The content of `artefacts()`, by digest."""
    return {digest(body): body for body in (CONSOLE, *TRANSCRIPTS.values())}


def phases() -> tuple[PhaseRecord, ...]:
    """All phases, one after the other."""
    spans = (
        (PhaseName.SELECT, 0, 1),
        (PhaseName.PROVISION, 1, 2),
        (PhaseName.RESTORE, 3, 40),
        (PhaseName.ISOLATE, 43, 0),
        (PhaseName.BOOT, 43, 20),
        (PhaseName.APPLICATION, 63, 60),
        (PhaseName.PROBE, 123, 20),
        (PhaseName.TEARDOWN, 143, 5),
    )
    return tuple(PhaseRecord(name=name, started=at * SEC, took=took * SEC) for name, at, took in spans)


def selection(points: tuple[RecoveryPoint, ...] | None = None) -> Selection:
    """What `latest` selects out of the points (default: hourly ones)."""
    return select(hourly() if points is None else points, "latest", INCIDENT, STARTED)


def record(**changes: Any) -> DrillRecord:
    """A drill in which everything went well."""
    made = DrillRecord(
        drill_id=DrillId("20260914T120001Z-0a1b2c"),
        started_at=STARTED,
        ended_at=STARTED + 150 * SEC,
        selection=selection(),
        phases=phases(),
        restore=RestoreFacts(
            mode="full",
            restored_bytes=2**31,
            allocated_bytes=2**30,
            read_bytes=2**29,
            files=1,
            cache="cold",
        ),
        probes=results(),
        controls=controls(),
        isolation=IsolationRecord(
            checks=looks("before", "during"),
            counters=(Counter(name="packets out", value=0),),
        ),
        dependencies=(UndeclaredDependency(name="ntp.example", queries=3),),
        guest_clock_skew=timedelta(milliseconds=12),
        faults=(),
        defects=(),
        artefacts=artefacts(),
        tools=(ToolFact(name="restic", version="0.14.0"),),
        cleaned_up=True,
    )
    return replace(made, **changes)


def looks(*when: str) -> tuple[IsolationCheck, ...]:
    """A check that found the sandbox closed at each of those times."""
    return tuple(IsolationCheck(name=f"{one}: gateway", closed=True, detail="no answer") for one in when)


def with_result(base: DrillRecord, probe: str, **changes: Any) -> DrillRecord:
    """The record with one probe's result changed."""
    return replace(
        base, probes=tuple(replace(one, **changes) if one.probe == probe else one for one in base.probes)
    )


def gave_up(base: DrillRecord, by: GaveUp, after_boot: timedelta = 1801 * SEC) -> DrillRecord:
    """The record of which waiting ended so long after the boot began, and the teardown with it."""
    at = next(phase.started for phase in base.phases if phase.name is PhaseName.BOOT) + after_boot
    ended = replace(base, gave_up=f"gave up by {by}", gave_up_by=by, gave_up_at=at)
    last = ended.phases[-2]
    waiting = replace(last, took=max(at - last.started, last.took))
    down = replace(ended.phases[-1], started=waiting.started + waiting.took)
    return replace(
        ended,
        phases=(*ended.phases[:-2], waiting, down),
        ended_at=ended.started_at + down.started + down.took + SEC,
    )


def never_booted(by: GaveUp, after_boot: timedelta = 1801 * SEC, **changes: Any) -> DrillRecord:
    """A drill whose guest did not even show its login prompt."""
    (boot, *_) = results()
    base = record(
        phases=tuple(one for one in phases() if one.name not in {PhaseName.APPLICATION, PhaseName.PROBE}),
        probes=(replace(boot, status=ProbeStatus.FAILED, attempts=1700, settled=None),),
    )
    return replace(gave_up(base, by, after_boot), **changes)


def fault(at: timedelta = 10 * SEC, phase: PhaseName = PhaseName.RESTORE, **changes: Any) -> Fault:
    """A failure of ours."""
    made = Fault(attribution=Attribution.RESTORE_HOST, phase=phase, what="no space left", at=at)
    return replace(made, **changes)


def defect(at: timedelta = 20 * SEC, phase: PhaseName = PhaseName.RESTORE) -> Defect:
    """A failure of the backup."""
    return Defect(phase=phase, what="pack 1f2e does not have its digest", at=at)


# --- strategies -------------------------------------------------------------------------------

spans = st.integers(0, 6 * 3600 * 1000).map(lambda ms: timedelta(milliseconds=ms))
ages = st.integers(-3600, 60 * 24 * 3600).map(lambda s: timedelta(seconds=s))
statuses = st.sampled_from(ProbeStatus)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
faults = st.builds(
    Fault, attribution=st.sampled_from(Attribution), phase=st.sampled_from(PhaseName), what=texts, at=spans
)
defects = st.builds(Defect, phase=st.sampled_from(PhaseName), what=texts, at=spans)


# A drill is drawn as the good one with a few things changed, named by what they touch: so most drawn
# drills are nearly good, and properties about MET are not empty.


def few(names: str) -> st.SearchStrategy[set[str]]:
    """At most three of the names; often none."""
    return st.integers(0, 3).flatmap(
        lambda n: st.sets(st.sampled_from(names.split()), min_size=n, max_size=n)
    )


@st.composite
def plans(draw: st.DrawFn, of: Register) -> DrillPlan:
    """A plan that is often the good one."""
    wrong = draw(few("probes allowances payload protected mode previous"))
    book, load = playbook(), workload()
    if "probes" in wrong:
        kept = draw(st.lists(st.sampled_from(book.probes), max_size=5, unique=True))
        book = replace(book, probes=tuple(kept))
    if "allowances" in wrong:
        granted = st.builds(Allowance, name=texts, time=spans, clause=st.just(""))
        book = replace(book, allowances=tuple(draw(st.lists(granted, max_size=2))))
    if "payload" in wrong:
        load = replace(load, payload=FileSet(path="/srv"))
    if "protected" in wrong:
        load = replace(load, protected_since=INCIDENT - draw(ages) * 2)
    previous = draw(st.none() | ages.map(lambda age: INCIDENT - age * 2))
    return plan(
        of,
        workload=load,
        playbook=book,
        mode="instant" if "mode" in wrong else "full",
        previous_success_at=previous if "previous" in wrong else INCIDENT - 30 * DAY,
    )


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Points of any age, and what is selected out of them, rightly or not."""
    points = hourly(draw(st.integers(0, 200))) if draw(st.booleans()) else ()
    points += tuple(point(age) for age in draw(st.lists(ages, max_size=3, unique=True)))
    chosen = select(points, "latest", INCIDENT, STARTED)
    if points and draw(st.booleans()):
        other = draw(st.sampled_from(points))
        return replace(chosen, point=other, newest_eligible=draw(st.booleans()))
    return chosen


@st.composite
def probe_results(draw: st.DrawFn) -> tuple[ProbeResult, ...]:
    """Results of which one is dropped, doubled, or another answer."""
    found = list(results())
    at = draw(st.integers(0, len(found) - 1))
    newest = None if found[at].newest is None else draw(st.none() | ages.map(lambda age: INCIDENT - age))
    other = replace(found[at], status=draw(statuses), settled=draw(st.none() | spans), newest=newest)
    found[at : at + 1] = draw(st.sampled_from([(), (found[at], found[at]), (other,), (other,)]))
    return tuple(found)


@st.composite
def control_results(draw: st.DrawFn) -> tuple[ControlResult, ...]:
    """Controls of which one is dropped or another answer."""
    found = list(controls())
    at = draw(st.integers(0, len(found) - 1))
    other = replace(found[at], status=draw(statuses))
    found[at : at + 1] = draw(st.sampled_from([(), (other,)]))
    return tuple(found)


@st.composite
def later(draw: st.DrawFn) -> tuple[ProbeResult, ...]:
    """All good, some of them at another time."""
    return tuple(replace(one, settled=draw(st.just(one.settled) | spans)) for one in results())


restores = st.none() | st.builds(
    RestoreFacts,
    mode=st.sampled_from(["full", "instant"]),
    restored_bytes=st.integers(0, 2),
    allocated_bytes=st.just(0),
    read_bytes=st.none(),
    files=st.integers(0, 2),
    cache=st.just("unknown"),
)
check_names = st.builds("{}{}".format, st.sampled_from(["before: ", "during: ", ""]), texts)
isolations = st.builds(
    IsolationRecord,
    checks=st.lists(
        st.builds(IsolationCheck, name=check_names, closed=st.booleans(), detail=texts), max_size=3
    ).map(tuple),
)
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "selection": selections(),
    "ended_at": (spans | st.just(7 * HOUR)).map(lambda span: STARTED + span),
    "restore": restores,
    "probes": probe_results() | later(),
    "controls": control_results(),
    "isolation": isolations,
    "guest_clock_skew": st.none() | ages,
    "faults": st.lists(faults, max_size=2).map(tuple),
    "defects": st.lists(defects, max_size=2).map(tuple),
    "gave_up_by": st.sampled_from(GaveUp),
    "gave_up_at": st.none() | spans,
}


@st.composite
def records(draw: st.DrawFn) -> DrillRecord:
    """The good record with a few things changed."""
    wrong = sorted(draw(few(" ".join(CHANGES))))
    changes = {"ended_at": STARTED + 7 * HOUR, **{name: draw(CHANGES[name]) for name in wrong}}
    return record(**changes)


@st.composite
def agreements(draw: st.DrawFn) -> Agreed:
    """One provision of each testable kind; usual limits or any."""
    any_limit = st.integers(0, 60 * 24 * 60).map(lambda minutes: minutes * MIN)
    usual = {"gap": HOUR, "keep": 7 * DAY, "rpo": HOUR, "rto": 4 * HOUR, "test": 92 * DAY}
    made = provisions(**{name: draw(st.just(one) | any_limit) for name, one in usual.items()})
    if draw(st.sampled_from([False, False, True])):
        made = tuple(
            replace(one, slots=(Slot(name="mode", value="instant"),)) if one.kind == "rto" else one
            for one in made
        )
    return agreed(contract(provisions=tuple(one for one in made if one.id != "rpo-other")))


@st.composite
def agreed_drills(draw: st.DrawFn) -> tuple[Agreed, DrillPlan, DrillRecord]:
    """An agreement, a plan made for it, and a record."""
    promised = draw(agreements())
    planned, found = draw(plans(promised.register(INCIDENT))), draw(records())
    if planned.mode == "instant" and found.restore and draw(st.booleans()):
        found = replace(found, restore=replace(found.restore, mode="instant"))
    return promised, planned, found


@st.composite
def drills(draw: st.DrawFn) -> tuple[Register, DrillPlan, DrillRecord]:
    """A register, a plan made for it, and a record."""
    promised, planned, found = draw(agreed_drills())
    return promised.register(INCIDENT), planned, found
