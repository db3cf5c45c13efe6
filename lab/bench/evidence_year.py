"""A year of evidence, made by the real code without a single restore, and what it takes to audit it.

    python -m lab.bench.evidence_year --drills 100000

Each drill is of its own slot: start and result signed and logged, a listing of 31 nightly points, two
transcripts of its own; the schedule is monthly, signed by both, and each month is closed. Nothing is
asserted. The time is beside that of the bare signature checks of the same envelopes, by the same library.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.adapters.bundle.writing import Content, write_tar
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.agreements.locks import load_lock
from drverify.auditing import layout
from drverify.auditing.periods import period_named
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.drill import (
    Artefact,
    ControlResult,
    DrillId,
    DrillPlan,
    DrillRecord,
    IsolationCheck,
    IsolationRecord,
    LoggedStart,
    PhaseName,
    PhaseRecord,
    ProbeResult,
    ProbeStatus,
    RestoreFacts,
    ToolFact,
)
from drverify.model.evidence import Blob, RecordKind, TrustedKey
from drverify.model.obligation import in_scope
from drverify.model.playbook import ChecksumProbe, FreshnessProbe, NewestFile, Playbook
from drverify.model.records import (
    AgreedRegister,
    PartyRecord,
    Period,
    PeriodClose,
    Schedule,
    Slot,
    SlotId,
    SlotReference,
)
from drverify.model.recovery import FileSet, PointFilter, PointId, RecoveryPoint, Workload
from drverify.planning.selection import select
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import Agreed, sha256_of
from drverify.sealing.keys import check_signature, keyid_of, trust_file
from drverify.sealing.logged import leaf_of, note_key
from drverify.sealing.records.building import kind_of, order_of, sign, unsigned
from drverify.sealing.records.counting import Span, count
from drverify.sealing.records.history import History
from drverify.sealing.records.statements import read_statement
from drverify.sealing.seal import Sealing, seal
from drverify.sealing.started import seal_start
from drverify.sealing.strict_json import canonical
from drverify.transparency import leaf, note, tiles, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.tiles import WIDTH, Tile

LOCK = Path(__file__).parents[2] / "contracts" / "acme-managed-hosting.lock.yaml"
ORIGIN = "provider.example/drverify/year"
YEAR = 2026
POINTS = 31
_SEC, _HOUR, _DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def _signer(seed: int) -> KeyfileSigner:
    return KeyfileSigner(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


RUNNER, LOG, PROVIDER, CUSTOMER = (_signer(seed) for seed in (1, 2, 3, 4))
KEYS = (
    TrustedKey(role="runner", public_der=RUNNER.public_der, name="runner"),
    TrustedKey(role="log", public_der=LOG.public_der, name=ORIGIN),
    TrustedKey(role="provider", public_der=PROVIDER.public_der, name="provider"),
    TrustedKey(role="customer", public_der=CUSTOMER.public_der, name="customer"),
)


@dataclass(slots=True)
class _Year:
    """A log with its envelopes in a file, and everything that they name."""

    agreed: Agreed
    lines: Path
    entries: list[bytes] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)
    history: History = field(default_factory=lambda: History(origin=ORIGIN))
    growing: tree.Growing = field(default_factory=tree.Growing)

    def log(self, kind: RecordKind, data: bytes, said: PartyRecord | None = None) -> LoggedStart:
        """Append an envelope; `said` of a party's."""
        entry = leaf_of(kind, data)
        index = len(self.entries)
        self.entries.append(leaf.encode(entry))
        self.growing.add(tree.leaf_hash(self.entries[-1]))
        self.history.take(index, entry, said or read_statement(data))
        with self.lines.open("ab") as file:
            file.write(data + b"\n")
        return LoggedStart(origin=ORIGIN, index=index, payload=entry.payload)

    def party(self, record: PartyRecord) -> LoggedStart:
        """Sign and log what the parties state."""
        sealed = unsigned(record)
        for role in order_of(kind_of(record)):
            sealed = sign(sealed, PROVIDER if role == "provider" else CUSTOMER, before=False)
        return self.log(kind_of(record), envelope.encode(sealed), record)

    def keep(self, blob: Blob) -> Artefact:
        """Keep a file by its digest."""
        digest = sha256_of(blob.content)
        self.artefacts[digest] = blob.content
        size = len(blob.content)
        return Artefact(name=blob.name, sha256=digest, size_bytes=size, media_type=blob.media_type)


def make(drills: int, target: Path, scratch: Path) -> None:
    """Write the bundle of a year with so many drills."""
    year = _Year(load_lock(LOCK), scratch / "lines")
    contract = year.agreed.contract
    documents = year.agreed.register(datetime(YEAR, 1, 1, tzinfo=UTC)).agreement.documents
    for blob in year.agreed.blobs():
        year.keep(blob)
    digest = codec.digest(contract)
    year.party(AgreedRegister(agreement=contract.id, contract=digest, documents=documents, revision=1))
    for month in range(12):
        _month(year, digest, period_named(f"{YEAR}-{month + 1:02d}"), drills // 12 + (month < drills % 12))
    write_tar(_files(year), target)


def _month(year: _Year, contract: Sha256, period: Period, drills: int) -> None:
    step = (period.ends - period.begins) / max(drills, 1)
    obligations = tuple(one.id for one in in_scope(year.agreed.register(period.begins), "shop-files"))
    slots = tuple(
        Slot(
            id=SlotId(f"{period.id}/shop-files/{number:05d}"),
            workload="shop-files",
            opens=(period.begins + number * step).replace(microsecond=0),
            closes=period.ends,
            obligations=obligations,
        )
        for number in range(drills)
    )
    agreement = year.agreed.contract.id
    schedule = year.party(Schedule(agreement=agreement, contract=contract, period=period, slots=slots))
    begin = year.history.closes[-1][1].size if year.history.closes else 0
    for slot in slots:
        _drill(year, slot, SlotReference(schedule=schedule.payload, slot=slot.id))
    size = len(year.entries)
    year.party(
        PeriodClose(
            agreement=agreement,
            period=period,
            begin=begin,
            size=size,
            root=Sha256(year.growing.root().hex()),
            counts=count(year.history, Span(period=period, begin=begin, size=size)),
        )
    )


def _drill(year: _Year, slot: Slot, reference: SlotReference) -> None:
    incident = slot.opens
    register = year.agreed.register(incident)
    plan = DrillPlan(
        drill_id=DrillId(f"{incident:%Y%m%dT%H%M%SZ}-{len(year.entries):06x}"),
        workload=_WORKLOAD,
        playbook=_PLAYBOOK,
        register_sha256=codec.digest(register),
        obligations=tuple(one.id for one in in_scope(register, "shop-files")),
        requested_point="latest",
        mode="full",
        incident_at=incident,
        look_back=register.look_back,
        previous_success_at=incident - _DAY,
        slot=reference,
    )
    begun = year.log("drill-started", seal_start(plan, RUNNER))
    record = _record(year, plan, begun)
    verdicts = judge_all(register, plan, record)
    sealing = Sealing(plan=plan, record=record, agreed=year.agreed, register=register, verdicts=verdicts)
    year.log("restore-drill", seal(sealing, keep=year.keep, signer=RUNNER))


_PLAYBOOK = Playbook(
    name="files",
    applies_to="file-set",
    probes=(
        ChecksumProbe(id="intact", manifest="SHA256SUMS", min_files=100, proves_application=True),
        FreshnessProbe(id="fresh", newest=NewestFile(pattern="*")),
    ),
)
_WORKLOAD = Workload(
    name="shop-files",
    source="vault",
    points=PointFilter(host="shop", tags=("files",)),
    payload=FileSet(path="/srv/shop"),
    playbook="files",
    protected_since=datetime(YEAR - 1, 1, 1, tzinfo=UTC),
)


def _record(year: _Year, plan: DrillPlan, begun: LoggedStart) -> DrillRecord:
    at = plan.incident_at + _SEC
    kept = [
        year.keep(
            Blob(name=f"probes/{one}.txt", media_type="text/plain", content=f"{one} {plan.drill_id}".encode())
        )
        for one in ("intact", "fresh")
    ]
    newest = plan.incident_at.replace(hour=0, minute=0, second=0) - timedelta(minutes=30)
    spans = (
        (PhaseName.SELECT, 0, 1), (PhaseName.PROVISION, 1, 1), (PhaseName.RESTORE, 2, 50),
        (PhaseName.PROBE, 52, 8), (PhaseName.TEARDOWN, 60, 2),
    )  # fmt: skip
    return DrillRecord(
        drill_id=plan.drill_id,
        start=begun,
        started_at=at,
        ended_at=at + 62 * _SEC,
        selection=select(tuple(_points(newest)), "latest", plan.incident_at, at),
        phases=tuple(PhaseRecord(name=name, started=at * _SEC, took=took * _SEC) for name, at, took in spans),
        restore=RestoreFacts(
            mode="full",
            restored_bytes=1 << 30,
            allocated_bytes=1 << 30,
            read_bytes=1 << 29,
            files=1200,
            cache="cold",
        ),
        probes=tuple(
            ProbeResult(
                probe=one.id,
                kind=one.kind,
                status=ProbeStatus.PASSED,
                expected="as stated",
                observed="as stated",
                started=53 * _SEC,
                took=_SEC,
                attempts=1,
                settled=54 * _SEC,
                newest=newest if one.kind == "freshness" else None,
                transcript=transcript.sha256,
            )
            for one, transcript in zip(_PLAYBOOK.probes, kept, strict=True)
        ),
        controls=tuple(
            ControlResult(probe=one.id, status=ProbeStatus.FAILED, observed="nothing")
            for one in _PLAYBOOK.probes
        ),
        isolation=IsolationRecord(
            checks=(IsolationCheck(name="files", closed=True, detail="nothing is started"),)
        ),
        dependencies=(),
        guest_clock_skew=None,
        faults=(),
        defects=(),
        artefacts=tuple(kept),
        tools=(ToolFact(name="restic", version="0.18.0"),),
        cleaned_up=True,
    )


def _points(newest: datetime) -> Iterator[RecoveryPoint]:
    for nights in range(POINTS):
        at = newest - nights * _DAY
        yield RecoveryPoint(
            id=PointId(sha256_of(str(at).encode())),
            source="vault",
            consistent_as_of=at,
            as_of_origin="tag",
            host="shop",
            paths=("/srv/shop",),
            tags=("files",),
            size_bytes=1 << 30,
        )


def _files(year: _Year) -> dict[str, Content]:
    size = len(year.entries)
    text = Checkpoint(origin=ORIGIN, size=size, root=year.growing.root()).text
    signed = note.Note(text=text, signatures=(note.sign(text, note_key(KEYS[1]), LOG.sign),))
    files: dict[str, Content] = {layout.artefact(name): content for name, content in year.artefacts.items()}
    files[layout.CHECKPOINT] = note.render(signed)
    files[layout.ENVELOPES] = year.lines
    files[layout.README] = b"A year of evidence that no drill is behind of: for benchmarks.\n"
    files.update((f"{layout.LOG}{tile.path}", content) for tile, content in _tiles(year.entries))
    listed = tuple(
        layout.Listed(path=name, sha256=sha256_of(content), size_bytes=len(content))
        for name in (layout.README, layout.CHECKPOINT)
        if isinstance(content := files[name], bytes)
    )
    index = layout.Index(
        agreement=year.agreed.contract.id,
        period=period_named(str(YEAR)),
        origin=ORIGIN,
        size=size,
        files=listed,
    )
    return {**files, layout.INDEX: codec.encode(index)}


def _tiles(entries: list[bytes]) -> Iterator[tuple[Tile, bytes]]:
    for tile in tiles.bundles_of(len(entries)):
        yield tile, tiles.pack(entries[tile.index * WIDTH : tile.index * WIDTH + tile.width])
    row, level = [tree.leaf_hash(entry) for entry in entries], 0
    while row:
        for first in range(0, len(row), WIDTH):
            found = row[first : first + WIDTH]
            yield Tile(level=level, index=first // WIDTH, width=len(found)), b"".join(found)
        whole = len(row) // WIDTH
        row = [tiles.folded(row[at * WIDTH : (at + 1) * WIDTH]) for at in range(whole)]
        level += 1


def bare(lines: Iterable[bytes]) -> tuple[int, float]:
    """Check nothing but signatures: how many, and in how many seconds, reading not counted."""
    keys = {keyid_of(key.public_der): key.public_der for key in KEYS}
    checks, spent = 0, 0.0
    for line in lines:
        sealed = envelope.decode(line.rstrip(b"\n"))
        message = envelope.pae(sealed.payload_type, sealed.payload)
        begun = time.process_time()
        for one in sealed.signatures:
            check_signature(keys[one.keyid], one.sig, message)
            checks += 1
        spent += time.process_time() - begun
    return checks, spent


def main() -> None:
    """Make, check, audit, and say what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drills", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the bundle there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drverify-year-") as name:
        place = Path(name)
        target = args.keep or place / "year.tar"
        begun = time.process_time()
        make(args.drills, target, place)
        made = time.process_time() - begun
        print(f"{args.drills} drills made in {made:.0f} s of CPU: {target.stat().st_size / 2**20:.0f} MiB")
        with (place / "lines").open("rb") as lines:
            checks, spent = bare(lines)
        (place / "trust.json").write_bytes(canonical(trust_file(KEYS)))
        words = ["audit", str(target), "--trust", str(place / "trust.json"), "--at", f"{YEAR + 1}-01-15"]
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "drverify", *words], capture_output=True, text=True, check=False
        )
        wall, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        audit = used.ru_utime + used.ru_stime
        print(done.stdout.partition("\n")[0])
        memory, code = used.ru_maxrss / 1024, done.returncode
        print(f"audit: {audit:.1f} s of CPU ({wall:.0f} s), {memory:.0f} MiB, exit code {code}")
        print(f"bare signature checks: {checks} in {spent:.1f} s; ratio {audit / spent:.1f}")


if __name__ == "__main__":
    main()
