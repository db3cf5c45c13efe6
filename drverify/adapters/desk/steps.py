"""How the desk's tables came to be: forward steps of SQL, and a row that says how many were taken.

A step that was released is never changed; the next one follows it. Each step is a list of statements that
SQLite and PostgreSQL both know; `{at}` is the schema with its dot, or nothing, `{bytes}` and `{counted}` are
the two types that have no common name.
"""

from sqlalchemy import Connection, inspect, text

from drverify.errors import HostError

_WORDS = {
    "sqlite": {"bytes": "BLOB", "counted": "INTEGER PRIMARY KEY AUTOINCREMENT"},
    "postgresql": {"bytes": "BYTEA", "counted": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"},
}

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE {at}bookings (
            id TEXT PRIMARY KEY, site TEXT NOT NULL, agreement TEXT NOT NULL, workload TEXT NOT NULL,
            kind TEXT NOT NULL, evening TEXT NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL,
            due BIGINT NOT NULL, priority INTEGER NOT NULL, host TEXT NOT NULL, memory_mib INTEGER NOT NULL,
            reads BIGINT NOT NULL, takes BIGINT NOT NULL, mode TEXT NOT NULL, point TEXT NOT NULL, slot TEXT,
            obligations TEXT NOT NULL, why TEXT NOT NULL, asked_by TEXT NOT NULL, state TEXT NOT NULL)""",
        "CREATE INDEX bookings_by_time ON {at}bookings (not_before, id)",
        "CREATE INDEX bookings_by_state ON {at}bookings (state, not_before, id)",
        "CREATE INDEX bookings_by_agreement ON {at}bookings (agreement, not_before, id)",
        "CREATE INDEX bookings_by_workload ON {at}bookings (workload, not_before, id)",
        "CREATE INDEX bookings_by_evening ON {at}bookings (evening)",
        "CREATE INDEX bookings_wanted ON {at}bookings (not_after) WHERE state = 'wanted'",
        """CREATE TABLE {at}leases (
            booking TEXT PRIMARY KEY, attempt INTEGER NOT NULL, worker TEXT NOT NULL, host TEXT NOT NULL,
            memory_mib INTEGER NOT NULL, reads BIGINT NOT NULL, since BIGINT NOT NULL, seen BIGINT NOT NULL,
            deadline BIGINT NOT NULL, cancelled_by TEXT NOT NULL, concluding INTEGER NOT NULL,
            live TEXT NOT NULL, picture {bytes} NOT NULL)""",
        """CREATE TABLE {at}attempts (
            booking TEXT NOT NULL, number INTEGER NOT NULL, worker TEXT NOT NULL, began BIGINT NOT NULL,
            ended BIGINT NOT NULL, kind TEXT NOT NULL, drill TEXT, verdicts TEXT NOT NULL,
            faults TEXT NOT NULL, left_behind INTEGER NOT NULL, why TEXT NOT NULL,
            PRIMARY KEY (booking, number))""",
        """CREATE TABLE {at}workers (
            id TEXT PRIMARY KEY, site TEXT NOT NULL, machine TEXT NOT NULL, pid INTEGER NOT NULL,
            boot TEXT NOT NULL, version TEXT NOT NULL, seen BIGINT NOT NULL)""",
        """CREATE TABLE {at}actions (
            number {counted}, at BIGINT NOT NULL, account TEXT NOT NULL, what TEXT NOT NULL, booking TEXT,
            detail TEXT NOT NULL)""",
    ),
    ("CREATE INDEX attempts_by_end ON {at}attempts (ended)",),
    (
        "ALTER TABLE {at}bookings ADD COLUMN elsewhere TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE {at}leases ADD COLUMN placed TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE {at}attempts ADD COLUMN host TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE {at}attempts ADD COLUMN placed TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE {at}workers ADD COLUMN hosts TEXT NOT NULL DEFAULT '[]'",
        "UPDATE {at}attempts SET host = (SELECT b.host FROM {at}bookings b WHERE b.id = booking)",
    ),
    (
        """CREATE TABLE {at}keepings (
            booking TEXT NOT NULL, attempt INTEGER NOT NULL, account TEXT NOT NULL, at BIGINT NOT NULL,
            span BIGINT NOT NULL, PRIMARY KEY (booking, attempt))""",
        """CREATE TABLE {at}refused_sign_ins (
            number {counted}, name TEXT NOT NULL, place TEXT NOT NULL, at BIGINT NOT NULL)""",
        "CREATE INDEX refused_sign_ins_by_time ON {at}refused_sign_ins (at)",
    ),
    (
        "ALTER TABLE {at}bookings ADD COLUMN members TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE {at}leases ADD COLUMN slots INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE {at}attempts ADD COLUMN others TEXT NOT NULL DEFAULT '[]'",
        """CREATE TABLE {at}group_members (
            booking TEXT NOT NULL, workload TEXT NOT NULL, PRIMARY KEY (workload, booking))""",
    ),
    tuple(
        f"ALTER TABLE {{at}}{table} ADD COLUMN {column} BIGINT NOT NULL DEFAULT 0"
        for table in ("bookings", "leases")
        for column in ("vcpus", "disk_mib", "mib_per_s")
    ),
)


def bring_up(connection: Connection, schema: str | None) -> None:
    """Take the steps that are missing, inside the caller's writing transaction, which excludes all others.

    HostError when the tables are of a newer drverify.
    """
    at = f"{schema}." if schema else ""
    words = {"at": at, **_WORDS[connection.dialect.name]}
    taken = _taken(connection, schema, at)
    if taken > len(STEPS):
        raise HostError(
            f"the operation's tables are of version {taken}, and this drverify knows {len(STEPS)}",
            hint="a newer drverify works on them: upgrade this one",
        )
    if taken == len(STEPS):
        return
    for step in STEPS[taken:]:
        for statement in step:
            connection.execute(text(statement.format_map(words)))
    connection.execute(text(f"UPDATE {at}desk_version SET version = :to"), {"to": len(STEPS)})  # noqa: S608


def _taken(connection: Connection, schema: str | None, at: str) -> int:
    if inspect(connection).has_table("desk_version", schema=schema):
        return int(connection.execute(text(f"SELECT version FROM {at}desk_version")).scalar_one())  # noqa: S608
    connection.execute(text(f"CREATE TABLE {at}desk_version (version INTEGER NOT NULL)"))
    connection.execute(text(f"INSERT INTO {at}desk_version (version) VALUES (0)"))  # noqa: S608
    return 0
