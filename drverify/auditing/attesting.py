"""What an auditor signs of an audit: an in-toto Simple Verification Result, version 0.2. Pure.

Format: https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md. Its properties are those
that hold; what does not is not stated, so that nobody who overlooks a word takes a failure for a success.
"""

from collections.abc import Sequence
from datetime import timedelta

from drverify import __version__
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit
from drverify.model.evidence import PAYLOAD_TYPE, STATEMENT_TYPE, Envelope, Signature
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.seal import Signs
from drverify.sealing.strict_json import Json, canonical

SVR_TYPE = "https://in-toto.io/attestation/svr/v0.2"
VERIFIER = f"https://drverify.dev/audit/{__version__}"
HOLDS, COMPLETE, CLOSED, COSIGNED, HELD, ALL_MET = (
    f"DRVERIFY_{name}"
    for name in (
        "BUNDLE_HOLDS",
        "NO_DRILL_MISSING",
        "PERIOD_CLOSED",
        "LOG_COSIGNED",
        "LOG_AS_HELD",
        "ALL_MET",
    )
)
"""The bundle holds; no drill of the period is missing, unfinished or repeated; the provider closed it with
these counts; somebody else than the provider cosigned the log; it begins with every checkpoint that the
auditor brought, and these or a cosigner bind all of it; and every verdict of the period is MET."""
STAMPED = "DRVERIFY_STAMPED_WITHIN_{}_S"
"""Demanded, and so: time authorities stamped every start and every result, so many seconds late at most."""
STAMPED_BY = "DRVERIFY_STAMPED_BY_{}"
"""Demanded, and so: that many different authorities did."""


def attest(
    audit: Audit,
    subjects: Sequence[tuple[str, Sha256]],
    policies: Sequence[tuple[str, Sha256]],
    signer: Signs,
    *,
    stamped: timedelta | None = None,
    stampers: int = 1,
) -> bytes:
    """Sign the result of an audit; returns the envelope file's bytes.

    `subjects` are the files that were audited, `policies` what was believed: names and digests. `stamped` is
    how late time stamps could be, if they were demanded, and `stampers` of how many authorities.
    """
    payload = canonical(build(audit, subjects, policies, properties(audit, stamped, stampers)))
    signature = Signature(keyid=signer.keyid, sig=signer.sign(dsse.pae(PAYLOAD_TYPE, payload)))
    return dsse.encode(Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(signature,)))


def build(
    audit: Audit,
    subjects: Sequence[tuple[str, Sha256]],
    policies: Sequence[tuple[str, Sha256]],
    held: Sequence[str],
) -> dict[str, Json]:
    """The statement; `held` is what holds of it."""
    root = [(f"{audit.origin}#{audit.size}", audit.root)] if audit.root else []
    return {
        "_type": STATEMENT_TYPE,
        "subject": [_resource(name, sha256) for name, sha256 in (*subjects, *root)],
        "predicateType": SVR_TYPE,
        "predicate": {
            "verifier": {"id": VERIFIER, "policies": [_resource(*one) for one in policies]},
            "timeCreated": codec.to_json(audit.at),
            "properties": list(held),
        },
    }


def properties(audit: Audit, stamped: timedelta | None = None, stampers: int = 1) -> tuple[str, ...]:
    """What holds of the bundle, in the words of this module's table."""
    if not audit.holds:
        return ()
    found = {one.code for one in audit.findings}
    met = audit.counts.met and not audit.counts.missed and not audit.counts.unproven
    in_time = STAMPED.format(-(stamped // timedelta(seconds=-1))) if stamped is not None else ""
    return tuple(
        name
        for name, holds in (
            (HOLDS, True),
            (COMPLETE, audit.complete),
            (CLOSED, "not-closed" not in found),
            (COSIGNED, "no-cosignature" not in found),
            (HELD, not found & {"no-held-checkpoint", "unheld-entries"}),
            (ALL_MET, audit.complete and met),
            (in_time, stamped is not None),
            (STAMPED_BY.format(stampers), stamped is not None and stampers > 1),
        )
        if holds
    )


def _resource(name: str, sha256: Sha256) -> Json:
    return {"name": name, "digest": {"sha256": sha256}}
