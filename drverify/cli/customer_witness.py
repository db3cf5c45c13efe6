"""`drverify customer witness`: cosigns the log's checkpoints over HTTP, as they come."""

import argparse
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.held import HeldCheckpoint
from drverify.adapters.witnessing.desk import WitnessDesk
from drverify.cli.customer_key import log_key, own_key, refuse_own_log
from drverify.errors import Exit, HostError, InputError

_PORTS = 65535


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whose log is witnessed, with what, and where."""
    parser.add_argument(
        "--held",
        type=Path,
        required=True,
        metavar="FILE",
        help="the checkpoint that is held, if there is one",
    )
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the log's public key")
    parser.add_argument("--sign", type=Path, required=True, metavar="KEYFILE", help="our private key")
    parser.add_argument("--name", required=True, help="our name for all time, such as acme.example/drverify")
    parser.add_argument(
        "--listen", required=True, metavar="ADDRESS:PORT", help="where to be asked, such as 127.0.0.1:8470"
    )


def run(args: argparse.Namespace) -> int:
    """Answer until interrupted. InputError for what is wrong, HostError when the port cannot be had."""
    host, _, port = args.listen.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > _PORTS:
        raise InputError(f"--listen must be ADDRESS:PORT, not {args.listen!r}")
    log = log_key(args.key)
    signer = KeyfileSigner.read(args.sign)
    own = own_key(signer, args.name)
    refuse_own_log(own, log)
    held = HeldCheckpoint(args.held, log)
    with held.locked():
        before = held.read()
    desk = WitnessDesk(held, own, signer, now=lambda: datetime.now(UTC), tell=_tell)
    _tell(f"{log.name}: {before.size if before else 'no'} entries held; this witness is {own.vkey}")
    server = import_module("drverify.adapters.witnessing.server")
    try:
        server.run(
            desk.answer,
            host.strip("[]"),
            int(port),
            lambda at, number: _tell(f"listening on http://{at}:{number}/add-checkpoint"),
        )
    except OSError as error:
        raise HostError(f"{args.listen}: {error.strerror or error}") from error
    return Exit.OK


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
