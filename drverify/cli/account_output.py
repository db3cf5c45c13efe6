"""What `drverify account list` shows."""

from datetime import datetime

from rich.console import Console
from rich.table import Table

from drverify.model.account import Account, Accounts, Rule


def show(console: Console, accounts: Accounts, now: datetime) -> None:
    """Accounts, then the rules for people who sign in elsewhere, then tokens."""
    if not accounts.accounts and not accounts.rules:
        console.print("nobody is let in: make an account with `drverify account add NAME --role operator`")
        return
    table = _table("account", "role", "sees", "signs in")
    for account in accounts.accounts:
        table.add_row(
            account.name, account.role, _sees(account), "with a password" if account.password else "-"
        )
    for rule in accounts.rules:
        table.add_row(f"{rule.claim} {rule.value}", rule.role, _sees(rule), "at the OIDC issuer")
    console.print(table)
    if not accounts.tokens:
        return
    tokens = _table("token", "of", "may", "counts until")
    for token in accounts.tokens:
        over = "  (over)" if token.expires <= now else ""
        may = "what its account may" if token.may_act else "look"
        tokens.add_row(token.id, token.account, may, f"{token.expires:%Y-%m-%d}{over}")
    console.print()
    console.print(tokens)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _sees(one: Account | Rule) -> str:
    return ", ".join(one.agreements) if one.role == "customer" else "everything"
