"""`drverify customer`: what the other party does with the log of its agreement. Needs no settings."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.log import LogDirectory
from drverify.errors import EvidenceError, Exit, HostError, InputError
from drverify.sealing.keys import ed25519_key
from drverify.transparency import checkpoint, note, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, Note, NoteKey
from drverify.transparency.pinning import ContradictionError, check_growth

EXAMPLES = """\
examples:
  drverify customer pin log/ --key provider.vkey --held acme.checkpoint
      is everything that I saw before still in the log? if so, hold its newest checkpoint from now on
  drverify customer cosign log/ --key provider.vkey --held acme.checkpoint \\
                           --sign acme.key --name acme.example/drverify > acme.cosigned
      the same, and sign that I saw it; the provider adds it with `drverify log cosign`
  drverify customer key acme.key --name acme.example/drverify
      my public key, one line, for whoever checks my signatures

log/ is a copy of the provider's log directory; provider.vkey is what `drverify log key` prints, got on
another way. Keep the held checkpoint where the provider cannot reach it: it is what makes dropping a
drill impossible. Exit code 12: the files are not the tree that was signed, the copy is older than what is
held, or the log contradicts what is held; then its other checkpoint is kept beside.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    pin = actions.add_parser(
        "pin", help="check the log against the checkpoint that is held, and hold the new one"
    )
    cosign = actions.add_parser("cosign", help="the same, and sign the new checkpoint")
    for one in (pin, cosign):
        one.add_argument("log", type=Path, metavar="DIR", help="a copy of the log's directory")
        one.add_argument(
            "--key",
            type=Path,
            required=True,
            metavar="FILE",
            help="the log's public key, from `drverify log key`",
        )
        one.add_argument(
            "--held",
            type=Path,
            required=True,
            metavar="FILE",
            help="the checkpoint that is held; without such a file the log's is believed and held",
        )
    cosign.add_argument("--sign", type=Path, required=True, metavar="KEYFILE", help="our private key")
    key = actions.add_parser("key", help="print our public key")
    key.add_argument("sign", type=Path, metavar="KEYFILE", help="our private key")
    for one in (cosign, key):
        one.add_argument("--name", required=True, help="our name for all time, such as acme.example/drverify")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    if args.action == "key":
        print(_own_key(KeyfileSigner.read(args.sign), args.name).vkey)
        return Exit.OK
    signer = KeyfileSigner.read(args.sign) if args.action == "cosign" else None
    if not args.log.is_dir():
        raise InputError(f"{args.log}: not a directory", hint="name a copy of the log's directory")
    log = LogDirectory(args.log, note.parse_vkey(_text(args.key), what=str(args.key)))
    stated, signed = _pinned(log, args.held)
    if signer is None:
        return Exit.OK
    own = _own_key(signer, args.name)
    if own.material == log.key.material:
        raise InputError("this is the log's own key: who keeps the log cannot be its witness")
    line = note.sign(signed.text, own, signer.sign, at=datetime.now(UTC))
    sys.stdout.write(note.render(Note(text=stated.text, signatures=(*signed.signatures, line))).decode())
    return Exit.OK


def _pinned(log: LogDirectory, held: Path) -> tuple[Checkpoint, Note]:
    """Check and hold; say what was seen on standard error, as standard output may be a file."""
    head = log.head()
    if head is None:
        raise InputError("this log has no entries, or the directory is not a log's")
    stated, signed = head
    before = _held(held, log.key)
    try:
        check_growth(before, stated, map(tree.leaf_hash, log.entries(0, stated.size)))
    except ContradictionError as error:
        other = held.with_name(f"{held.name}.contradicted-by-{stated.size}")
        _write(other, signed)
        raise EvidenceError(
            f"{error}: {log.origin} signed both",
            hint=f"keep {held}, {other} and this copy of the log: together they show it",
        ) from error
    _write(held, signed)
    more = f"{stated.size - before.size} of them new" if before else "held for the first time"
    print(f"{log.origin}: {stated.size} entries, {more}; held in {held}", file=sys.stderr)
    return stated, signed


def _write(path: Path, signed: Note) -> None:
    try:
        write_durably(path, note.render(signed), mode=0o644)
    except HostError as error:
        raise InputError(str(error), hint="--held names a file in a directory of ours") from error


def _held(path: Path, key: NoteKey) -> Checkpoint | None:
    if not path.exists():
        return None
    try:
        found = note.parse(_text(path).encode(), what=str(path))
        stated = checkpoint.parse(found.text, what=str(path))
    except EvidenceError as error:
        raise InputError(str(error), hint="--held names the file that `customer pin` wrote") from error
    if not note.signers(found, [key], what=str(path)):
        raise InputError(f"{path}: not signed by the log of {key.name}", hint="is it of another log?")
    return stated


def _own_key(signer: KeyfileSigner, name: str) -> NoteKey:
    material = ed25519_key(signer.public_der).public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        return NoteKey(name=note.named(name), type=KeyType.COSIGNER, material=material)
    except ValueError as error:
        raise InputError(str(error), hint="a name without spaces and plus signs") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
