"""What the parties state, in tests: records that hold, sealed by both, and a log that is told entry by entry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, DrillPlan, LoggedStart
from drverify.model.evidence import SIGNED_BY, RecordKind, Role, TrustedKey
from drverify.model.obligation import ObligationId
from drverify.model.records import (
    AgreedRegister,
    ArchiveRefresh,
    DrillCounts,
    Kept,
    LogReference,
    PartyRecord,
    Period,
    PeriodClose,
    PeriodId,
    Schedule,
    Slot,
    SlotId,
    SlotReference,
    VoidedDrill,
)
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.logged import leaf_of
from drverify.sealing.records.building import kind_of, order_of, sign, unsigned
from drverify.sealing.records.history import History
from drverify.sealing.records.reading import read_record
from drverify.sealing.records.statements import Outcomes, Statement
from drverify.transparency.leaf import Leaf
from tests.support import records
from tests.support.evidence import ORIGIN, signer

PROVIDER, CUSTOMER, RUNNER = signer(21), signer(22), signer(1)
SIGNERS: dict[Role, KeyfileSigner] = {"provider": PROVIDER, "customer": CUSTOMER, "runner": RUNNER}
KEYS = tuple(TrustedKey(role=role, public_der=by.public_der, name=role) for role, by in SIGNERS.items())
DAY = timedelta(days=1)
BEGINS = datetime(2026, 10, 1, tzinfo=UTC)
QUARTER = Period(id=PeriodId("2026Q4"), begins=BEGINS, ends=datetime(2027, 1, 1, tzinfo=UTC))
NEXT = Period(id=PeriodId("2027Q1"), begins=QUARTER.ends, ends=datetime(2027, 4, 1, tzinfo=UTC))
AGREED = records.agreed()
CONTRACT = codec.digest(AGREED.contract)
OWED = tuple(one.id for one in records.register().obligations if "shop" in one.scope)
NOTHING = DrillCounts(
    planned=0,
    started=0,
    finished=0,
    open=0,
    voided=0,
    not_started=0,
    unplanned=0,
    met=0,
    missed=0,
    unproven=0,
)


def sha(text: str) -> Sha256:
    """Some digest."""
    return records.digest(text.encode())


def register(**changes: object) -> AgreedRegister:
    """The first register."""
    made = AgreedRegister(
        agreement=AGREED.contract.id,
        contract=CONTRACT,
        documents=records.register().agreement.documents,
        revision=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def slot(
    number: int, *, period: Period = QUARTER, workload: str = "shop", obligations: Sequence[str] = OWED
) -> Slot:
    """A slot of a week, the number-th week of the period."""
    opens = period.begins + (number - 1) * 7 * DAY
    return Slot(
        id=SlotId(f"{period.id}/{workload}/{number:02}"),
        workload=workload,
        opens=opens,
        closes=opens + 7 * DAY,
        obligations=tuple(ObligationId(one) for one in obligations),
    )


def schedule(*numbers: int, period: Period = QUARTER, **changes: object) -> Schedule:
    """A schedule of these weeks of a period."""
    slots = tuple(slot(number, period=period) for number in numbers or (1, 5))
    made = Schedule(agreement=AGREED.contract.id, contract=CONTRACT, period=period, slots=slots)
    return replace(made, **changes)  # type: ignore[arg-type]


def close(counts: DrillCounts = NOTHING, **changes: object) -> PeriodClose:
    """A close of the quarter, of the empty tree."""
    made = PeriodClose(
        agreement=AGREED.contract.id, period=QUARTER, begin=0, size=0, root=sha("root"), counts=counts
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def refresh(*names: str) -> ArchiveRefresh:
    """Some files kept."""
    files = tuple(Kept(name=name, sha256=sha(name), media_type="application/pdf") for name in names)
    return ArchiveRefresh(agreement=AGREED.contract.id, files=files)


def void(start: LogReference, drill: str, **changes: object) -> VoidedDrill:
    """That a start does not count."""
    made = VoidedDrill(agreement=AGREED.contract.id, drill=drill, start=start, reason="a power cut")
    return replace(made, **changes)  # type: ignore[arg-type]


def every_kind() -> tuple[PartyRecord, ...]:
    """One record of each kind, true in itself."""
    return (
        register(),
        schedule(),
        void(LogReference(index=4, payload=sha("start")), "20261002T120000Z-0a1b2c"),
        close(),
        refresh("annex.pdf", "1.first.tsr"),
    )


def sealed(record: PartyRecord, *roles: Role) -> bytes:
    """The record, signed by all that have to, or by these roles' keys in this order of signatures."""
    found = unsigned(record)
    for role in roles or order_of(kind_of(record)):
        found = sign(found, SIGNERS[role], before=False)
    return envelope.encode(found)


def needs(kind: RecordKind) -> set[Role]:
    """Who has to sign."""
    return set(SIGNED_BY[kind])


class Told:
    """A log of which only entries and their meaning are kept."""

    def __init__(self) -> None:
        self.history = History(origin=ORIGIN)
        self.entries: list[tuple[int, Leaf]] = []
        self.statements: dict[Sha256, Statement] = {}
        self.stated: dict[Leaf, object] = {}

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def record(self, record: PartyRecord) -> LogReference:
        """Log a record of the parties."""
        data = sealed(record)
        checked = read_record(data, KEYS)
        leaf = leaf_of(checked.kind, data)
        self.stated[leaf] = checked
        return self._take(leaf, record)

    def start(
        self, drill: str, slot_id: str | None = None, *, workload: str = "shop", attempt: int = 1
    ) -> LogReference:
        """Log that a drill begins, for a slot that was planned, for one that was not, or for none."""
        planned = self.history.planned.get(SlotId(slot_id)) if slot_id else None
        reference = (
            SlotReference(
                schedule=planned.schedule if planned else sha("none"), slot=SlotId(slot_id), attempt=attempt
            )
            if slot_id
            else None
        )
        said = Statement(
            payload=sha(f"start {drill}"), drill=drill, workload=workload, start=None, slot=reference
        )
        return self._drill("drill-started", said)

    def result(
        self, start: LogReference, *, met: int = 1, missed: int = 0, unproven: int = 0
    ) -> LogReference:
        """Log a result of the start."""
        begun = self.history.begun[start.index]
        said = Statement(
            payload=sha(f"result {start.index} {self.size}"),
            drill=begun.drill,
            workload=begun.workload,
            start=LoggedStart(origin=ORIGIN, index=start.index, payload=start.payload),
            outcomes=Outcomes(met=met, missed=missed, unproven=unproven),
        )
        return self._drill("restore-drill", said)

    def _drill(self, kind: RecordKind, said: Statement) -> LogReference:
        self.statements[said.payload] = said
        leaf = Leaf(kind=kind, payload=said.payload, signature=sha("signature"), keyid=RUNNER.keyid)
        return self._take(leaf, said)

    def _take(self, leaf: Leaf, said: Statement | PartyRecord) -> LogReference:
        index = self.size
        self.entries.append((index, leaf))
        self.history.take(index, leaf, said)
        return LogReference(index=index, payload=leaf.payload)


def plan_for(reference: SlotReference | None, drill: str) -> DrillPlan:
    """A plan of a drill for a slot."""
    return records.plan(drill_id=DrillId(drill), slot=reference)


def payload_of(data: bytes) -> Sha256:
    """Digest of what an envelope file signs."""
    return sha256_of(envelope.decode(data).payload)
