"""Whether the keys of one drill's evidence signed in their time, by the time stamps beside it. Pure.

Asked after everything else held, and only of keys that have a time or are revoked. The upper bound is the
earliest stamp over the checkpoint in which start or result stand; there is no lower one beside a single
drill. An audit of the whole log knows more, and asks for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from drverify.errors import EvidenceError
from drverify.model.evidence import KeyId, TrustedKey
from drverify.sealing import envelope
from drverify.sealing.keyring import usable
from drverify.sealing.keys import keyid_of
from drverify.sealing.logged import LogFiles, note_key
from drverify.sealing.stamps import StampFiles, Token
from drverify.transparency import note, proof
from drverify.transparency.note import Note
from drverify.transparency.stamping import stamped_bytes


def check_key_times(data: bytes, files: LogFiles, keys: Sequence[TrustedKey]) -> tuple[str, ...]:
    """What is to be noted of the keys that signed start, result and checkpoints, whose signatures held.

    EvidenceError for a key that was out of its time, or is revoked and nothing shows that it signed before.
    """
    timed = {
        keyid_of(key.public_der): key for key in keys if key.valid_from or key.valid_until or key.revoked
    }
    if not timed:
        return ()
    logs = [key for key in keys if key.role == "log"]
    result = _latest(files.result_proof, files.stamps.result, files.stamps, logs)
    start = _earlier(_latest(files.start_proof, files.stamps.start, files.stamps, logs), result)
    signed = [("result", data, files.result_proof, result), ("start", files.start, files.start_proof, start)]
    found: dict[str, None] = {}
    for what, content, shown, latest in signed:
        for key in (*_signers(content, timed), *_log_signers(shown, logs, timed)):
            use = usable(key, None, latest)
            if use.answer == "no":
                raise EvidenceError(f"signature: the {key.role}'s key {key.name} under the {what}: {use.why}")
            if use.answer == "not shown":
                found[f"the {key.role}'s key {key.name} under the {what}: {use.why}"] = None
    return tuple(found)


def _signers(content: bytes | None, timed: Mapping[KeyId, TrustedKey]) -> Iterator[TrustedKey]:
    for signature in envelope.decode(content).signatures if content is not None else ():
        if signature.keyid in timed:
            yield timed[signature.keyid]


def _log_signers(
    content: bytes | None, logs: Sequence[TrustedKey], timed: Mapping[KeyId, TrustedKey]
) -> Iterator[TrustedKey]:
    """The log's keys under a checkpoint; one that is valid for ever suffices."""
    if content is None:
        return
    signed = _note(content)
    under = [key for key in logs if note.signers(signed, [note_key(key)], what="log proof")]
    if all(keyid_of(key.public_der) in timed for key in under):
        yield from under


def _latest(
    content: bytes | None, tokens: Sequence[Token], files: StampFiles, logs: Sequence[TrustedKey]
) -> datetime | None:
    """The earliest of the instants at which stamps say that the checkpoint of a proof was there."""
    if content is None or files.check is None:
        return None
    signed = _note(content)
    under = [note_key(key) for key in logs if note.signers(signed, [note_key(key)], what="log proof")]
    found = [
        files.check(token.content, stamped_bytes(signed, under[0]), roots).latest
        for token in tokens
        if under
        and (roots := [one.certificate_der for one in files.authorities if one.name == token.authority])
    ]
    return min(found, default=None)


def _note(content: bytes) -> Note:
    return proof.parse(content, what="log proof").note


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
