import os
from pathlib import Path

import pytest

from drverify.adapters.secrets import is_public, resolve
from drverify.errors import InputError
from drverify.model.recovery import SecretRef

VALUE = b"correct horse battery staple"


def get(ref: str, **given: object) -> bytes:
    options: dict[str, object] = {"environ": {}, "credentials_dir": None, **given}
    return resolve(SecretRef(ref), **options)  # type: ignore[arg-type]


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_bytes(VALUE + b"\n")
    path.chmod(0o600)
    return path


def test_environment() -> None:
    assert get("env:PW", environ={"PW": VALUE.decode()}) == VALUE


def test_file_loses_one_line_end_unless_raw(secret_file: Path) -> None:
    assert get(f"file:{secret_file}") == VALUE
    assert get(f"file:{secret_file}", raw=True) == VALUE + b"\n"
    secret_file.write_bytes(VALUE + b"\n\r\n")
    assert get(f"file:{secret_file}") == VALUE + b"\n"


def test_relative_file_needs_a_base(secret_file: Path) -> None:
    assert get("file:password", base=secret_file.parent) == VALUE
    with pytest.raises(InputError, match="relative") as caught:
        get("file:password")
    assert caught.value.hint


def test_systemd_credential(secret_file: Path) -> None:
    secret_file.chmod(0o444)  # systemd guards the directory
    assert get("cred:password", credentials_dir=secret_file.parent) == VALUE
    with pytest.raises(InputError, match="credentials directory") as caught:
        get("cred:password")
    assert "LoadCredential" in caught.value.hint


@pytest.mark.parametrize("name", ["../password", "a/b", "..", "."])
def test_a_credential_cannot_leave_its_directory(secret_file: Path, name: str) -> None:
    with pytest.raises(InputError):
        get(f"cred:{name}", credentials_dir=secret_file.parent)


@pytest.mark.parametrize("ref", ["env:NOT_SET", "file:/nowhere/at/all", "file:/proc", "file:a\0b", "cred:x"])
def test_leads_nowhere(ref: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        get(ref, credentials_dir=tmp_path, base=tmp_path)


def test_world_readable_secret_is_refused_and_its_mending_named(secret_file: Path) -> None:
    secret_file.chmod(0o604)
    with pytest.raises(InputError, match="every user") as caught:
        get(f"file:{secret_file}")
    assert caught.value.hint == f"chmod o-rwx {secret_file}"
    assert VALUE.decode() not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("content", "public"),
    [
        (b"-----BEGIN CERTIFICATE-----\nAA==\n", True),
        (b"ssh-ed25519 AAAA shop\n", True),
        (b"ecdsa-sha2-nistp256 AAAA\n", True),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n", False),
        (b"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n", False),
        (b"ssh-password", False),
    ],
)
def test_public_material_needs_no_guard(secret_file: Path, content: bytes, public: bool) -> None:
    secret_file.write_bytes(content)
    secret_file.chmod(0o644)
    assert is_public(content) is public
    if public:
        assert get(f"file:{secret_file}", raw=True) == content
    else:
        with pytest.raises(InputError):
            get(f"file:{secret_file}")


def test_a_named_pipe_does_not_hold_us_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(InputError, match="not a regular file"):
        get(f"file:{tmp_path / 'pipe'}")


def test_a_plain_value_where_a_reference_belongs_is_not_echoed() -> None:
    with pytest.raises(InputError) as caught:
        get("hunter2")
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_empty_and_oversized_are_refused(secret_file: Path) -> None:
    secret_file.write_bytes(b"\n")
    with pytest.raises(InputError, match="empty"):
        get(f"file:{secret_file}")
    secret_file.write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(InputError, match="larger"):
        get(f"file:{secret_file}")
