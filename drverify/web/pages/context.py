"""What the pages are made from, and whom they are made for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request

from drverify.adapters.board.database import Database
from drverify.engine.nightly.ports import Desk
from drverify.model.account import Viewer
from drverify.model.nights import Room
from drverify.operation.estate import Estate
from drverify.operation.rooms import rooms_of

_GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """A site as its settings are now: agreements and hosts come and go while it is served."""

    name: str
    drills: Mapping[str, Path]
    """Where the drills of each agreement lie, by its id."""
    state_dir: Path
    """Where the site's own state lies."""
    rooms: Mapping[str, Room]
    """By host; empty where the settings say nothing of nights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """Everything that pages read. None of them writes anything."""

    board: Database
    desk: Desk
    current: Callable[[], SiteNow]
    now: Callable[[], datetime]


def context_of(current: Callable[[], Estate], desk: Desk, board: Database) -> PageContext:
    """What the pages of a site are made from; desk and board stay open as long as they are served."""
    return PageContext(
        board=board, desk=desk, current=lambda: site_now(current()), now=lambda: datetime.now(UTC)
    )


def site_now(estate: Estate) -> SiteNow:
    """What pages need of an estate."""
    nights = estate.main.settings.nights
    return SiteNow(
        name=estate.operation.site,
        drills={name: workshop.drills.path for name, workshop in estate.workshops.items()},
        state_dir=estate.state_dir,
        rooms={room.host: room for room in rooms_of(nights)} if nights is not None else {},
    )


def viewer_of(request: Request) -> Viewer:
    """Who is looking. The gate set it; a page that is reached without one is a bug, and an error."""
    viewer: Viewer = request.state.viewer
    return viewer
