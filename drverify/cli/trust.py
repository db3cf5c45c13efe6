"""`drverify trust`: the root that both parties pin, and the keyring that it leads to."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.cli.key_reference import declare, signer
from drverify.cli.trust_files import TrustDirectory
from drverify.cli.trust_output import standing
from drverify.cli.trusted import instant, own_file, resolved_of, trust_of
from drverify.errors import Exit, InputError
from drverify.model.evidence import Revocation, TrustedKey
from drverify.sealing.keys import Trust, keyid_of, read_trust
from drverify.sealing.rooting import new_root
from drverify.sealing.roots import PARTIES, Signatory
from drverify.sealing.strict_json import MAX_BYTES

NAME = "trust"
EXAMPLES = """\
examples: (in a directory that the parties send to each other)
  drverify trust init acme.trust/ --provider p.trust.json --customer c.trust.json \\
                      --with runner.trust.json --with log.trust.json
  drverify trust sign acme.trust/ --key provider.key      each party on its own machine
  drverify trust sign acme.trust/ --key ssh-agent:SHA256:...
  drverify trust show acme.trust/                         the digest to print into the contract, and all keys
  drverify trust add acme.trust/ site2.trust.json --from 2027-01-01
  drverify trust rotate acme.trust/ site1 site3.trust.json --at 2027-02-01
  drverify trust rotate acme.trust/ --customer new.trust.json --customer spare.trust.json
  drverify trust revoke acme.trust/ 5f3a9c21 --at 2027-01-15T08:00:00Z --why "disk stolen"
  drverify trust check acme.trust/                        or 1.root.json, or a trust file

Every change makes drafts; they are in force when provider and customer have both signed. Nothing is taken
out of a keyring: old keys are needed for old evidence.
"""
_DAYS = 400
_MIN_PREFIX = 8
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    init = actions.add_parser("init", help="draft the first root and its keyring")
    add = actions.add_parser("add", help="draft a keyring with one more key, or time authority")
    revoke = actions.add_parser("revoke", help="draft a keyring in which a key is revoked")
    rotate = actions.add_parser(
        "rotate", help="draft a change of keys, of root keys, or of nothing but the dates"
    )
    sign = actions.add_parser("sign", help="sign the drafts with a root key")
    show = actions.add_parser("show", help="print roots, keys, drafts, and what they lack")
    for one in (init, add, revoke, rotate, sign, show):
        one.add_argument("directory", type=Path, metavar="DIR")
    init.add_argument(
        "--with",
        dest="files",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="trust file of keys that sign: runner, log, parties, witnesses, time authorities",
    )
    add.add_argument("files", type=Path, nargs=1, metavar="FILE", help="trust file")
    add.add_argument("--from", dest="since", type=instant, metavar="TIME", help="valid from then on")
    add.add_argument("--until", type=instant, metavar="TIME", help="valid until then")
    revoke.add_argument("key", metavar="KEY", help="its name, or the beginning of its id")
    revoke.add_argument(
        "--at", type=instant, required=True, metavar="TIME", help="what is not older counts no more"
    )
    revoke.add_argument("--why", required=True, metavar="TEXT")
    rotate.add_argument("key", nargs="?", metavar="OLD", help="name of a key, or the beginning of its id")
    rotate.add_argument("new", nargs="?", type=Path, metavar="NEW", help="trust file of its successor")
    rotate.add_argument(
        "--at", type=instant, metavar="TIME", help="when the one follows the other (default: now)"
    )
    for one in (init, rotate):
        for party in PARTIES:
            one.add_argument(
                f"--{party}",
                type=Path,
                action="append",
                default=[],
                metavar="FILE",
                help=f"trust file of a root key of the {party}; a second one is its spare",
            )
    for one in (init, add, revoke, rotate):
        one.add_argument(
            "--days",
            type=int,
            default=_DAYS,
            metavar="N",
            help=f"until it must be signed anew (default: {_DAYS})",
        )
    declare(sign, "a root key", flag="--key")
    check = actions.add_parser("check", help="follow a root to its keys, as `verify --trust` does")
    check.add_argument("trust", type=Path, metavar="TRUST")
    check.add_argument("--at", type=instant, metavar="TIME", help="judge as of then (default: now)")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    now = datetime.now(UTC).replace(microsecond=0)
    if args.action == "check":
        at = args.at or now
        if args.trust.is_dir():
            resolved_of(args.trust, at)
            sys.stdout.write(standing(TrustDirectory(args.trust)))
        else:
            print(f"{args.trust}: {len(trust_of(args.trust, at).keys)} keys")
        return Exit.OK
    directory = TrustDirectory(args.directory)
    if args.action == "sign":
        _sign(directory, args, now)
    elif args.action != "show":
        {"init": _init, "add": _add, "revoke": _revoke, "rotate": _rotate}[args.action](directory, args, now)
    sys.stdout.write(standing(directory))
    return Exit.OK


def _init(directory: TrustDirectory, args: argparse.Namespace, now: datetime) -> None:
    if directory.chain() or directory.drafts():
        raise InputError(
            f"{directory.path} has a root already", hint="`drverify trust rotate` makes the next"
        )
    expires = now + timedelta(days=args.days)
    root = new_root(_signatories(args), version=1, expires=expires)
    directory.draft(_joined(Trust(keys=()), args.files), expires, root=root)


def _add(directory: TrustDirectory, args: argparse.Namespace, now: datetime) -> None:
    _draft(directory, _joined(directory.keyring(draft=True), args.files, args.since, args.until), args, now)


def _revoke(directory: TrustDirectory, args: argparse.Namespace, now: datetime) -> None:
    keyring = directory.keyring(draft=True)
    key = _named(keyring, args.key)
    revoked = replace(key, revoked=Revocation(at=args.at, why=args.why))
    _draft(directory, _exchanged(keyring, key, revoked), args, now)


def _rotate(directory: TrustDirectory, args: argparse.Namespace, now: datetime) -> None:
    keyring = directory.keyring(draft=True)
    if args.key is not None:
        if args.new is None:
            raise InputError("rotate needs the old key and the trust file of the new one")
        at = args.at or now
        old = _named(keyring, args.key)
        ended = _exchanged(keyring, old, replace(old, valid_until=at))
        keyring = _joined(ended, [args.new], at)
        if [key.role for key in keyring.keys[len(ended.keys) :]] != [old.role]:
            raise InputError(f"{args.new} is not the key of a {old.role}")
    before = directory.root()
    if before is None:
        raise InputError(f"{directory.path} has no root in force", hint="sign the first one, or begin anew")
    given = {party for party in PARTIES if getattr(args, party)}
    kept = [one for one in before.keys.values() if one.party not in given]
    expires = now + timedelta(days=args.days)
    root = new_root([*kept, *_signatories(args)], version=before.version + 1, expires=expires)
    directory.draft(keyring, expires, root=root if given or args.key is None else None)


def _sign(directory: TrustDirectory, args: argparse.Namespace, now: datetime) -> None:
    key = signer(args)
    signed = directory.sign(key, key.public_der)
    if not signed:
        raise InputError(f"key {key.keyid[:16]} has nothing to sign here", hint="see `drverify trust show`")
    print(f"signed {' and '.join(signed)} with key {key.keyid[:16]}", file=sys.stderr)
    if directory.put_in_force(now):
        print("both parties have signed: it is in force", file=sys.stderr)


def _draft(directory: TrustDirectory, keyring: Trust, args: argparse.Namespace, now: datetime) -> None:
    """Draft the keyring, below the root that there is."""
    directory.next_root()
    directory.draft(keyring, now + timedelta(days=args.days))


def _signatories(args: argparse.Namespace) -> list[Signatory]:
    """The root keys that the arguments name."""
    found = []
    for party in PARTIES:
        for path in getattr(args, party):
            keys = read_trust(own_file(path, MAX_BYTES), what=str(path)).keys
            if [key.role for key in keys] != [party]:
                raise InputError(
                    f"{path}: not the trust file of one key of the {party}",
                    hint=f"`drverify key new --role {party}`",
                )
            found.append(Signatory(party=party, public_der=keys[0].public_der))
    return found


def _joined(
    keyring: Trust, files: Sequence[Path], since: datetime | None = None, until: datetime | None = None
) -> Trust:
    """The keyring with what stands in the trust files."""
    keys, authorities = list(keyring.keys), list(keyring.authorities)
    for path in files:
        found = read_trust(own_file(path, MAX_BYTES), what=str(path))
        keys += [replace(key, valid_from=since, valid_until=until) for key in found.keys]
        authorities += found.authorities
    return Trust(keys=tuple(keys), authorities=tuple(authorities))


def _exchanged(keyring: Trust, old: TrustedKey, new: TrustedKey) -> Trust:
    return replace(keyring, keys=tuple(new if key == old else key for key in keyring.keys))


def _named(keyring: Trust, wanted: str) -> TrustedKey:
    """The one key of that name or id; InputError when there is none, or several."""
    is_id = len(wanted) >= _MIN_PREFIX and _HEX.fullmatch(wanted) is not None
    found = [
        key
        for key in keyring.keys
        if key.name == wanted or (is_id and keyid_of(key.public_der).startswith(wanted))
    ]
    if len(found) != 1:
        raise InputError(
            f"{'several keys are' if found else 'no key is'} called {wanted!r} in the keyring",
            hint=f"name it by the beginning of its id, {_MIN_PREFIX} digits at least",
        )
    return found[0]
