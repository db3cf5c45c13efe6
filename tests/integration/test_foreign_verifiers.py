"""Other people's programs check the same envelope, without a line of ours in between."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from drverify.sealing.keys import pem_of
from tests.support.evidence import Sealed, sealed, signer

GOOD = sealed()
PEM = pem_of(signer().public_der)
OTHER_PEM = pem_of(signer(2).public_der)


def run(*argv: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=at, capture_output=True, text=True, timeout=60, check=False)


def laid_out(directory: Path, evidence: Sealed = GOOD, pem: str = PEM) -> Path:
    evidence.write(directory / "drill")
    (directory / "runner.pem").write_text(pem)
    return directory


# The commands of docs/evidence.md, word for word.
BY_HAND = """
jq -j .payload evidence.dsse.json | base64 -d > payload.json
jq -j .signatures[0].sig evidence.dsse.json | base64 -d > payload.sig
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s payload.json)"; cat payload.json; } > signed.bin
openssl pkeyutl -verify -pubin -inkey ../runner.pem -rawin -in signed.bin -sigfile payload.sig
jq -r '.predicate.artifacts[] | .digest.sha256 + "  artefacts/sha256/" + .digest.sha256' payload.json | sha256sum -c --quiet
"""


def by_hand(directory: Path) -> subprocess.CompletedProcess[str]:
    script = "set -e -o pipefail\n" + BY_HAND
    if shutil.which("jq") is None:  # the same extraction, for machines without jq
        envelope = json.loads((directory / "drill" / "evidence.dsse.json").read_bytes())
        payload = base64.b64decode(envelope["payload"])
        (directory / "drill" / "payload.json").write_bytes(payload)
        (directory / "drill" / "payload.sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        digests = [one["digest"]["sha256"] for one in json.loads(payload)["predicate"]["artifacts"]]
        sums = "".join(f"{digest}  artefacts/sha256/{digest}\n" for digest in digests)
        (directory / "drill" / "sums").write_text(sums)
        kept = [line for line in BY_HAND.splitlines() if not line.startswith("jq")]
        script = "\n".join(["set -e -o pipefail", *kept, "sha256sum -c --quiet sums"])
    return run("bash", "-c", script, at=directory / "drill")


def test_openssl_verifies_by_the_commands_of_the_documentation(tmp_path):
    shown = by_hand(laid_out(tmp_path))
    assert (shown.returncode, shown.stdout) == (0, "Signature Verified Successfully\n"), shown.stderr


def test_openssl_refuses_another_key_and_another_payload(tmp_path):
    (tmp_path / "key").mkdir()
    (tmp_path / "payload").mkdir()
    assert by_hand(laid_out(tmp_path / "key", pem=OTHER_PEM)).returncode != 0
    envelope = json.loads(GOOD.envelope)
    payload = base64.b64decode(envelope["payload"]).replace(b'"FAILED"', b'"PASSED"')
    forged = {**envelope, "payload": base64.b64encode(payload).decode()}
    changed = Sealed(envelope=json.dumps(forged).encode(), files=GOOD.files)
    assert by_hand(laid_out(tmp_path / "payload", changed)).returncode != 0


def test_the_commands_stand_in_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text()
    for line in BY_HAND.strip().splitlines():
        assert line in text


def theirs(pem: str) -> SSlibKey:
    return SSlibKey("any id", "ed25519", "ed25519", {"public": raw(pem).hex()})


def raw(pem: str) -> bytes:
    return base64.b64decode("".join(pem.splitlines()[1:-1]))[-32:]


def test_securesystemslib_verifies():
    envelope = TheirEnvelope.from_dict(json.loads(GOOD.envelope))
    key = theirs(PEM)
    key.keyid = next(iter(envelope.signatures))
    assert list(envelope.verify([key], 1)) == [key.keyid]
    other = theirs(OTHER_PEM)
    other.keyid = key.keyid
    with pytest.raises(VerificationError):
        TheirEnvelope.from_dict(json.loads(GOOD.envelope)).verify([other], 1)


def test_in_toto_finds_a_valid_statement():
    json_format = pytest.importorskip(
        "google.protobuf.json_format", reason="in-toto-attestation is not installed"
    )
    Statement = pytest.importorskip("in_toto_attestation.v1.statement").Statement  # noqa: N806 - a class
    document = base64.b64decode(json.loads(GOOD.envelope)["payload"])
    statement = Statement.copy_from_pb(json_format.Parse(document, Statement("", "", {}).pb.__class__()))
    statement.validate()
    (subject,) = statement.pb.subject
    assert subject.name == "restore-point.json"
    assert statement.pb.predicate["result"] == "FAILED"


NODE = """
const { createPublicKey, verify } = require('node:crypto');
const { readFileSync } = require('node:fs');
const envelope = JSON.parse(readFileSync('drill/evidence.dsse.json', 'utf8'));
const body = Buffer.from(envelope.payload, 'base64');
const head = `DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${body.length} `;
const key = createPublicKey(readFileSync('runner.pem'));
const signature = Buffer.from(envelope.signatures[0].sig, 'base64');
process.exit(verify(null, Buffer.concat([Buffer.from(head), body]), key, signature) ? 0 : 9);
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; openssl checks the same")
def test_node_verifies(tmp_path):
    (tmp_path / "bad").mkdir()
    assert run("node", "-e", NODE, at=laid_out(tmp_path)).returncode == 0
    assert run("node", "-e", NODE, at=laid_out(tmp_path / "bad", pem=OTHER_PEM)).returncode == 9
