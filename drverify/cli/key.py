"""`drverify key new|show`: the keys that sign evidence, and the trust files that verify it."""

import argparse
import json
import re
import sys
from pathlib import Path

from drverify.adapters.signing.keyfile import KeyfileSigner, create
from drverify.errors import Exit, InputError
from drverify.model.evidence import Role, TrustedKey
from drverify.sealing.keys import trust_file
from drverify.transparency.note import is_name

NAME = "key"
HELP = "make and show the keys that sign evidence"
EXAMPLES = """\
examples:
  drverify key new                                  make runner.key and runner.trust.json here
  drverify key new --name site1 --out /etc/drverify
  drverify key new --log provider.example/drverify/acme     make the key of a log of that name
  drverify key show /etc/drverify/site1.key         print the trust file to give to an auditor
  drverify key show runner.key > runner.trust.json
"""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `new` and `show`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="make a new Ed25519 key and its trust file")
    new.add_argument("--name", help="name of the key and its files (default: runner, or log)")
    new.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where to put them (default: .)")
    show = actions.add_parser("show", help="print the trust file of a key: its public half, in its role")
    show.add_argument("keyfile", type=Path, metavar="KEYFILE")
    for one in (new, show):
        one.add_argument("--log", metavar="ORIGIN", help="it is the key of a log, of that name")


def run(args: argparse.Namespace) -> int:
    """Do it; InputError for a file that is there already, or is none."""
    if args.log is not None and not is_name(args.log):
        raise InputError(f"{args.log!r} cannot be the name of a log: no spaces, no plus signs")
    if args.action == "show":
        signer = KeyfileSigner.read(args.keyfile)
        sys.stdout.write(_trust(signer, args.keyfile.stem, args.log))
        return Exit.OK
    name = args.name or ("runner" if args.log is None else "log")
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be the name of a key: letters, digits, dot, dash, underscore")
    path = args.out / f"{name}.key"
    trust = args.out / f"{name}.trust.json"
    signer = create(path)
    try:
        with trust.open("x", encoding="utf-8") as file:
            file.write(_trust(signer, name, args.log))
    except OSError as error:
        hint = f"the key is made; print its trust file with `drverify key show {path}`"
        raise InputError(f"{trust} cannot be written: {error.strerror}", hint=hint) from error
    print(f"private key  {path}  (keep it on the machine that runs drills)")
    print(f"trust file   {trust}  (give it to whoever verifies evidence)")
    print(f"key id       {signer.keyid}")
    return Exit.OK


def _trust(signer: KeyfileSigner, name: str, log: str | None) -> str:
    role: Role = "runner" if log is None else "log"
    key = TrustedKey(role=role, public_der=signer.public_der, name=log or name)
    return json.dumps(trust_file([key]), indent=2) + "\n"
