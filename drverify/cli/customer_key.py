"""The customer's own key, as notes are checked with it."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.errors import InputError
from drverify.sealing.keys import ed25519_key
from drverify.transparency import note
from drverify.transparency.note import KeyType, NoteKey


def own_key(signer: KeyfileSigner, name: str, kind: KeyType = KeyType.COSIGNER) -> NoteKey:
    """The public half under our name. InputError for a name that no key may have."""
    material = ed25519_key(signer.public_der).public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        return NoteKey(name=note.named(name), type=kind, material=material)
    except ValueError as error:
        raise InputError(str(error), hint="a name without spaces and plus signs") from error


def refuse_own_log(own: NoteKey, log: NoteKey) -> None:
    """InputError when both are one key."""
    if own.material == log.material:
        raise InputError("this is the log's own key: who keeps the log cannot be its witness")


def log_key(path: Path) -> NoteKey:
    """The public key of the provider's log. InputError when the file has none, or somebody else's."""
    found = note.parse_vkey(text_of(path), what=str(path))
    if found.type is not KeyType.LOG:
        raise InputError(f"{path}: not the key of a log", hint="`drverify log key` prints it")
    return found


def text_of(path: Path) -> str:
    """A small file of ours. InputError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
