"""`drverify customer heartbeat`: signs the time, again and again, and writes it into a protected workload."""

import argparse
import sys
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from drverify.adapters.heartbeats import KEEP, MOST, FileTarget, PostgresTarget, Target
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.cli.customer_key import own_key
from drverify.errors import Exit, HostError, InputError
from drverify.transparency import heartbeat
from drverify.transparency.heartbeat import Heartbeat
from drverify.transparency.note import KeyType, NoteKey

SCRIPT = "heartbeat.sh"
_DAY = 24 * 3600


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is signed, and where it goes."""
    parser.add_argument("--key", type=Path, metavar="KEYFILE", help="our private key")
    parser.add_argument("--name", help="our name for all time, such as acme.example/heartbeat")
    parser.add_argument("--workload", help="the workload's name in the provider's inventory")
    parser.add_argument("--into", type=Path, metavar="FILE", help="a file of the workload's")
    parser.add_argument(
        "--psql", metavar="CONNECTION", help="a PostgreSQL of the workload's, as psql names it: service=shop"
    )
    parser.add_argument(
        "--every", type=int, default=60, metavar="SECONDS", help="pause between two (default: 60)"
    )
    parser.add_argument("--once", action="store_true", help="write one, and end")
    parser.add_argument(
        "--keep", type=int, default=KEEP, metavar="N", help=f"how many stay there (default: {KEEP})"
    )
    parser.add_argument(
        "--script", action="store_true", help="print a shell script that does the same with openssl alone"
    )


def run(args: argparse.Namespace) -> int:
    """Beat until interrupted; a beat that fails is said, and the next one tried in its time."""
    if args.script:
        sys.stdout.write((files("drverify") / "scripts" / SCRIPT).read_text(encoding="utf-8"))
        return Exit.OK
    if args.key is None or args.name is None or args.workload is None:
        raise InputError("a heartbeat needs --key, --name and --workload", hint="or --script")
    if not heartbeat.is_workload(args.workload):
        raise InputError(f"{args.workload!r} cannot be the name of a workload")
    if not 1 <= args.every <= _DAY:
        raise InputError(f"--every must be from 1 to {_DAY}")
    signer = KeyfileSigner.read(args.key)
    key, target = own_key(signer, args.name, KeyType.LOG), _target(args)
    if args.once:
        _beat(target, args.workload, key, signer)
        return Exit.OK
    while True:
        try:
            _beat(target, args.workload, key, signer)
        except HostError as error:
            print(f"drverify: no heartbeat: {error}", file=sys.stderr)
        time.sleep(args.every)


def _target(args: argparse.Namespace) -> Target:
    if not 1 <= args.keep <= MOST:
        raise InputError(f"--keep must be from 1 to {MOST}")
    if (args.into is None) == (args.psql is None):
        raise InputError("name one place: --into FILE or --psql CONNECTION")
    if args.into is not None:
        return FileTarget(path=args.into, keep=args.keep)
    return PostgresTarget(connection=args.psql, keep=args.keep)


def _beat(target: Target, workload: str, key: NoteKey, signer: KeyfileSigner) -> None:
    stated = Heartbeat(workload=workload, at=datetime.now(UTC).replace(microsecond=0))
    target.add(heartbeat.sign(stated, key, signer.sign), stated.at.isoformat())
