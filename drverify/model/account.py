"""Who may look at what, and who may do something. Pure: a password and a token are only digests here.

    operator   sees every agreement, and acts (run now, cancel)
    reader     sees every agreement
    customer   sees the agreements that are named, as whoever receives the reports

Nobody is let in by default: a local account is made by hand, and whom an identity provider signs in is
let in by a rule that names a subject, an address or a group of that provider.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["operator", "reader", "customer"]
ROLES: tuple[Role, ...] = ("operator", "reader", "customer")
"""The strongest first."""
_GENERATION_BITS = 48
"""Exact in every reader of JSON."""
Claim = Literal["subject", "email", "group"]
CLAIMS: tuple[Claim, ...] = ("subject", "email", "group")
ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}", re.ASCII)
"""No colon: the account of somebody who signed in elsewhere is `oidc:<address or subject>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A local account."""

    name: str
    role: Role
    agreements: tuple[str, ...] = ()
    """Of a customer; nobody else has any, for others see all."""
    password: str = ""
    """Argon2 digest as its library writes it; empty: nobody signs in with it, it only has tokens."""
    generation: int = 1
    """Another one with every change of password or rights, and for every account of the name: sessions of
    another one are over. `first_generation` makes it by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who is let in when the identity provider says that it is them."""

    claim: Claim
    value: str
    role: Role
    agreements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program's way in: it may what its account may, or only look."""

    id: str
    account: str
    sha256: str
    """Of the token's text, which is 256 bits of chance: no slower digest is needed."""
    made: datetime
    expires: datetime
    may_act: bool
    """Whether it may act as far as its account may; otherwise it only looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Everything about who is let in."""

    accounts: tuple[Account, ...] = ()
    rules: tuple[Rule, ...] = ()
    tokens: tuple[Token, ...] = ()

    def account(self, name: str) -> Account | None:
        """The local account of that name."""
        return next((one for one in self.accounts if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who is looking, as pages and the interface know them."""

    account: str
    agreements: frozenset[str] | None
    """Ids of those that they see; None: all."""
    may_act: bool

    def sees(self, agreement: str) -> bool:
        """Whether an agreement is for their eyes."""
        return self.agreements is None or agreement in self.agreements


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an identity provider says of somebody, as far as rules ask for it."""

    subject: str
    email: str
    """Empty unless the provider says that it was verified."""
    groups: frozenset[str]

    @property
    def account(self) -> str:
        """Their name in the audit trail."""
        return f"oidc:{self.email or self.subject}"


def first_generation() -> int:
    """The number of a new account, by chance: none before it of the same name had it."""
    return secrets.randbits(_GENERATION_BITS) + 1


def viewer_of(account: Account) -> Viewer:
    """What a local account may."""
    return _viewer(account.name, [(account.role, account.agreements)])


def matching(rules: Iterable[Rule], claims: Claims) -> tuple[Rule, ...]:
    """The rules that let somebody in; addresses are the same in any case of letters."""

    def holds(rule: Rule) -> bool:
        if rule.claim == "group":
            return rule.value in claims.groups
        if rule.claim == "email":
            return bool(claims.email) and rule.value.casefold() == claims.email.casefold()
        return rule.value == claims.subject

    return tuple(rule for rule in rules if holds(rule))


def viewer_by_rules(account: str, rules: Iterable[Rule]) -> Viewer | None:
    """What those rules together allow; None: they let nobody in."""
    rights = [(rule.role, rule.agreements) for rule in rules]
    return _viewer(account, rights) if rights else None


def _viewer(account: str, rights: list[tuple[Role, tuple[str, ...]]]) -> Viewer:
    roles = {role for role, _ in rights}
    everything = bool(roles & {"operator", "reader"})
    return Viewer(
        account=account,
        agreements=None if everything else frozenset(one for _, named in rights for one in named),
        may_act="operator" in roles,
    )
