"""What a drill's evidence shows of heartbeats: whose key and clock its newest record rests on. Pure.

The probe's transcript ends with the token that it read. It is checked again here: against the keys that the
playbook names, for a fact that cannot be is refused; and against the customers and witnesses of the trust
file, for the playbook is the provider's, and only whoever verifies knows whose key is whose.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillPlan, DrillRecord, ProbeResult, ProbeStatus
from drverify.model.evidence import Role, TrustedKey
from drverify.model.playbook import FreshnessProbe, NewestToken, ProbeSpec
from drverify.sealing.codec import to_json
from drverify.sealing.keys import public_key
from drverify.transparency import heartbeat, note
from drverify.transparency.heartbeat import Token

TOLD = "the newest heartbeat that holds, as it was signed:"
"""The line of ours before the token in a transcript; a guest cannot write lines of ours."""
NOT_THE_PROVIDERS: tuple[Role, ...] = ("customer", "witness")
"""Whose heartbeats count as somebody else's than the provider's."""
_UNKNOWN = (
    "whom the trust file does not name as customer or witness: the age of the newest record rests on the "
    "provider's word"
)
_OURS, _THEIRS = "> ", "< "
Load = Callable[[Sha256], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A probe that read a token, and the token out of its transcript."""

    probe: FreshnessProbe
    token: Token


def check_heartbeats(
    plan: DrillPlan, record: DrillRecord, load: Load, keys: Sequence[TrustedKey]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Check every token that the drill's probes read: what held, and what is to be noted.

    EvidenceError when a probe passed whose token does not hold or is of another time than was recorded.
    """
    held: list[str] = []
    notes: list[str] = []
    owners = [key for key in keys if key.role in NOT_THE_PROVIDERS]
    found = tuple(_tokens(plan, record, load))
    for read in found:
        beat, name = read.token.heartbeat, f"probe {read.probe.id}"
        at = to_json(beat.at)
        owner = next((key for key in owners if _material(key) == read.token.key.material), None)
        if beat.workload != plan.workload.name:
            notes.append(f"{name} reads heartbeats of {beat.workload}, another workload")
        elif owner is None:
            notes.append(f"{name}: the heartbeat of {at} is signed by {read.token.key.name}, {_UNKNOWN}")
        elif doubt := _doubt(owner, beat.at):
            notes.append(f"{name}: the heartbeat of {at} is signed by {owner.name}, whose key {doubt}")
        else:
            who = f"{owner.role} {owner.name or read.token.key.name}"
            held.append(
                f"the newest record is the heartbeat of {at} that the {who} signed: "
                f"RPO rests on the {owner.role}'s own key and clock ({name})"
            )
        if beat.at > plan.incident_at:
            notes.append(f"{name}: the heartbeat of {at} is from after the incident")
    if owners and not found and any(_reads_tokens(probe) for probe in plan.playbook.probes):
        notes.append("no heartbeat was read: RPO does not rest on the customer's key")
    return tuple(held), tuple(notes)


def _doubt(owner: TrustedKey, at: datetime) -> str:
    """Why the key's heartbeat of that time does not count; empty when it does."""
    if owner.revoked is not None:
        return f"was revoked as of {to_json(owner.revoked.at)}"
    early = owner.valid_from is not None and at < owner.valid_from
    late = owner.valid_until is not None and at >= owner.valid_until
    return "is not valid at that time" if early or late else ""


def _reads_tokens(probe: ProbeSpec) -> bool:
    return isinstance(probe, FreshnessProbe) and isinstance(probe.newest, NewestToken)


def _tokens(plan: DrillPlan, record: DrillRecord, load: Load) -> Iterator[_Read]:
    results = {result.probe: result for result in record.probes}
    for probe in plan.playbook.probes:
        result = results.get(probe.id)
        if not isinstance(probe, FreshnessProbe) or not isinstance(probe.newest, NewestToken):
            continue
        if result is not None and result.status is ProbeStatus.PASSED:
            yield _Read(probe=probe, token=_token(probe, probe.newest, result, load))


def _token(probe: FreshnessProbe, spec: NewestToken, result: ProbeResult, load: Load) -> Token:
    what = f"heartbeat of probe {probe.id}"
    if result.transcript is None:
        raise EvidenceError(f"{what}: there is no transcript")
    content = token_in(load(result.transcript), what=what)
    try:
        keys = [note.parse_vkey(key, what=what) for key in spec.keys]
    except InputError as error:
        raise EvidenceError(str(error)) from error
    token = heartbeat.check(content, keys, spec.workload, what=what)
    if token.heartbeat.at != result.newest:
        raise EvidenceError(f"{what}: recorded is another time than the one that was signed")
    return token


def token_in(transcript: bytes, *, what: str) -> bytes:
    """The token at the end of a probe's transcript; EvidenceError when there is none."""
    lines = transcript.decode("utf-8", "replace").split("\n")
    last = next((at for at in reversed(range(len(lines))) if lines[at] == _OURS + TOLD), None)
    if last is None:
        raise EvidenceError(f"{what}: the transcript has no token in it")
    rows = lines[last + 1 : last + 1 + heartbeat.LINES]
    if len(rows) != heartbeat.LINES or not all(row.startswith(_THEIRS) for row in rows):
        raise EvidenceError(f"{what}: the token in the transcript is cut off")
    return "".join(f"{row.removeprefix(_THEIRS)}\n" for row in rows).encode()


def _material(key: TrustedKey) -> bytes:
    """The raw key; empty for one that signs no notes."""
    found = public_key(key.public_der)
    return found.public_bytes_raw() if isinstance(found, Ed25519PublicKey) else b""
