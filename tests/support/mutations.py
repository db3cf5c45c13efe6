"""Copies of evidence with something wrong, reproducibly: what every verifier must refuse."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.model.evidence import PAYLOAD_TYPE, Envelope, KeyId, Signature
from drverify.sealing import envelope as dsse
from drverify.sealing.logged import leaf_of
from drverify.sealing.strict_json import canonical
from tests.support import records
from tests.support.evidence import (
    RESULT_PROOF,
    START,
    START_PROOF,
    MemoryLog,
    Sealed,
    logged,
    signer,
    with_payload,
)

Mutation = Callable[[Sealed, random.Random], Sealed]
STRANGER = signer(99)


def mutated(good: Sealed, count: int, seed: int = 2026) -> Iterator[tuple[str, Sealed]]:
    """`count` bad copies, each kind in turn, by somebody who does not have the trusted key."""
    rng = random.Random(seed)
    kinds = (*OUTSIDERS, *(UNLOGGED if good.logged else ()))
    for number in range(count):
        mutation = kinds[number % len(kinds)]
        yield f"{number:03d}-{mutation.__name__}", mutation(good, rng)


def lies(good: Sealed, by: KeyfileSigner) -> Iterator[tuple[str, Sealed]]:
    """Every bad copy that somebody who does have the trusted key can make of a statement's payload."""
    payload = canonical(good.statement)
    for name, change in LIES.items():
        changed = change(payload)
        if changed == payload:
            raise AssertionError(f"{name} changes nothing")
        yield name, with_payload(good, changed, by=by)


def _at(data: bytes, rng: random.Random) -> int:
    return rng.randrange(len(data))


def flipped_byte(good: Sealed, rng: random.Random) -> Sealed:
    changed = bytearray(good.envelope)
    changed[_at(changed, rng)] ^= rng.randrange(1, 256)
    return replace(good, envelope=bytes(changed))


def deleted_byte(good: Sealed, rng: random.Random) -> Sealed:
    at = _at(good.envelope, rng)
    return replace(good, envelope=good.envelope[:at] + good.envelope[at + 1 :])


def inserted_byte(good: Sealed, rng: random.Random) -> Sealed:
    at = rng.randrange(len(good.envelope) + 1)
    added = rng.choice([b" ", b"\n", b"0", b"=", b"A"])
    return replace(good, envelope=good.envelope[:at] + added + good.envelope[at:])


def truncated(good: Sealed, rng: random.Random) -> Sealed:
    return replace(good, envelope=good.envelope[: _at(good.envelope, rng)])


def flipped_artefact(good: Sealed, rng: random.Random) -> Sealed:
    name = rng.choice(sorted(good.files))
    changed = bytearray(good.files[name])
    changed[_at(changed, rng)] ^= rng.randrange(1, 256)
    return replace(good, files={**good.files, name: bytes(changed)})


def cut_artefact(good: Sealed, rng: random.Random) -> Sealed:
    name = rng.choice(sorted(good.files))
    return replace(good, files={**good.files, name: good.files[name][:-1]})


def missing_artefact(good: Sealed, rng: random.Random) -> Sealed:
    name = rng.choice(sorted(good.files))
    return replace(good, files={key: content for key, content in good.files.items() if key != name})


def swapped_artefacts(good: Sealed, rng: random.Random) -> Sealed:
    one, other = rng.sample(sorted(good.files), 2)
    return replace(good, files={**good.files, one: good.files[other], other: good.files[one]})


def _numbers(value: Any) -> list[tuple[Any, Any]]:
    found = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list):
            found += _numbers(item)
        elif type(item) is int:
            found.append((value, key))
    return found


def _edited(good: Sealed, rng: random.Random) -> bytes:
    statement = good.statement
    place, key = rng.choice(_numbers(statement))
    place[key] += rng.choice([-1, 1, 1000])
    return canonical(statement)


def _unsigned(good: Sealed, payload: bytes) -> Sealed:
    """Another payload under the signature of the good one."""
    fields = json.loads(good.envelope)
    return replace(good, envelope=canonical({**fields, "payload": base64.b64encode(payload).decode()}))


def edited_number(good: Sealed, rng: random.Random) -> Sealed:
    return _unsigned(good, _edited(good, rng))


def edited_verdict(good: Sealed, rng: random.Random) -> Sealed:
    statement = good.statement
    one = rng.choice(statement["predicate"]["obligations"])
    one["verdict"] = "MISSED" if one["verdict"] == "MET" else "MET"
    return _unsigned(good, canonical(statement))


def signed_by_a_stranger(good: Sealed, rng: random.Random) -> Sealed:
    return with_payload(good, _edited(good, rng), by=STRANGER)


def signed_by_a_stranger_unchanged(good: Sealed, _: random.Random) -> Sealed:
    return with_payload(good, canonical(good.statement), by=STRANGER)


def signed_under_a_borrowed_name(good: Sealed, rng: random.Random) -> Sealed:
    payload = _edited(good, rng)
    keyid = KeyId(json.loads(good.envelope)["signatures"][0]["keyid"])
    signature = Signature(keyid=keyid, sig=STRANGER.sign(dsse.pae(PAYLOAD_TYPE, payload)))
    made = Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(signature,))
    return replace(good, envelope=dsse.encode(made))


def _refielded(good: Sealed, **changes: Any) -> Sealed:
    return replace(good, envelope=canonical({**json.loads(good.envelope), **changes}))


def extra_key(good: Sealed, rng: random.Random) -> Sealed:
    return _refielded(good, **{rng.choice(["note", "signature", "payload2"]): 1})


def extra_key_in_a_signature(good: Sealed, _: random.Random) -> Sealed:
    (signature,) = json.loads(good.envelope)["signatures"]
    return _refielded(good, signatures=[{**signature, "cert": ""}])


def duplicate_key(good: Sealed, rng: random.Random) -> Sealed:
    other = base64.b64encode(_edited(good, rng))
    return replace(good, envelope=b'{"payload":"' + other + b'",' + good.envelope[1:])


def duplicate_key_in_the_payload(good: Sealed, _: random.Random) -> Sealed:
    return _unsigned(good, LIES["duplicate result"](canonical(good.statement)))


def floating_number(good: Sealed, _: random.Random) -> Sealed:
    return _unsigned(good, LIES["float"](canonical(good.statement)))


def other_layout(good: Sealed, rng: random.Random) -> Sealed:
    return replace(
        good, envelope=json.dumps(json.loads(good.envelope), indent=rng.choice([None, 1, 2])).encode()
    )


def odd_base64(good: Sealed, _: random.Random) -> Sealed:
    fields = json.loads(good.envelope)
    return _refielded(good, payload=fields["payload"].rstrip("=") + "\n")


def no_signature(good: Sealed, _: random.Random) -> Sealed:
    return _refielded(good, signatures=[])


def one_signature_twice(good: Sealed, _: random.Random) -> Sealed:
    (signature,) = json.loads(good.envelope)["signatures"]
    return _refielded(good, signatures=[signature, signature])


def added_stranger(good: Sealed, _: random.Random) -> Sealed:
    (signature,) = json.loads(good.envelope)["signatures"]
    other = json.loads(signed_by_a_stranger_unchanged(good, _).envelope)["signatures"]
    return _refielded(good, signatures=[signature, *other])


def other_payload_type(good: Sealed, rng: random.Random) -> Sealed:
    return _refielded(good, payloadType=rng.choice(["application/json", PAYLOAD_TYPE + " ", ""]))


def _relogged(good: Sealed, **changes: bytes) -> Sealed:
    return replace(good, logged={**good.logged, **changes})


def flipped_byte_of_the_log(good: Sealed, rng: random.Random) -> Sealed:
    name = rng.choice(sorted(good.logged))
    changed = bytearray(good.logged[name])
    changed[_at(changed, rng)] ^= rng.randrange(1, 256)
    return _relogged(good, **{name: bytes(changed)})


def cut_file_of_the_log(good: Sealed, rng: random.Random) -> Sealed:
    name = rng.choice(sorted(good.logged))
    return _relogged(good, **{name: good.logged[name][: _at(good.logged[name], rng)]})


def longer_file_of_the_log(good: Sealed, rng: random.Random) -> Sealed:
    name = rng.choice(sorted(good.logged))
    return _relogged(good, **{name: good.logged[name] + rng.choice([b"\n", b" ", b"\0", good.logged[name]])})


def missing_file_of_the_log(good: Sealed, rng: random.Random) -> Sealed:
    gone = rng.choice(sorted(good.logged))
    return replace(good, logged={name: content for name, content in good.logged.items() if name != gone})


def swapped_proofs(good: Sealed, _: random.Random) -> Sealed:
    start, result = good.logged[START_PROOF], good.logged[RESULT_PROOF]
    return _relogged(good, **{START_PROOF: result, RESULT_PROOF: start})


def start_of_another_drill(good: Sealed, rng: random.Random) -> Sealed:
    """Everything of it is signed and in the log; it is of another plan."""
    plan = replace(records.plan(), drill_id=f"20260901T000000Z-{rng.randrange(1 << 24):06x}")
    other = logged(plan=plan)
    return _relogged(good, **{START: other.logged[START], START_PROOF: other.logged[START_PROOF]})


def log_of_a_stranger(good: Sealed, _: random.Random) -> Sealed:
    log = MemoryLog(STRANGER)
    proofs = log.add("drill-started", good.logged[START]), log.add("restore-drill", good.envelope)
    return _relogged(good, **dict(zip((START_PROOF, RESULT_PROOF), proofs, strict=True)))


def start_signed_by_a_stranger(good: Sealed, _: random.Random) -> Sealed:
    """By somebody who has the log's key, and not the runner's."""
    begun = dsse.decode(good.logged[START])
    signature = Signature(keyid=STRANGER.keyid, sig=STRANGER.sign(dsse.pae(PAYLOAD_TYPE, begun.payload)))
    start = dsse.encode(replace(begun, signatures=(signature,)))
    if leaf_of("drill-started", start) == leaf_of("drill-started", good.logged[START]):
        raise AssertionError("the start is the same")
    log = MemoryLog()
    proofs = log.add("drill-started", start), log.add("restore-drill", good.envelope)
    return _relogged(good, **dict(zip((START, START_PROOF, RESULT_PROOF), (start, *proofs), strict=True)))


UNLOGGED: tuple[Mutation, ...] = (
    flipped_byte_of_the_log,
    cut_file_of_the_log,
    longer_file_of_the_log,
    missing_file_of_the_log,
    swapped_proofs,
    start_of_another_drill,
    log_of_a_stranger,
    start_signed_by_a_stranger,
)
"""What can be wrong with the files that show that a drill was logged."""

OUTSIDERS: tuple[Mutation, ...] = (
    flipped_byte,
    deleted_byte,
    inserted_byte,
    truncated,
    flipped_artefact,
    cut_artefact,
    missing_artefact,
    swapped_artefacts,
    edited_number,
    edited_verdict,
    signed_by_a_stranger,
    signed_by_a_stranger_unchanged,
    signed_under_a_borrowed_name,
    extra_key,
    extra_key_in_a_signature,
    duplicate_key,
    duplicate_key_in_the_payload,
    floating_number,
    other_layout,
    odd_base64,
    no_signature,
    one_signature_twice,
    added_stranger,
    other_payload_type,
)


def _replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda payload: payload.replace(old, new, 1)


def _changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def apply(payload: bytes) -> bytes:
        statement = json.loads(payload)
        change(statement["predicate"])
        return canonical(statement)

    return apply


def _all_met(predicate: dict[str, Any]) -> None:
    for one in predicate["obligations"]:
        one["verdict"] = "MET"
    predicate["passedTests"] = [*predicate["passedTests"], *predicate["failedTests"]]
    predicate["failedTests"], predicate["result"] = [], "PASSED"


LIES: dict[str, Callable[[bytes], bytes]] = {
    "all met": _changed(_all_met),
    "achieved": _changed(lambda it: it["obligations"][0].update(achievedMs=1)),
    "achieved by a millisecond": _changed(
        lambda it: it["obligations"][0].update(achievedMs=it["obligations"][0]["achievedMs"] - 1)
    ),
    "limit": _changed(lambda it: it["obligations"][0].update(limitMs=10**9)),
    "allowance": _changed(lambda it: it["obligations"][0].update(allowanceMs=1)),
    "dropped obligation": _changed(lambda it: it["obligations"].pop()),
    "dropped obligation in the plan too": _changed(
        lambda it: (it["obligations"].pop(), it["plan"]["obligations"].pop())
    ),
    "softer look-back": _changed(lambda it: it["plan"].update(lookBackMs=1)),
    "other drill": _changed(lambda it: it["record"].update(drillId="20200101T000000Z-000000")),
    "dropped artefact": _changed(lambda it: it["record"]["artefacts"].pop()),
    "dropped point": _changed(lambda it: it["record"]["selection"]["listed"].pop(0)),
    "unknown field": _changed(lambda it: it.update(note="trust me")),
    "unknown field in the record": _changed(lambda it: it["record"].update(note="trust me")),
    "missing field": _changed(lambda it: it["record"].pop("faults")),
    "true for a number": _changed(lambda it: it["record"].update(cleanedUp=1)),
    "duplicate result": _replaced(b'"result":', b'"result":"PASSED","result":'),
    "float": _replaced(b'"version":1}', b'"version":1.0}'),
    "white space": _replaced(b'"version":1', b'"version": 1'),
    "escaped letter": _replaced(b'"workload"', b'"w\\u006frkload"'),
    "line feed at the end": lambda payload: payload + b"\n",
}
