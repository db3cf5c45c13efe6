"""Arguments that name a private key wherever it is: a file, an SSH agent, a token, a key service."""

import argparse
import os
from pathlib import Path

from drverify.adapters import secrets
from drverify.adapters.signing.reference import KeyReference, PublicSigner, signer_of
from drverify.model.recovery import SecretRef

FORMS = "a key file, ssh-agent:FINGERPRINT, hsm:ID?label=TOKEN, or a key service's URI"


def declare(parser: argparse.ArgumentParser, what: str, *, flag: str | None = None) -> None:
    """Declare the key, as an argument or behind a flag, and what reaching it takes."""
    if flag is None:
        parser.add_argument("keyfile", metavar="KEY", help=f"{what}: {FORMS}")
    else:
        parser.add_argument(flag, dest="keyfile", required=True, metavar="KEY", help=f"{what}: {FORMS}")
    declare_reaching(parser)


def declare_reaching(parser: argparse.ArgumentParser) -> None:
    """Declare what reaching a key may take."""
    parser.add_argument(
        "--pin", metavar="REF", help="where a token's PIN is: env:NAME, file:PATH or cred:NAME, never itself"
    )
    parser.add_argument("--library", type=Path, metavar="FILE", help="a token's PKCS#11 module")
    parser.add_argument("--public", type=Path, metavar="FILE", help="the key's public half, PEM")


def signer(args: argparse.Namespace) -> PublicSigner:
    """The key that the arguments name. InputError or HostError when it is not there."""
    wanted = KeyReference(
        reference=args.keyfile if ":" in args.keyfile else f"file:{args.keyfile}",
        public=args.public,
        pin=(lambda: _pin(args.pin)) if args.pin else None,
        library=args.library,
    )
    return signer_of(wanted, what="the key")


def _pin(reference: str) -> bytes:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return secrets.resolve(
        SecretRef(reference),
        environ=os.environ,
        credentials_dir=Path(credentials) if credentials else None,
        base=Path.cwd(),
    )
