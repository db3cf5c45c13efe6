"""A period of drills in a state directory, logged and signed by everybody as they do: what bundles are made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.bundle.gathering import Gathered, Place, gather
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.auditing.audit import audit
from drverify.auditing.drills import Each
from drverify.auditing.question import Held, Question
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit
from drverify.model.drill import DrillPlan, DrillRecord, LoggedStart
from drverify.model.evidence import Role, TrustedKey
from drverify.model.records import (
    AgreedRegister,
    LogReference,
    PartyRecord,
    Period,
    PeriodClose,
    Schedule,
    Slot,
    SlotId,
    SlotReference,
    VoidedDrill,
)
from drverify.planning.period import period_of
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.agreed import Agreed
from drverify.sealing.keys import Trust
from drverify.sealing.logged import leaf_of, note_key
from drverify.sealing.records.building import kind_of, order_of, sign, unsigned
from drverify.sealing.records.counting import Span, count
from drverify.sealing.records.history import History
from drverify.sealing.records.reading import read_record
from drverify.sealing.records.statements import read_statement
from drverify.sealing.started import seal_start
from drverify.transparency import note
from drverify.transparency.note import KeyType, NoteKey
from tests.support import evidence, records, second, series
from tests.support.evidence import LOG, LOG_TRUST, ORIGIN, signer, trusted

RUNNER, PROVIDER, CUSTOMER, WITNESS = (signer(seed) for seed in (1, 31, 32, 33))
WITNESS_NAME = "acme.example/witness"
QUARTER = period_of("2026Q3")
AFTER = datetime(2026, 10, 15, tzinfo=UTC)


def _key(role: Role, by: KeyfileSigner, name: str = "") -> TrustedKey:
    return TrustedKey(role=role, public_der=by.public_der, name=name or role)


KEYS = (
    trusted(RUNNER),
    LOG_TRUST,
    _key("provider", PROVIDER),
    _key("customer", CUSTOMER),
    _key("witness", WITNESS, WITNESS_NAME),
)
TRUST = Trust(keys=KEYS)


def slot(day: int, **changes: object) -> Slot:
    """A slot of `shop` for the day of `series`, open for a day around its drill."""
    noon = records.INCIDENT + timedelta(days=day)
    made = Slot(
        id=SlotId(f"2026Q3/shop/{day:02d}"),
        workload="shop",
        opens=noon - timedelta(hours=12),
        closes=noon + timedelta(hours=12),
        obligations=tuple(
            one.id for one in records.agreed().register(noon).obligations if "shop" in one.scope
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class Kept:
    """A state directory, and what was logged in it."""

    root: Path
    points: int = 24 * 7 + 2
    """How many points the source lists to a drill, an hour between them."""
    agreed: Agreed = field(default_factory=records.agreed)
    schedules: dict[str, Sha256] = field(default_factory=dict)
    """Digest of the statement of each period's schedule."""

    @property
    def log(self) -> DirectoryLog:
        """The log, as the provider writes it."""
        return DirectoryLog(self.root / "log", note_key(LOG_TRUST), LOG)

    def party(self, record: PartyRecord, *by: KeyfileSigner) -> LogReference:
        """Sign (default: by those who must), keep and log what the parties state."""
        kind = kind_of(record)
        owners = {"provider": PROVIDER, "customer": CUSTOMER}
        sealed = unsigned(record)
        for one in by or [owners[role] for role in order_of(kind)]:
            sealed = sign(sealed, one, before=False)
        data = dsse.encode(sealed)
        folder = self.root / "records"
        folder.mkdir(parents=True, exist_ok=True)
        payload = leaf_of(kind, data).payload
        (folder / f"{kind}-{payload[:16]}.dsse.json").write_bytes(data)
        return LogReference(index=self.log.add(kind, data), payload=payload)

    def register(self, **changes: object) -> LogReference:
        """Both agree on the contract."""
        register = self.agreed.register(records.INCIDENT)
        made = AgreedRegister(
            agreement=self.agreed.contract.id,
            contract=register.contract,
            documents=register.agreement.documents,
            revision=1,
        )
        folder = self.root / "records" / "artefacts" / "sha256"
        folder.mkdir(parents=True, exist_ok=True)
        for blob in self.agreed.blobs():
            (folder / records.digest(blob.content)).write_bytes(blob.content)
        return self.party(replace(made, **changes))  # type: ignore[arg-type]

    def schedule(self, slots: Iterable[Slot], period: Period = QUARTER, **changes: object) -> LogReference:
        """Both agree on the slots."""
        made = Schedule(
            agreement=self.agreed.contract.id,
            contract=self.agreed.register(records.INCIDENT).contract,
            period=period,
            slots=tuple(slots),
        )
        found = self.party(replace(made, **changes))  # type: ignore[arg-type]
        self.schedules[period.id] = found.payload
        return found

    def reference(self, of: Slot, attempt: int = 1, period: Period = QUARTER) -> SlotReference:
        """How a plan names a slot."""
        return SlotReference(schedule=self.schedules[period.id], slot=of.id, attempt=attempt)

    def start(self, day: int, **changes: object) -> tuple[DrillPlan, LoggedStart]:
        """Begin the day's drill; the plan is the slot's if the day was planned."""
        reference = self.reference(slot(day)) if QUARTER.id in self.schedules else None
        plan = replace(series.planned(day), slot=reference)
        plan = replace(plan, **changes)  # type: ignore[arg-type]
        data = seal_start(plan, RUNNER)
        directory = self.root / "drills" / plan.drill_id
        (directory / "artefacts" / "sha256").mkdir(parents=True)
        (directory / "plan.json").write_bytes(codec.encode(plan))
        (directory / "started.dsse.json").write_bytes(data)
        index = self.log.add("drill-started", data)
        return plan, LoggedStart(origin=ORIGIN, index=index, payload=leaf_of("drill-started", data).payload)

    def result(
        self,
        plan: DrillPlan,
        begun: LoggedStart | None,
        day: int,
        name: str = "evidence.dsse.json",
        **changes: object,
    ) -> int:
        """Seal and log a result of the day's drill; returns its entry."""
        record: DrillRecord = replace(series.recorded(day), drill_id=plan.drill_id, start=begun)
        listed = replace(record.selection, listed=record.selection.listed[: self.points])
        record = replace(record, selection=listed)
        record = replace(record, **changes)  # type: ignore[arg-type]
        made = evidence.sealed(plan, record, self.agreed, by=RUNNER)
        directory = self.root / "drills" / plan.drill_id
        for digest, content in made.files.items():
            (directory / "artefacts" / "sha256" / digest).write_bytes(content)
        (directory / name).write_bytes(made.envelope)
        return self.log.tiles.append(
            [evidence.leaf.encode(leaf_of("restore-drill", made.envelope))], LOG.sign
        ).start

    def drill(self, day: int, **changes: object) -> int:
        """A whole drill; returns the result's entry."""
        plan, begun = self.start(day, **changes)
        return self.result(plan, begun, day)

    def void(self, plan: DrillPlan, begun: LoggedStart) -> LogReference:
        """Both agree not to count a start."""
        start = LogReference(index=begun.index, payload=begun.payload)
        return self.party(
            VoidedDrill(
                agreement=self.agreed.contract.id, drill=plan.drill_id, start=start, reason="power cut"
            )
        )

    def history(self) -> History:
        """What the log tells."""
        said = {}
        for path in self.root.rglob("*.dsse.json"):
            data = path.read_bytes()
            try:
                one = read_statement(data)
                said[one.payload] = one
            except EvidenceError:
                checked = read_record(data, KEYS)
                said[checked.payload] = checked.record  # type: ignore[assignment]
        found = History(origin=ORIGIN)
        for entry in self.log.entries():
            found.take(entry.index, entry.leaf, said.get(entry.leaf.payload))
        return found

    def close(self, period: Period = QUARTER, **changes: object) -> LogReference:
        """The provider counts the period."""
        history = self.history()
        begin = history.closes[-1][1].size if history.closes else 0
        size = self.log.tiles.size
        head = self.log.tiles.head()
        assert head is not None
        made = PeriodClose(
            agreement=self.agreed.contract.id,
            period=period,
            begin=begin,
            size=size,
            root=Sha256(head[0].root.hex()),
            counts=count(history, Span(period=period, begin=begin, size=size)),
        )
        return self.party(replace(made, **changes))  # type: ignore[arg-type]

    def cosign(self, at: datetime, by: KeyfileSigner = WITNESS, name: str = WITNESS_NAME) -> None:
        """The witness signs the newest checkpoint."""
        head = self.log.tiles.head()
        assert head is not None
        key = NoteKey(name=name, type=KeyType.COSIGNER, material=note_key(_key("log", by, name)).material)
        self.log.tiles.cosign(head[0], [note.sign(head[1].text, key, by.sign, at=at)])

    def held(self, name: str = "held") -> Held:
        """The newest checkpoint, as the customer keeps it."""
        head = self.log.tiles.head()
        assert head is not None
        return Held(name=name, note=head[1])

    def place(self, extras: Mapping[str, Path] | None = None) -> Place:
        """Where everything lies."""
        return Place(
            log=self.log.tiles,
            drills=self.root / "drills",
            records=self.root / "records",
            agreement=self.agreed.contract.id,
            agreed=tuple(self.agreed.blobs()),
            extras=extras or {},
        )

    def gather(self, period: Period = QUARTER, extras: Mapping[str, Path] | None = None) -> Gathered:
        """Its bundle."""
        return gather(self.place(extras), period)


def good(root: Path, days: Sequence[int] = (0, 1, 2)) -> Kept:
    """A quarter in which everything is well: agreed, planned, drilled, closed, cosigned."""
    kept = Kept(root)
    kept.register()
    kept.schedule([slot(day) for day in days])
    for day in days:
        kept.drill(day)
    kept.close()
    kept.cosign(AFTER)
    return kept


@dataclass(slots=True)
class MemoryBundle:
    """A bundle in a dictionary."""

    files: dict[str, bytes]
    asked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, gathered: Gathered) -> "MemoryBundle":
        """The files of a bundle that could be written."""
        return cls({name: _content(one) for name, one in gathered.files.items()})

    def names(self, beginning: str) -> Iterable[str]:
        return iter(
            sorted(
                name
                for name in self.files
                if name.startswith(beginning) and not name.startswith("artifacts/")
            )
        )

    def read(self, name: str, limit: int) -> bytes:
        if name not in self.files:
            raise EvidenceError(f"{name} is not there")
        self.asked.add(name)
        if len(self.files[name]) > limit:
            raise EvidenceError(f"{name}: larger than {limit} bytes")
        return self.files[name]

    def lines(self, name: str, limit: int) -> Iterable[bytes]:
        content = self.read(name, 1 << 30)
        *lines, rest = content.split(b"\n")
        yield from lines
        if rest:
            raise EvidenceError(f"{name}: the last line is cut off")

    def measure(self, name: str, limit: int) -> tuple[Sha256, int]:
        content = self.read(name, limit)
        return records.digest(content), len(content)

    def unread(self) -> Iterable[str]:
        return iter(sorted(self.files.keys() - self.asked))


def _content(one: object) -> bytes:
    if isinstance(one, bytes):
        return one
    return one.read_bytes() if isinstance(one, Path) else b"".join(one)  # type: ignore[attr-defined]


def audited(
    bundle: MemoryBundle, *, at: datetime = AFTER, each: Each | None = None, **question: object
) -> Audit:
    """Audit with everybody's true keys."""
    asked = Question(**{"trust": TRUST, "at": at, **question})  # type: ignore[arg-type]
    found = audit(bundle, asked, each) if each else audit(bundle, asked)  # type: ignore[arg-type]
    if asked.check is None and second.is_file(asked.trust):  # tokens of tests are none for other programs
        code, why = second.asked(bundle.files, asked.trust, asked.held, at=at)
        assert code == second.expected(found), (why, found.findings)
    return found


def codes(of: Audit) -> list[str]:
    """The codes of its findings, the gravest first."""
    return [one.code for one in of.findings]
