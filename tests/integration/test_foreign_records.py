"""Records of both parties, as other people's programs see them."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from drverify.model.evidence import PREDICATE_TYPES
from drverify.model.records import PartyRecord
from drverify.sealing.keys import keyid_of, pem_of
from drverify.sealing.records.building import kind_of
from tests.support import stated
from tests.support.stated import KEYS, every_kind, needs, sealed

json_format = pytest.importorskip("google.protobuf.json_format")
EVERY = pytest.mark.parametrize("record", every_kind(), ids=kind_of)


@EVERY
def test_securesystemslib_finds_as_many_signers_as_the_kind_needs(record: PartyRecord) -> None:
    keys = [
        SSlibKey.from_crypto(load_der_public_key(key.public_der), keyid=keyid_of(key.public_der))
        for key in KEYS
        if key.role != "runner"
    ]
    count = len(needs(kind_of(record)))
    assert len(Envelope.from_dict(json.loads(sealed(record))).verify(keys, count)) == count
    envelope = json.loads(sealed(record))  # their reader changes what it is given
    envelope["payload"] = base64.b64encode(base64.b64decode(envelope["payload"]) + b" ").decode()
    with pytest.raises(VerificationError):
        Envelope.from_dict(envelope).verify(keys, 1)


@EVERY
def test_in_toto_finds_a_valid_statement(record: PartyRecord) -> None:
    document = base64.b64decode(json.loads(sealed(record))["payload"])
    found = Statement.copy_from_pb(json_format.Parse(document, Statement("", "", {}).pb.__class__()))
    found.validate()
    assert found.pb.predicate_type == PREDICATE_TYPES[kind_of(record)]
    assert found.pb.predicate["agreement"] == record.agreement


@pytest.mark.parametrize(("place", "by"), [(0, "customer"), (1, "provider")])
def test_openssl_verifies_each_signature_of_a_schedule(tmp_path: Path, place: int, by: str) -> None:
    envelope = json.loads(sealed(stated.schedule()))
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    (tmp_path / "signed").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][place]["sig"]))
    key = next(key for key in KEYS if key.role == by)
    (tmp_path / "key.pem").write_text(pem_of(key.public_der))
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "signed",
        "-sigfile",
        "sig",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n"), done.stderr
