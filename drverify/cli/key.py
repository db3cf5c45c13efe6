"""`drverify key new|show`: the keys that sign evidence, and the trust files that verify it."""

import argparse
import json
import re
import sys
from pathlib import Path

from drverify.adapters.signing.keyfile import create
from drverify.cli.key_reference import declare
from drverify.cli.key_reference import signer as signer_named
from drverify.errors import Exit, InputError
from drverify.model.evidence import ROLES, Role, TrustedKey
from drverify.sealing.keys import trust_file
from drverify.transparency.note import is_name

NAME = "key"
EXAMPLES = """\
examples:
  drverify key new                                  make runner.key and runner.trust.json here
  drverify key new --name site1 --out /etc/drverify
  drverify key new --role customer                  make customer.key: who agrees on registers and schedules
  drverify key new --log provider.example/drverify/acme     make the key of a log of that name
  drverify key new --role witness --called acme.example/witness
  drverify key show /etc/drverify/site1.key         print the trust file to give to an auditor
  drverify key show runner.key > runner.trust.json
  drverify key show 'hsm:2?label=site1' --pin env:PIN --library /usr/lib/softhsm/libsofthsm2.so

roles: the runner signs what a drill found, the log that it was logged, provider and customer what both
agreed on, a witness that it saw a checkpoint. A key is trusted in one role only.
"""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_KEPT: dict[Role, str] = {
    "runner": "keep it on the machine that runs drills",
    "log": "keep it on the machine that runs drills",
    "provider": "keep it with whoever may agree for the provider, not on the machine that runs drills",
    "customer": "keep it with the customer",
    "witness": "keep it with the witness",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `new` and `show`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="make a new Ed25519 key and its trust file")
    new.add_argument("--name", help="name of the key and its files (default: its role)")
    new.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where to put them (default: .)")
    show = actions.add_parser("show", help="print the trust file of a key: its public half, in its role")
    declare(show, "the private key")
    for one in (new, show):
        one.add_argument("--role", choices=ROLES, help="what it signs as (default: runner)")
        one.add_argument(
            "--called", metavar="NAME", help="its name in the trust file, if not that of its file"
        )
        one.add_argument("--log", metavar="ORIGIN", help="the same as --role log --called ORIGIN")


def run(args: argparse.Namespace) -> int:
    """Do it; InputError for a file that is there already, or is none."""
    role, called = _role(args)
    if args.action == "show":
        shown = signer_named(args)
        stem = role if ":" in args.keyfile else Path(args.keyfile).stem
        sys.stdout.write(_trust(shown.public_der, role, called or stem))
        return Exit.OK
    name = args.name or role
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be the name of a key: letters, digits, dot, dash, underscore")
    path = args.out / f"{name}.key"
    trust = args.out / f"{name}.trust.json"
    signer = create(path)
    try:
        with trust.open("x", encoding="utf-8") as file:
            file.write(_trust(signer.public_der, role, called or name))
    except OSError as error:
        hint = f"the key is made; print its trust file with `drverify key show {path}`"
        raise InputError(f"{trust} cannot be written: {error.strerror}", hint=hint) from error
    print(f"private key  {path}  ({_KEPT[role]})")
    print(f"trust file   {trust}  (give it to whoever verifies evidence)")
    print(f"key id       {signer.keyid}")
    return Exit.OK


def _role(args: argparse.Namespace) -> tuple[Role, str | None]:
    """The role of the key and what it is called there; InputError when they do not go together."""
    role: Role = args.role or ("runner" if args.log is None else "log")
    if args.log is not None and (role != "log" or args.called is not None):
        raise InputError("--log says role and name already", hint="leave out --role and --called")
    called: str | None = args.log if args.log is not None else args.called
    if role == "log" and called is None:
        raise InputError("a log's key has the log's own name", hint="add --log ORIGIN")
    if called is not None and not is_name(called):
        what = "a log" if role == "log" else f"a {role}"
        raise InputError(f"{called!r} cannot be the name of {what}: no spaces, no plus signs")
    return role, called


def _trust(public_der: bytes, role: Role, name: str) -> str:
    key = TrustedKey(role=role, public_der=public_der, name=name)
    return json.dumps(trust_file([key]), indent=2) + "\n"
