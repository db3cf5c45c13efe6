import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from drverify.adapters.signing.keyfile import KeyfileSigner, create
from drverify.errors import InputError
from drverify.sealing.keys import public_key


def put(path, key, secrecy=None, mode=0o600):
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secrecy or NoEncryption()))
    path.chmod(mode)
    return path


def test_a_new_key_is_its_owners_alone_and_signs(tmp_path):
    path = tmp_path / "keys" / "runner.key"
    made = create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["runner.key"]
    read = KeyfileSigner.read(path)
    assert read.keyid == made.keyid
    public_key(read.public_der).verify(made.sign(b"message"), b"message")
    assert "PRIVATE" not in repr(read)
    assert read.keyid[:16] in repr(read)


def test_mode_does_not_depend_on_the_umask(tmp_path):
    before = os.umask(0)
    try:
        create(tmp_path / "runner.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "runner.key").stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(tmp_path):
    first = create(tmp_path / "runner.key")
    with pytest.raises(InputError, match="exists already"):
        create(tmp_path / "runner.key")
    assert KeyfileSigner.read(tmp_path / "runner.key").keyid == first.keyid
    assert [one.name for one in tmp_path.iterdir()] == ["runner.key"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        create(tmp_path / "file" / "below" / "runner.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602])
def test_a_key_that_others_may_touch_is_refused(tmp_path, mode):
    path = put(tmp_path / "runner.key", Ed25519PrivateKey.generate(), mode=mode)
    with pytest.raises(InputError, match="others may read") as caught:
        KeyfileSigner.read(path)
    assert caught.value.hint == f"chmod 600 {path}"


def test_what_is_no_key_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        KeyfileSigner.read(tmp_path / "none")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        KeyfileSigner.read(tmp_path)
    with pytest.raises(InputError, match="not a file"):
        KeyfileSigner.read(Path("/dev/null"))
    other = put(tmp_path / "p256", generate_private_key(SECP256R1()))
    with pytest.raises(InputError, match="not an Ed25519 key"):
        KeyfileSigner.read(other)
    locked = put(tmp_path / "locked", Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret"))
    with pytest.raises(InputError, match="not an unencrypted private key"):
        KeyfileSigner.read(locked)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(InputError, match="not an unencrypted private key"):
        KeyfileSigner.read(tmp_path / "text")
