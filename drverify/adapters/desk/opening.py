"""Which desk a site has: a file in its state directory, or a schema of a shared PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from drverify.adapters.desk import database
from drverify.adapters.desk.desk import TableDesk
from drverify.adapters.desk.sites import postgres_url, schema_of
from drverify.model.recovery import SecretRef

DESK_FILE = "desk.sqlite"


class DeskSettings(Protocol):
    """What the settings' `[operation]` says of it."""

    @property
    def site(self) -> str:
        """Small letters, digits and _."""

    @property
    def database(self) -> str | None:
        """Reference to a PostgreSQL URL; none: a file."""

    @property
    def hours_at_most(self) -> int:
        """For one drill."""


def desk_for(operation: DeskSettings, state_dir: Path, secret: Callable[[SecretRef], bytes]) -> TableDesk:
    """Open the desk of a site; `close` it in the end.

    `state_dir`: of the operation (`Estate.state_dir`). InputError for a reference that leads nowhere or to
    something else than a PostgreSQL URL; HostError when the database cannot be used.
    """
    if operation.database is None:
        opened = database.sqlite(state_dir / DESK_FILE)
    else:
        url = postgres_url(secret(SecretRef(operation.database)).decode("utf-8", "replace"))
        opened = database.postgresql(url, schema_of(operation.site))
    return TableDesk(opened, hours_at_most=timedelta(hours=operation.hours_at_most))
