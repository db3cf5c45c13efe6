"""Where a customer's heartbeats are written: a file, or a table of a PostgreSQL, the newest few of them.

Nothing of ours is needed there: the file is replaced in one step, the table is reached by the `psql` of the
customer's own machine, which finds its password as it always does (`~/.pgpass`, a service file, PGPASSFILE).
"""

import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.plain import plain_content
from drverify.errors import EvidenceError, HostError, InputError
from drverify.transparency import heartbeat

KEEP = 5
MOST = heartbeat.MAX_BYTES // 512
"""No token is longer than half a KiB, unless the names in it are."""
WITHIN = timedelta(seconds=30)
TABLE = "drverify_heartbeat"
_SQL = f"""\
set client_min_messages = warning;
select to_regclass('{TABLE}') is null as absent \\gset
\\if :absent
create table {TABLE} (at timestamptz primary key, token text not null);
\\endif
insert into {TABLE} values (:'at', :'token') on conflict (at) do nothing;
delete from {TABLE} where at not in (select at from {TABLE} order by at desc limit :keep);
"""  # noqa: S608 - one literal name
_SECRET = re.compile(r"password|://[^/@]*:[^/@]*@", re.IGNORECASE)


class Target(Protocol):
    """Where tokens go."""

    def add(self, token: bytes, at: str) -> None:
        """Write a token of the instant `at` (RFC 3339); the oldest go. HostError when that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTarget:
    """A file, which may lie on a file system of the workload's."""

    path: Path
    keep: int = KEEP

    def add(self, token: bytes, at: str) -> None:
        """Add a token; whatever stood in the file and is no file of tokens goes."""
        del at
        kept = [*self._before(), token][-self.keep :]
        write_durably(self.path, b"".join(kept), mode=0o644)

    def _before(self) -> tuple[bytes, ...]:
        with suppress(FileNotFoundError, EvidenceError):
            content = plain_content(self.path, heartbeat.MAX_BYTES)
            return heartbeat.split(content, what=str(self.path))
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresTarget:
    """A table, made when it is not there: `at` and `token`."""

    connection: str
    """As psql reads it, without a password: it stands in the list of processes."""
    keep: int = KEEP

    def __post_init__(self) -> None:
        """Refuse a password. InputError."""
        if _SECRET.search(self.connection):
            raise InputError("a password does not belong into --psql", hint="put it into ~/.pgpass")

    def add(self, token: bytes, at: str) -> None:
        """Insert a row and delete the oldest, in one transaction."""
        variables = ("ON_ERROR_STOP=1", f"at={at}", f"token={token.decode()}", f"keep={self.keep}")
        options = [word for one in variables for word in ("-v", one)]
        command = ["psql", "-X", "-q", "-w", "-1", *options, "-f", "-", "-d", self.connection]
        try:
            done = subprocess.run(
                command,
                input=_SQL.encode(),
                capture_output=True,
                timeout=WITHIN.total_seconds(),
                check=False,
            )
        except FileNotFoundError as error:
            raise HostError("psql is not installed", hint="install PostgreSQL's client") from error
        except subprocess.TimeoutExpired as error:
            raise HostError(f"psql does not end within {WITHIN.seconds} s") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise HostError(f"psql: {said[-1] if said else f'exit {done.returncode}'}")
