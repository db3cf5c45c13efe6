"""`drverify trust` as two parties use it, and what `drverify verify --trust` believes afterwards."""

import argparse
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.cli import key, trust, trusted, verify
from drverify.errors import EvidenceError, Exit, InputError
from drverify.sealing.agreed import sha256_of
from tests.support.evidence import sealed


def cli(module, *argv):
    parser = argparse.ArgumentParser()
    module.arguments(parser)
    return module.run(parser.parse_args([str(word) for word in argv]))


@pytest.fixture
def keys(tmp_path):
    """A directory with a key and a trust file for everybody."""
    there = tmp_path / "keys"
    for name, role in (
        ("provider", "provider"),
        ("customer", "customer"),
        ("customer2", "customer"),
        ("runner", "runner"),
        ("site2", "runner"),
    ):
        cli(key, "new", "--role", role, "--name", name, "--out", there)
    return there


@pytest.fixture
def agreed(tmp_path, keys, capsys):
    """A directory of trust that both have signed, with the runner's key in it."""
    there = tmp_path / "acme.trust"
    parties = [f"--{party}={keys / f'{party}.trust.json'}" for party in ("provider", "customer")]
    cli(trust, "init", there, *parties, "--with", keys / "runner.trust.json")
    signed(there, keys, "provider", "customer")
    capsys.readouterr()
    return there


def signed(there, keys, *names):
    for name in names:
        cli(trust, "sign", there, "--key", keys / f"{name}.key")


def evidence(keys, directory, name="runner"):
    return sealed(by=KeyfileSigner.read(keys / f"{name}.key")).write(directory)


def files(there):
    return sorted(path.name for path in there.iterdir())


def test_evidence_holds_by_the_root_however_it_is_named(agreed, keys, tmp_path):
    drill = evidence(keys, tmp_path / "drill")
    root = agreed / "1.root.json"
    for named in (agreed, root):
        assert cli(verify, drill, "--trust", named) == Exit.OK
    other = evidence(keys, tmp_path / "other", "site2")
    assert cli(verify, other, "--trust", agreed) == Exit.EVIDENCE_INVALID
    pin = Path(f"sha256:{sha256_of(root.read_bytes())}")
    now = datetime.now(UTC)
    assert trusted.trust_of(pin, now, beside=agreed) == trusted.trust_of(agreed, now)
    with pytest.raises(EvidenceError, match="is not among the roots"):
        trusted.trust_of(Path("sha256:" + "00" * 32), now, beside=agreed)
    with pytest.raises(InputError, match=r"there is no root of trust that sha256:"):
        trusted.trust_of(pin, now)


def test_nothing_is_in_force_before_both_have_signed(tmp_path, keys, capsys):
    there = tmp_path / "t"
    parties = [f"--{party}={keys / f'{party}.trust.json'}" for party in ("provider", "customer")]
    cli(trust, "init", there, *parties, "--with", keys / "runner.trust.json")
    signed(there, keys, "customer")
    assert files(there) == ["draft.keyring.json", "draft.root.json", "draft.targets.json"]
    assert "root 1 lacks a signature of the provider\n" in capsys.readouterr().out
    with pytest.raises(InputError, match="no root in it"):
        cli(trust, "check", there)
    with pytest.raises(InputError, match="has nothing to sign here"):
        signed(there, keys, "runner")
    with pytest.raises(InputError, match="has a root already"):
        cli(trust, "init", there, *parties)
    signed(there, keys, "provider")
    assert files(there) == ["1.root.json", "keyring.json", "targets.json"]
    assert cli(trust, "check", there) == Exit.OK
    assert f"pinned      sha256:{sha256_of((there / '1.root.json').read_bytes())}" in capsys.readouterr().out


def test_a_key_is_rotated_and_the_old_one_stays_for_old_evidence(agreed, keys, tmp_path, capsys):
    cli(trust, "rotate", agreed, "runner", keys / "site2.trust.json", "--at", "2027-01-01")
    signed(agreed, keys, "provider", "customer")
    old, new = trusted.trust_of(agreed, datetime.now(UTC)).keys
    assert old.valid_until == new.valid_from == datetime(2027, 1, 1, tzinfo=UTC)
    capsys.readouterr()
    assert cli(verify, evidence(keys, tmp_path / "drill"), "--trust", agreed) == Exit.OK
    assert "nothing shows that it was signed in the key's time" in capsys.readouterr().out
    with pytest.raises(InputError, match="is not the key of a runner"):
        cli(trust, "rotate", agreed, "site2", keys / "customer.trust.json")


def test_a_revoked_key_signs_nothing_that_is_not_shown_to_be_older(agreed, keys, tmp_path, capsys):
    drill = evidence(keys, tmp_path / "drill")
    cli(trust, "revoke", agreed, "runner", "--at", "2030-01-01T00:00:00Z", "--why", "disk stolen")
    assert cli(verify, drill, "--trust", agreed) == Exit.OK, "a draft revokes nothing"
    signed(agreed, keys, "customer", "provider")
    capsys.readouterr()
    assert cli(verify, drill, "--trust", agreed) == Exit.EVIDENCE_INVALID
    assert "disk stolen" in capsys.readouterr().out


def test_a_root_is_rotated_with_the_old_customers_and_the_new_ones_signature(agreed, keys, tmp_path):
    before = shutil.copytree(agreed, tmp_path / "held by the auditor")
    cli(trust, "rotate", agreed, "--customer", keys / "customer2.trust.json")
    signed(agreed, keys, "provider", "customer2")
    assert "2.root.json" not in files(agreed)
    signed(agreed, keys, "customer")
    assert files(agreed) == ["1.root.json", "2.root.json", "keyring.json", "targets.json"]
    cli(trust, "add", agreed, keys / "site2.trust.json")
    signed(agreed, keys, "provider")
    with pytest.raises(InputError, match="has nothing to sign here"):
        signed(agreed, keys, "customer")
    signed(agreed, keys, "customer2")
    now = datetime.now(UTC)
    assert len(trusted.trust_of(before, now).keys) == 1
    assert len(trusted.trust_of(before / "1.root.json", now, beside=agreed).keys) == 2


def test_a_keyring_that_takes_something_back_is_not_signed(agreed, keys, tmp_path):
    cli(trust, "revoke", agreed, "runner", "--at", "2026-12-01", "--why", "lost")
    signed(agreed, keys, "customer", "provider")
    honest = shutil.copytree(agreed, tmp_path / "honest")
    cli(trust, "add", agreed, keys / "site2.trust.json")
    ring = json.loads((agreed / "draft.keyring.json").read_text())
    ring["keys"] = ring["keys"][1:]
    (honest / "draft.keyring.json").write_text(json.dumps(ring, sort_keys=True, separators=(",", ":")))
    shutil.copy(agreed / "draft.targets.json", honest)
    with pytest.raises(EvidenceError, match="takes something back: the runner's key runner is not in it"):
        signed(honest, keys, "customer")


def test_a_swapped_root_and_an_edited_keyring_are_refused(agreed, keys, tmp_path):
    drill = evidence(keys, tmp_path / "drill")
    held = tmp_path / "1.root.json"
    shutil.copy(agreed / "1.root.json", held)
    with pytest.raises(InputError, match=r"no targets\.json beside"):
        cli(verify, drill, "--trust", held)
    other = tmp_path / "other"
    parties = [f"--provider={keys / 'provider.trust.json'}", f"--customer={keys / 'customer2.trust.json'}"]
    cli(trust, "init", other, *parties, "--with", keys / "runner.trust.json")
    signed(other, keys, "provider", "customer2")
    now = datetime.now(UTC)
    with pytest.raises(EvidenceError, match="is not among the roots"):
        trusted.trust_of(held, now, beside=other)
    ring = (agreed / "keyring.json").read_bytes()
    (agreed / "keyring.json").write_bytes(ring.replace(b'"name":"runner"', b'"name":"ranner"'))
    with pytest.raises(EvidenceError, match="keyring is not the one"):
        cli(verify, drill, "--trust", agreed)


def test_an_expired_root_is_asked_as_of_its_time(agreed, keys, tmp_path):
    late = datetime.now(UTC) + timedelta(days=401)
    with pytest.raises(EvidenceError, match="expired at") as raised:
        cli(verify, evidence(keys, tmp_path / "drill"), "--trust", agreed, "--at", late.isoformat())
    assert "--at" in raised.value.hint
    cli(trust, "rotate", agreed, "--days", "800")
    signed(agreed, keys, "provider", "customer")
    assert cli(verify, tmp_path / "drill", "--trust", agreed, "--at", late.isoformat()) == Exit.OK


@pytest.mark.parametrize("text", ["tomorrow", "2026-01-01T00:00:00", ""])
def test_times_that_are_none(text):
    with pytest.raises(argparse.ArgumentTypeError):
        trusted.instant(text)


def test_files_that_are_not_what_they_should_be(keys, tmp_path):
    with pytest.raises(InputError, match="not the trust file of one key of the provider"):
        cli(trust, "init", tmp_path / "t", f"--provider={keys / 'runner.trust.json'}")
    with pytest.raises(InputError, match="a key of each party"):
        cli(trust, "init", tmp_path / "t", f"--provider={keys / 'provider.trust.json'}")
    with pytest.raises(InputError, match="no root in it"):
        cli(trust, "add", tmp_path / "t", keys / "runner.trust.json")
