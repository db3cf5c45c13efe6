"""A year of evidence, made by the real code without a single restore: what audits are measured with.

    python -m lab.bench.evidence_year DIRECTORY --drills 100000

Each drill is of its own slot: start and result signed and logged, a listing of 31 nightly points, two
transcripts of its own; the schedule is monthly, signed by both, and each month is closed.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache, partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.adapters.bundle.writing import Content, write_tar
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.agreements.locks import load_lock
from drverify.auditing import layout
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.drill import Artefact, DrillId, DrillPlan, LoggedStart
from drverify.model.evidence import Blob, RecordKind, TrustedKey
from drverify.model.obligation import Register, in_scope
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
from drverify.planning.obligations import register_of
from drverify.planning.period import period_of
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import Agreed, sha256_of
from drverify.sealing.keys import trust_file
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
from lab.bench.invented import PLAYBOOK, WORKLOAD, invented, transcript

LOCK = Path(__file__).parents[2] / "contracts" / "acme-managed-hosting.lock.yaml"
BUNDLE, TRUST = "year.tar", "trust.json"
ORIGIN = "provider.example/drverify/year"
YEAR = 2026
_DAY = timedelta(days=1)


def _signer(seed: int) -> KeyfileSigner:
    return KeyfileSigner(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


RUNNER, LOG, PROVIDER, CUSTOMER = (_signer(seed) for seed in (1, 2, 3, 4))
KEYS = (
    TrustedKey(role="runner", public_der=RUNNER.public_der, name="runner"),
    TrustedKey(role="log", public_der=LOG.public_der, name=ORIGIN),
    TrustedKey(role="provider", public_der=PROVIDER.public_der, name="provider"),
    TrustedKey(role="customer", public_der=CUSTOMER.public_der, name="customer"),
)


class _Unchanged(Agreed):
    """Is asked for the same contract, papers and registers a hundred thousand times."""

    @cached_property
    def _digest(self) -> Sha256:
        return codec.digest(self.contract)

    @cached_property
    def _blobs(self) -> tuple[Blob, ...]:
        return tuple(super().blobs())

    @cached_property
    def _registers(self) -> Callable[..., Register]:
        return lru_cache(maxsize=1)(partial(register_of, self.contract, digest=self._digest))

    def register(self, at: datetime) -> Register:
        """Make the register for one instant."""
        return self._registers(at=at)

    def blobs(self) -> Iterator[Blob]:
        """Everything that evidence has to keep of it."""
        yield from self._blobs


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
    found = load_lock(LOCK)
    year = _Year(_Unchanged(contract=found.contract, papers=found.papers), scratch / "lines")
    contract = year.agreed.contract
    documents = year.agreed.register(datetime(YEAR, 1, 1, tzinfo=UTC)).agreement.documents
    for blob in year.agreed.blobs():
        year.keep(blob)
    digest = codec.digest(contract)
    year.party(AgreedRegister(agreement=contract.id, contract=digest, documents=documents, revision=1))
    for month in range(12):
        _month(year, digest, period_of(f"{YEAR}-{month + 1:02d}"), drills // 12 + (month < drills % 12))
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
        workload=WORKLOAD,
        playbook=PLAYBOOK,
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
    texts = (transcript(one.id, plan.drill_id) for one in PLAYBOOK.probes)
    record = invented(plan, begun, tuple(year.keep(one) for one in texts))
    verdicts = judge_all(register, plan, record)
    sealing = Sealing(plan=plan, record=record, agreed=year.agreed, register=register, verdicts=verdicts)
    year.log("restore-drill", seal(sealing, keep=year.keep, signer=RUNNER))


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
        period=period_of(str(YEAR)),
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


def main(argv: Sequence[str]) -> int:
    """Make a bundle, and the trust file that it is audited with."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, metavar="DIRECTORY", help=f"gets {BUNDLE} and {TRUST}")
    parser.add_argument("--drills", type=int, default=10_000)
    args = parser.parse_args(argv)
    make(args.drills, args.directory / BUNDLE, args.directory)
    (args.directory / TRUST).write_bytes(canonical(trust_file(KEYS)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
