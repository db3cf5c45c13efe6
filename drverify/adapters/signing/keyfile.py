"""Ed25519 keys in files: PKCS#8 PEM, unencrypted, readable by their owner alone."""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from drverify.errors import InputError
from drverify.model.evidence import KeyId
from drverify.sealing.keys import der_of, keyid_of

_MAX_BYTES = 16 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyfileSigner:
    """Implements `Signer` with a private key out of a file, read once and never shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"KeyfileSigner({self.keyid[:16]})"

    @classmethod
    def read(cls, path: Path) -> "KeyfileSigner":
        """Read a key file; InputError when it is not there, not a key, or readable by others."""
        try:
            key = load_pem_private_key(_private_bytes(path), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise InputError(f"{path}: not an unencrypted private key in PEM") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError(f"{path}: not an Ed25519 key", hint="make one with `drverify key new`")
        return cls(key)

    @property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo of the key, DER."""
        return der_of(self._key.public_key())

    @property
    def keyid(self) -> KeyId:
        """Id that follows from the public key."""
        return keyid_of(self.public_der)

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature, 64 bytes."""
        return self._key.sign(message)


def create(path: Path) -> KeyfileSigner:
    """Make a new key in the new file `path`, mode 0600; InputError when the file exists already.

    The file appears under its name only when it is whole and on disk.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(draft, pem)
        try:
            os.link(draft, path)  # unlike a rename, a link never replaces a file
        finally:
            draft.unlink()
        _sync(path.parent)
    except FileExistsError as error:
        raise InputError(f"{path} exists already", hint="a key is never overwritten") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return KeyfileSigner(key)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private_bytes(path: Path) -> bytes:
    """Read the file; what is checked is what is read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise InputError(f"{path}: not a file")
            if mode & _OTHERS:
                raise InputError(f"{path}: others may read this private key", hint=f"chmod 600 {path}")
            return file.read(_MAX_BYTES)
    except OSError as error:
        hint = "make one with `drverify key new`"
        raise InputError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error
