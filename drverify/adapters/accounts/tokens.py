"""Bearer tokens: `drverify_<id>_<256 bits of chance>`; only the digest is kept."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from drverify.model.account import Accounts, Token, Viewer, viewer_of

DAYS, LONGEST_DAYS = 90, 366
_FORM = re.compile(r"drverify_([0-9a-f]{8})_[A-Za-z0-9_-]{43}", re.ASCII)


def new_token(account: str, now: datetime, *, lasts: timedelta, may_act: bool) -> tuple[Token, str]:
    """Make a token; its text is known only to whoever receives it now."""
    number = secrets.token_hex(4)
    text = f"drverify_{number}_{secrets.token_urlsafe(32)}"
    kept = Token(
        id=number,
        account=account,
        sha256=_digest(text),
        made=now,
        expires=now + lasts,
        may_act=may_act,
    )
    return kept, text


def bearer(accounts: Accounts, text: str, now: datetime) -> Viewer | None:
    """Whose token that is, and what it may; None for one that is unknown, over, or of a removed account."""
    parts = _FORM.fullmatch(text)
    if parts is None:
        return None
    kept = next((one for one in accounts.tokens if one.id == parts[1]), None)
    if kept is None or not hmac.compare_digest(kept.sha256, _digest(text)) or kept.expires <= now:
        return None
    account = accounts.account(kept.account)
    if account is None:
        return None
    whole = viewer_of(account)
    return Viewer(
        account=f"{account.name} (token {kept.id})",
        agreements=whole.agreements,
        may_act=whole.may_act and kept.may_act,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
