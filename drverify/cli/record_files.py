"""Files of records on their way between the parties: what they say, who signed, one more signature."""

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drverify.adapters.signing.device import SCHEMES as DEVICES
from drverify.adapters.signing.reference import KeyReference, PublicSigner, signer_of
from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.plain import plain_content
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.evidence import SIGNED_BY, Role, TrustedKey
from drverify.model.records import AgreedRegister, Schedule
from drverify.planning.schedule import instants_of
from drverify.sealing import codec
from drverify.sealing.records.checking import ANY_TIME, flaws, not_owed
from drverify.sealing.records.reading import Draft, cosigned, read_draft, signed_by
from drverify.sealing.records.wording import left_open, plain, words_of
from drverify.sealing.strict_json import MAX_BYTES

if TYPE_CHECKING:
    from drverify.sealing.agreed import Agreed

_SCHEMES = ("file", "ssh-agent", *DEVICES)

_BEGINS = b'{"payload'
"""As every envelope does."""


def read_file(path: Path) -> bytes:
    """A record's file; InputError when it cannot be read."""
    try:
        return plain_content(path, MAX_BYTES)
    except (OSError, HostError) as error:
        raise InputError(f"{path}: cannot be read") from error


def draft_in(path: Path) -> Draft:
    """The record in a file. InputError for a file of something else; EvidenceError unless its form holds."""
    content = read_file(path)
    if not content.startswith(_BEGINS):
        raise InputError(f"{path}: not the file of a record", hint="`drverify record` writes them")
    return read_draft(content)


def write_file(path: Path, content: bytes) -> None:
    """Write a record's file, which is no secret; InputError when that cannot be done."""
    try:
        write_durably(path, content, mode=0o644)
    except HostError as error:
        raise InputError(str(error), hint="name another file with -o") from error


def signer_named(key: str) -> PublicSigner:
    """The signer that `--key` names: a file, or a reference as in the settings."""
    reference = key if key.partition(":")[0] in _SCHEMES else f"file:{key}"
    return signer_of(KeyReference(reference=reference), what="--key")


def shown(draft: Draft, keys: Sequence[TrustedKey] | None, lock: Path | None) -> Iterator[str]:
    """What a record says and who signed it, line by line; `keys` None: nobody's signature can be checked.

    EvidenceError for a signature that does not hold, InputError when the lock is of another contract.
    """
    yield from words_of(draft.record)
    yield f"  statement    {draft.payload}"
    yield from (f"  WRONG: {one}" for one in flaws(draft.record))
    if lock is not None:
        yield from _compared(draft, lock)
    there = len(draft.envelope.signatures)
    if keys is None:
        yield f"  {there} of {len(SIGNED_BY[draft.kind])} signatures, not checked (no --trust)"
        return
    for one in signed_by(draft, keys):
        yield f"  signed by the {one.role} {plain(one.name)}"
    if not draft.complete:
        yield f"  {len(SIGNED_BY[draft.kind]) - there} more to sign"


def sign_file(
    path: Path, to: Path, signer: PublicSigner, role: Role, keys: Sequence[TrustedKey] | None
) -> None:
    """Add a signature to a record's file, and write it to `to`.

    InputError when the record cannot be true by itself or has the signature already; EvidenceError when a
    signature that is there does not hold.
    """
    draft = draft_in(path)
    if wrong := next(flaws(draft.record), None):
        raise InputError(f"{path}: {wrong}", hint="this is not to be signed by anybody")
    if keys is not None:
        signed_by(draft, keys)
    write_file(to, cosigned(draft, signer, role))
    sys.stderr.write(f"signed as the {role}, key {signer.keyid[:16]}: {to}\n")


def _compared(draft: Draft, lock: Path) -> Iterator[str]:
    """Hold a record against the lock file that the reader knows. EvidenceError when it contradicts that."""
    record = draft.record
    if not isinstance(record, AgreedRegister | Schedule):
        raise InputError(f"a {draft.kind} names no contract", hint="leave out --lock")
    locks: Any = import_module("drverify.agreements.locks")  # reads YAML, which whoever signs may not have
    agreed: Agreed = locks.load_lock(lock)
    if codec.digest(agreed.contract) != record.contract:
        raise EvidenceError(f"{lock}: it is not the contract of this {draft.kind}")
    yield f"  the contract is the one in {lock}"
    if isinstance(record, Schedule):
        registers = [agreed.register(at) for at in instants_of(record.period)]
        for wrong in not_owed(record.slots, registers[0]):
            raise EvidenceError(f"{lock}: {wrong}")
        yield from (f"  note: {one}" for one in left_open(registers, record.period, record.slots))
    elif record.documents != agreed.register(ANY_TIME).agreement.documents:
        raise EvidenceError(f"{lock}: the register names other documents than the contract was read from")
