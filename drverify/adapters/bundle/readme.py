"""The README of a bundle: how to check it with other people's programs."""

from collections.abc import Sequence

from drverify.model.records import Period
from drverify.sealing.codec import to_json

_TEXT = """\
Evidence of recovery drills
===========================

agreement  {agreement}
period     {period}, {begins} to {ends}
log        {origin}

bundle.json, this file, and everything in trust/, schema/, verifier/, exports/, disclosures/ and annex.* is
signed by nobody here: believe of it what you can check. Bring the keys that you trust yourself, from where
you got them when the agreement was signed (TRUST below); those in trust/ are the provider's word, unless what
you brought signs them. Bring the checkpoints of the log that you were handed during the period, too (HELD):
they are what shows that nothing was taken out since.

All of it, offline (pip install drverify):

    drverify audit . --trust TRUST --have HELD
{verifiers}
By hand, with openssl 3, jq, coreutils; keys as PEM (runner.pem, log.pem):

  every file that is named by its digest

    (cd artifacts/sha256 && for f in *; do echo "$f  $f"; done | sha256sum -c --quiet)

  one envelope, here the 17th

    sed -n 17p envelopes.intoto.jsonl > one
    jq -j .payload one | base64 -d > payload
    jq -j .signatures[0].sig one | base64 -d > sig
    {{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s payload)"; cat payload; }} > signed
    openssl pkeyutl -verify -pubin -inkey runner.pem -rawin -in signed -sigfile sig

  the log's signature on its newest checkpoint (text, empty line, signature lines; the first is the log's)

    sed '/^$/,$d' log/checkpoint > text
    grep -a '^\N{EM DASH} ' log/checkpoint | head -n 1 | cut -d ' ' -f 3 | base64 -d | tail -c +5 > sig
    openssl pkeyutl -verify -pubin -inkey log.pem -rawin -in text -sigfile sig

  a time stamp (SIZE and AUTHORITY from the names in log/timestamps; ca.pem is the authority's root)

    at=$(date +%s -d "$(openssl ts -reply -in log/timestamps/SIZE.AUTHORITY.tsr -text |
      sed -n 's/^Time stamp: //p')")
    openssl ts -verify -data log/checkpoints/SIZE -in log/timestamps/SIZE.AUTHORITY.tsr \\
      -CAfile ca.pem -attime "$at"

log/ is laid out as in https://c2sp.org/tlog-tiles: any reader of such logs makes its tree again. An entry of
it names kind, payload and first signature of an envelope by their sha256; envelopes.intoto.jsonl has them in
the log's order, without those of drills of other periods.
"""


def readme(agreement: str, period: Period, origin: str, names: Sequence[str]) -> bytes:
    """The text, for a bundle with files of these names."""
    programs = [name for name in names if name.startswith("verifier/") and name.endswith(".py")]
    second = "".join(f"    python3 {name} . --trust TRUST --have HELD\n" for name in programs)
    also = f"\nThe same by a second program, which needs only the package `cryptography`:\n\n{second}"
    return _TEXT.format(
        agreement=agreement,
        period=period.id,
        begins=to_json(period.begins),
        ends=to_json(period.ends),
        origin=origin,
        verifiers=also if programs else "",
    ).encode()
