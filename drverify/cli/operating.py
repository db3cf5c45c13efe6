"""What `up`, `worker`, `scheduler` and `web` have in common: a process of a site, with some of its parts."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

from drverify import logs
from drverify.cli.places import settings_path
from drverify.engine.nightly.ports import Desk
from drverify.errors import InputError
from drverify.operation.watching import WatchedEstate
from drverify.operation.worker import Parts, Round, Server, Site, to_standard_error

LOOK_EVERY = timedelta(seconds=2)
"""Between two looks at whether it is time for a round."""
WEB_NEEDS = (
    "fastapi",
    "uvicorn",
    "jinja2",
    "itsdangerous",
    "starlette_csrf",
    "authlib",
    "argon2",
    "multipart",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a process does beside drilling and planning."""

    rounds: bool = False
    """Whether it does the rounds: what the pages show, metrics, looks, telling people."""
    web: bool = False


def site_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--site`, which keeps a process from working on the wrong settings."""
    parser.add_argument(
        "--site", default="", metavar="NAME", help="refuse settings of another site than this one"
    )


def operate(args: argparse.Namespace, parts: Parts, chosen: Chosen) -> int:
    """Open the site and work until a signal; the exit code."""
    site = Site(settings_path(args), parts, to_standard_error)
    found = site.watched.now().operation.site
    if args.site not in {"", found}:
        raise InputError(f"the settings are of site {found}, not {args.site}", hint="see operation.site")
    return site.run(lambda watched, desk: (_rounds(watched, desk, chosen), _servers(watched, desk, chosen)))


def web_is_there() -> bool:
    """Whether everything is installed that the web page needs."""
    return all(find_spec(name) is not None for name in WEB_NEEDS)


def _rounds(watched: WatchedEstate, desk: Desk, chosen: Chosen) -> Sequence[Round]:
    if not chosen.rounds:
        return ()
    from drverify.operation.rounds import SiteRounds  # noqa: PLC0415 - the extra `night`

    rounds = SiteRounds(watched.now, desk, to_standard_error)
    return (
        Round(name="rounds", every=LOOK_EVERY, work=lambda now: rounds.tick(now, lambda: datetime.now(UTC))),
    )


def _servers(watched: WatchedEstate, desk: Desk, chosen: Chosen) -> Sequence[Server]:
    if not chosen.web:
        return ()
    with warnings.catch_warnings(record=True):  # of libraries about each other
        from drverify.web.app import make_app  # noqa: PLC0415 - the extra `web`
        from drverify.web.serving import address_of, serve  # noqa: PLC0415 - the extra `web`

    logs.configure(json=not sys.stderr.isatty())
    estate = watched.now()
    address = address_of(estate.operation.web)
    where = address.public or f"port {address.port} of this machine"
    server = serve(
        make_app(estate, desk, address, current=watched.now),
        address,
        lambda: to_standard_error(f"the web page is at {where}"),
    )
    return (Server(name="web", run=server.run, stop=server.stop),)
