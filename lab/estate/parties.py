"""Provider and customer of the lab: their keys, and the schedule that they sign for drills of right now.

In real life the customer's keys are with the customer. Here both lie side by side, so that one demo can
play both parts.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.compose import Workshop
from drverify.errors import HostError
from drverify.model.evidence import Role, TrustedAuthority, TrustedKey
from drverify.model.obligation import in_scope
from drverify.model.records import AgreedRegister, Period, Schedule, Slot, SlotId
from drverify.planning.period import period_of
from drverify.sealing import codec
from drverify.sealing.authorities import authorities_in
from drverify.sealing.envelope import encode
from drverify.sealing.keys import trust_file
from drverify.sealing.records.building import sign, unsigned
from lab.authority.making import opened
from lab.authority.server import serving
from lab.estate.layout import (
    CUSTOMER_KEY,
    PARTIES,
    PROVIDER_KEY,
    WITNESS_KEY,
    Estate,
    TimeAuthority,
    write_secret,
    write_settings,
)

AUTHORITIES = ("first", "second")
WITNESS = "acme.example/witness"
KEYS: dict[Role, str] = {"provider": PROVIDER_KEY, "customer": CUSTOMER_KEY, "witness": WITNESS_KEY}
LEAD = timedelta(seconds=3)
"""How long after it is made the schedule's first slot opens: it has to be logged before."""
WINDOW = timedelta(hours=1)


def make_keys(estate: Estate) -> None:
    """Make the parties' keys and trust files that are not there yet. Idempotent."""
    estate.parties.mkdir(mode=0o700, exist_ok=True)
    for role, name in KEYS.items():
        path = estate.parties / name
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        called = WITNESS if role == "witness" else role
        write_trust(estate.parties / f"{role}.trust.json", [_public(path, role, called)])
    both = [_public(estate.parties / KEYS[role], role, role) for role in ("provider", "customer")]
    write_trust(estate.parties / PARTIES, both)


def write_trust(path: Path, keys: Sequence[TrustedKey], authorities: Sequence[TrustedAuthority] = ()) -> None:
    """Write a trust file."""
    path.write_text(json.dumps(trust_file(keys, authorities), indent=2) + "\n")


@contextmanager
def stamping(estate: Estate) -> Iterator[None]:
    """Run two time authorities on loopback, and have the estate's log stamped by them meanwhile."""
    place = estate.parties / "authorities"
    place.mkdir(exist_ok=True)
    made = [opened(place / name, name, whole_chain=name == AUTHORITIES[-1]) for name in AUTHORITIES]
    roots = [
        root for one in made for root in authorities_in(one.root.read_bytes(), one.name, what=str(one.root))
    ]
    write_trust(estate.parties / "authorities.trust.json", [], roots)
    with serving({one.name: one.reply for one in made}) as address:
        write_settings(
            estate,
            authorities=[
                TimeAuthority(name=one.name, url=f"{address}/{one.name}", ca=one.root) for one in made
            ],
        )
        try:
            yield
        finally:
            write_settings(estate)


def is_agreed(workshop: Workshop) -> bool:
    """Whether the newest register in the log is of the contract that is accepted now."""
    registers = [record for record in _records(workshop) if isinstance(record, AgreedRegister)]
    return bool(registers) and registers[-1].contract == codec.digest(workshop.agreed.contract)


def write_schedule(
    workshop: Workshop, workloads: Sequence[str], path: Path, window: timedelta = WINDOW
) -> datetime:
    """Write a schedule that the provider signed, a slot for each workload; returns when they open."""
    now = datetime.now(UTC).replace(microsecond=0)
    period, opens = current_period(now), now + LEAD
    register = workshop.agreed.register(now)
    slots = tuple(
        Slot(
            id=SlotId(f"{period.id}/{name}/lab-{now:%m%dT%H%M%S}"),
            workload=name,
            opens=opens,
            closes=min(opens + window, period.ends),
            obligations=tuple(one.id for one in in_scope(register, name)),
        )
        for name in workloads
    )
    contract = workshop.agreed.contract
    record = Schedule(agreement=contract.id, contract=codec.digest(contract), period=period, slots=slots)
    path.write_bytes(encode(sign(unsigned(record), workshop.parties.provider(), before=False)))
    return opens


def current_period(now: datetime) -> Period:
    """The quarter of an instant."""
    return period_of(f"{now.year}Q{(now.month + 2) // 3}")


def wait_until(instant: datetime) -> None:
    """Sleep until then."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()) + 0.1)


def _records(workshop: Workshop) -> Sequence[object]:
    log = workshop.log()
    if log is None:
        raise HostError("the lab's settings name no log")
    return [record for _, record in workshop.parties.history(log, workshop.drills.path).registers]


def _public(path: Path, role: Role, name: str) -> TrustedKey:
    return TrustedKey(role=role, public_der=KeyfileSigner.read(path).public_der, name=name)
