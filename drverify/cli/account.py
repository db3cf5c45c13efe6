"""`drverify account`: who may look at the web page and use the interface, and who may act."""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.passwords import digest
from drverify.adapters.accounts.tokens import DAYS, LONGEST_DAYS, new_token
from drverify.cli.account_output import show
from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.errors import Exit, InputError
from drverify.model.account import (
    ACCOUNT_NAME,
    CLAIMS,
    ROLES,
    Account,
    Accounts,
    Role,
    Rule,
    first_generation,
)
from drverify.operation.estate import Estate

EXAMPLES = """\
examples:
  drverify account add ana --role operator                  asks for the password on the terminal
  drverify account add ben --role customer --agreement ACME-DR-2026
  drverify account add ci --role reader --no-password       has tokens only
  drverify account passwd ana < new.password
  drverify account token ci --days 30                       prints the token, once
  drverify account allow group backup-operators --role operator     whom the OIDC issuer signs in
  drverify account allow email dora@acme.example --role customer --agreement ACME-DR-2026
  drverify account list

roles: an operator sees everything and acts (run now, cancel); a reader sees everything; a customer sees
the agreements that are named. A change counts from the next request on: nobody needs to be signed out.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a local account")
    add.add_argument("name")
    _rights(add)
    add.add_argument("--no-password", action="store_true", help="for programs: it has tokens only")
    passwd = actions.add_parser("passwd", help="give an account another password; its sessions end")
    passwd.add_argument("name")
    remove = actions.add_parser("remove", help="remove an account and its tokens; its sessions end")
    remove.add_argument("name")
    token = actions.add_parser("token", help="make a token for a program, or take one back")
    token.add_argument("name", help="of the account whose rights it has")
    token.add_argument("--days", type=int, default=DAYS, help=f"how long it counts (default: {DAYS})")
    token.add_argument("--read-only", action="store_true", help="it never acts, whatever its account may")
    token.add_argument("--revoke", metavar="ID", help="take back the one of that id, as `list` shows it")
    for name, text in (("allow", "let in whom the OIDC issuer signs in"), ("forbid", "take that back")):
        rule = actions.add_parser(name, help=text)
        rule.add_argument("claim", choices=CLAIMS, help="what the issuer says of them")
        rule.add_argument("value")
        if name == "allow":
            _rights(rule)
    actions.add_parser("list", help="accounts, rules and tokens")


def run(args: argparse.Namespace) -> int:
    """Do it. InputError for an unknown account, or a known one that is to be added."""
    estate = Estate.open(settings_path(args))
    book = AccountBook(estate.state_dir)
    if args.action == "list":
        show(console_here(), book.read(), datetime.now(UTC))
        return Exit.OK
    if args.action in {"add", "allow"}:
        _check_rights(args, tuple(estate.workshops))
    if args.action == "token" and args.revoke is None:
        return _token(book, args)
    changes: dict[str, Callable[[argparse.Namespace], Callable[[Accounts], Accounts]]] = {
        "add": _add,
        "passwd": _passwd,
        "remove": _remove,
        "token": _revoke,
        "allow": _allow,
        "forbid": _forbid,
    }
    _named(args)
    book.change(changes[args.action](args))
    return Exit.OK


def _rights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", choices=ROLES, required=True)
    parser.add_argument(
        "--agreement",
        action="append",
        default=[],
        metavar="ID",
        help="that a customer sees (may be repeated)",
    )


def _check_rights(args: argparse.Namespace, known: tuple[str, ...]) -> None:
    role: Role = args.role
    if role == "customer" and not args.agreement:
        raise InputError("a customer sees nothing without an agreement", hint="add --agreement ID")
    if role != "customer" and args.agreement:
        raise InputError(f"--agreement is for customers: who is {role} sees all agreements")
    for named in args.agreement:
        if named not in known:
            raise InputError(f"no agreement {named!r} here", hint=f"known are: {', '.join(known)}")


def _named(args: argparse.Namespace) -> None:
    name = getattr(args, "name", None)
    if name is not None and ACCOUNT_NAME.fullmatch(name) is None:
        raise InputError(
            f"{name!r} cannot be the name of an account",
            hint="small letters, digits, and . _ @ - after the first: 63 at most",
        )


def _known(accounts: Accounts, name: str) -> Account:
    found = accounts.account(name)
    if found is None:
        names = ", ".join(one.name for one in accounts.accounts) or "none"
        raise InputError(f"no account {name!r}", hint=f"known are: {names}")
    return found


def _add(args: argparse.Namespace) -> Callable[[Accounts], Accounts]:
    kept = "" if args.no_password else digest(_password())
    made = Account(
        name=args.name,
        role=args.role,
        agreements=tuple(sorted(set(args.agreement))),
        password=kept,
        generation=first_generation(),
    )

    def by(accounts: Accounts) -> Accounts:
        if accounts.account(args.name) is not None:
            raise InputError(f"there is an account {args.name!r} already", hint="remove it first")
        return replace(accounts, accounts=(*accounts.accounts, made))

    return by


def _passwd(args: argparse.Namespace) -> Callable[[Accounts], Accounts]:
    kept = digest(_password())

    def by(accounts: Accounts) -> Accounts:
        old = _known(accounts, args.name)
        new = replace(old, password=kept, generation=old.generation + 1)
        return replace(accounts, accounts=tuple(new if one is old else one for one in accounts.accounts))

    return by


def _remove(args: argparse.Namespace) -> Callable[[Accounts], Accounts]:
    def by(accounts: Accounts) -> Accounts:
        old = _known(accounts, args.name)
        return replace(
            accounts,
            accounts=tuple(one for one in accounts.accounts if one is not old),
            tokens=tuple(one for one in accounts.tokens if one.account != old.name),
        )

    return by


def _token(book: AccountBook, args: argparse.Namespace) -> int:
    """Make a token, and print it once: its digest alone is kept."""
    if not 1 <= args.days <= LONGEST_DAYS:
        raise InputError(f"--days {args.days}: a token counts 1 to {LONGEST_DAYS} days")
    now = datetime.now(UTC).replace(microsecond=0)
    kept, text = new_token(args.name, now, lasts=timedelta(days=args.days), may_act=not args.read_only)

    def by(accounts: Accounts) -> Accounts:
        _known(accounts, args.name)
        current = tuple(one for one in accounts.tokens if one.expires > now)
        return replace(accounts, tokens=(*current, kept))

    book.change(by)
    print(text)
    print(f"token {kept.id} of {args.name} counts until {kept.expires:%Y-%m-%d}", file=sys.stderr)
    return Exit.OK


def _revoke(args: argparse.Namespace) -> Callable[[Accounts], Accounts]:
    def by(accounts: Accounts) -> Accounts:
        kept = tuple(one for one in accounts.tokens if (one.id, one.account) != (args.revoke, args.name))
        if len(kept) == len(accounts.tokens):
            raise InputError(f"{args.name} has no token {args.revoke!r}", hint="drverify account list")
        return replace(accounts, tokens=kept)

    return by


def _allow(args: argparse.Namespace) -> Callable[[Accounts], Accounts]:
    rule = Rule(
        claim=args.claim, value=args.value, role=args.role, agreements=tuple(sorted(set(args.agreement)))
    )

    def by(accounts: Accounts) -> Accounts:
        others = (one for one in accounts.rules if (one.claim, one.value) != (rule.claim, rule.value))
        return replace(accounts, rules=(*others, rule))

    return by


def _forbid(args: argparse.Namespace) -> Callable[[Accounts], Accounts]:
    def by(accounts: Accounts) -> Accounts:
        kept = tuple(one for one in accounts.rules if (one.claim, one.value) != (args.claim, args.value))
        if len(kept) == len(accounts.rules):
            raise InputError(f"nobody is let in by {args.claim} {args.value!r}", hint="drverify account list")
        return replace(accounts, rules=kept)

    return by


def _password() -> str:
    """Ask twice on a terminal; otherwise the first line of standard input. Never an argument."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("again: ") != first:
        raise InputError("the two passwords differ")
    return first
