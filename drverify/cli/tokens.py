"""What reads time stamps, where its library is installed."""

from importlib import import_module

from drverify.sealing.stamps import CheckToken


def token_reader() -> CheckToken | None:
    """None without the library, which nobody needs who has no time stamps."""
    try:
        module = import_module("drverify.adapters.stamping.tokens")
    except ModuleNotFoundError:
        return None
    check: CheckToken = module.check_token
    return check
