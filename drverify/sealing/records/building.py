"""Statements of the parties: what each is about, and their signatures. Pure.

The predicate is the record, in the form of `sealing.codec`; everything else in the statement follows from
it. Subjects are the things that a record speaks of, by digest:

    register        the accepted contract, each executed document
    schedule        the schedule itself
    drill-voided    the signed statement of the start
    period-close    the tree that was counted: its root hash is a sha256 (RFC 6962)
    archive-refresh each file

Every role of `SIGNED_BY` signs once, and nobody else. Signatures stand in the reverse of that order, so
that the first, which the log's entry binds, is the customer's where the customer signs: the log is the
provider's, and its entry then shows that the customer had signed when it was made.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from drverify.model.agreement import Sha256
from drverify.model.evidence import (
    PAYLOAD_TYPE,
    PREDICATE_TYPES,
    SIGNED_BY,
    STATEMENT_TYPE,
    Envelope,
    RecordKind,
    Role,
    Signature,
)
from drverify.model.records import (
    AgreedRegister,
    ArchiveRefresh,
    PartyRecord,
    PeriodClose,
    Schedule,
    VoidedDrill,
)
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.agreed import CONTRACT_NAME, CONTRACT_TYPE, DOCUMENT_TYPE, sha256_of
from drverify.sealing.seal import Signs
from drverify.sealing.strict_json import Json, canonical, compact

SCHEDULE_TYPE = "application/vnd.drverify.schedule+json"
FORMS: Mapping[RecordKind, type[PartyRecord]] = MappingProxyType(
    {
        "register": AgreedRegister,
        "schedule": Schedule,
        "drill-voided": VoidedDrill,
        "period-close": PeriodClose,
        "archive-refresh": ArchiveRefresh,
    }
)
"""What the predicate of each kind is."""


def kind_of(record: PartyRecord) -> RecordKind:
    """Which kind of record it is."""
    return next(kind for kind, form in FORMS.items() if type(record) is form)


def order_of(kind: RecordKind) -> tuple[Role, ...]:
    """The roles that sign, in the order of their signatures."""
    return tuple(reversed(SIGNED_BY[kind]))


def build(record: PartyRecord) -> dict[str, Json]:
    """The statement. ValueError for a value that no evidence can hold."""
    predicate = codec.to_json(record)
    return {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(record, predicate),
        "predicateType": PREDICATE_TYPES[kind_of(record)],
        "predicate": predicate,
    }


def unsigned(record: PartyRecord) -> Envelope:
    """The statement's envelope before anybody has signed. ValueError as `build`."""
    return Envelope(payload_type=PAYLOAD_TYPE, payload=canonical(build(record)), signatures=())


def sign(envelope: Envelope, signer: Signs, *, before: bool) -> Envelope:
    """Add a signature, before those that are there or after them; whose it has to be is known elsewhere."""
    message = dsse.pae(envelope.payload_type, envelope.payload)
    made = (Signature(keyid=signer.keyid, sig=signer.sign(message)),)
    there = envelope.signatures
    return replace(envelope, signatures=(*made, *there) if before else (*there, *made))


def _subjects(record: PartyRecord, predicate: Json) -> list[Json]:
    match record:
        case AgreedRegister():
            documents = [_subject(one.name, one.sha256, DOCUMENT_TYPE) for one in record.documents]
            return [_subject(CONTRACT_NAME, record.contract, CONTRACT_TYPE), *documents]
        case Schedule():
            return [_subject("schedule.json", sha256_of(compact(predicate)), SCHEDULE_TYPE)]
        case VoidedDrill():
            return [_subject("drill-started", record.start.payload, PAYLOAD_TYPE)]
        case PeriodClose():
            return [_subject("root", record.root)]
        case ArchiveRefresh():
            return [_subject(one.name, one.sha256, one.media_type) for one in record.files]


def _subject(name: str, sha256: Sha256, media_type: str = "") -> Json:
    found: dict[str, Json] = {"name": name, "digest": {"sha256": sha256}}
    return {**found, "mediaType": media_type} if media_type else found
