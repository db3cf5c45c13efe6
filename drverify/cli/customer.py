"""`drverify customer`: what the other party does with the log of its agreement. Needs no settings."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.held import HeldCheckpoint
from drverify.adapters.storage.log import LogDirectory
from drverify.cli import customer_heartbeat, customer_sign, customer_witness
from drverify.cli.customer_key import log_key, own_key, refuse_own_log
from drverify.errors import EvidenceError, Exit, InputError
from drverify.transparency import note, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, Note
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
  drverify customer witness --key provider.vkey --held acme.checkpoint \\
                            --sign acme.key --name acme.example/drverify --listen 127.0.0.1:8470
      the same as cosign, for a provider that asks over HTTP whenever the log has grown
  drverify customer heartbeat --key beat.key --name acme.example/heartbeat --workload shop --into FILE
      sign the time each minute and write it into a protected workload; --script prints it as a shell script
  drverify customer sign schedule.dsse.json --key acme.key --trust provider.trust.json --lock acme.lock.yaml
      say in words what a record of the provider's states, and sign it; look first, without --key

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
    key.add_argument("--heartbeat", action="store_true", help="as it signs heartbeats, not checkpoints")
    for one in (cosign, key):
        one.add_argument("--name", required=True, help="our name for all time, such as acme.example/drverify")
    customer_witness.arguments(
        actions.add_parser("witness", help="cosign over HTTP whatever the log adds, and nothing else")
    )
    customer_heartbeat.arguments(
        actions.add_parser("heartbeat", help="write signed times into a protected workload")
    )
    customer_sign.arguments(
        actions.add_parser("sign", help="sign a register, a schedule or a void, which both parties state")
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    match args.action:
        case "key":
            kind = KeyType.LOG if args.heartbeat else KeyType.COSIGNER
            print(own_key(KeyfileSigner.read(args.sign), args.name, kind).vkey)
            return Exit.OK
        case "witness":
            return customer_witness.run(args)
        case "heartbeat":
            return customer_heartbeat.run(args)
        case "sign":
            return customer_sign.run(args)
        case _:
            return _looked_at(args)


def _looked_at(args: argparse.Namespace) -> int:
    """`pin` and `cosign`: look at the whole log."""
    signer = KeyfileSigner.read(args.sign) if args.action == "cosign" else None
    if not args.log.is_dir():
        raise InputError(f"{args.log}: not a directory", hint="name a copy of the log's directory")
    log = LogDirectory(args.log, log_key(args.key))
    stated, signed = _pinned(log, HeldCheckpoint(args.held, log.key))
    if signer is None:
        return Exit.OK
    own = own_key(signer, args.name)
    refuse_own_log(own, log.key)
    line = note.sign(signed.text, own, signer.sign, at=datetime.now(UTC))
    sys.stdout.write(note.render(Note(text=stated.text, signatures=(*signed.signatures, line))).decode())
    return Exit.OK


def _pinned(log: LogDirectory, held: HeldCheckpoint) -> tuple[Checkpoint, Note]:
    """Check and hold; say what was seen on standard error, as standard output may be a file."""
    head = log.head()
    if head is None:
        raise InputError("this log has no entries, or the directory is not a log's")
    stated, signed = head
    with held.locked():
        before = held.read()
        try:
            check_growth(before, stated, map(tree.leaf_hash, log.entries(0, stated.size)))
        except ContradictionError as error:
            other = held.keep(signed, stated.size, "contradicted-by")
            raise EvidenceError(
                f"{error}: {log.origin} signed both",
                hint=f"keep {held.path}, {other} and this copy of the log: together they show it",
            ) from error
        held.hold(signed)
    more = f"{stated.size - before.size} of them new" if before else "held for the first time"
    print(f"{log.origin}: {stated.size} entries, {more}; held in {held.path}", file=sys.stderr)
    return stated, signed
