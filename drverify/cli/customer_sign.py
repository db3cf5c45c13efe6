"""`drverify customer sign`: the customer's word on what both parties state. Needs no settings."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from drverify.cli.record_files import read_file, shown, sign_file, signer_named
from drverify.cli.trusted import trust_of
from drverify.errors import Exit
from drverify.sealing.records.reading import read_draft


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what it takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the record, as the provider gave it")
    parser.add_argument("--key", metavar="KEY", help="our private key; without it nothing is signed")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="with the provider's key, got from it")
    parser.add_argument("--lock", type=Path, metavar="FILE", help="our copy of the accepted register")
    parser.add_argument("-o", dest="to", type=Path, metavar="FILE", help="where to write it (default: FILE)")


def run(args: argparse.Namespace) -> int:
    """Say what is about to be signed, then sign it if there is a key."""
    keys = trust_of(args.trust, datetime.now(UTC)).keys if args.trust else None
    for line in shown(read_draft(read_file(args.file)), keys, args.lock):
        print(line)
    if args.key is not None:
        sign_file(args.file, args.to or args.file, signer_named(args.key), "customer", keys)
    return Exit.OK
