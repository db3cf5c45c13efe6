"""The desk's tables as SQLAlchemy sees them. They are made by the steps in `steps`, never from here.

Instants are microseconds since 1970 in UTC, durations are microseconds, dates are ISO 8601, lists and objects
are JSON text: whatever reads a row needs neither Python nor a time zone.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

BOOKINGS = Table(
    "bookings",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("workload", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("evening", Text, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("memory_mib", Integer, nullable=False),
    Column("reads", BigInteger, nullable=False),
    Column("takes", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("slot", Text),
    Column("obligations", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("elsewhere", Text, nullable=False),
    Column("members", Text, nullable=False),
    Column("vcpus", BigInteger, nullable=False),
    Column("disk_mib", BigInteger, nullable=False),
    Column("mib_per_s", BigInteger, nullable=False),
)

GROUP_MEMBERS = Table(
    "group_members",
    METADATA,
    Column("booking", Text, primary_key=True),
    Column("workload", Text, primary_key=True),
)
"""Which bookings of groups drill a workload: a question that `bookings.members` answers slowly."""

LEASES = Table(
    "leases",
    METADATA,
    Column("booking", Text, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("memory_mib", Integer, nullable=False),
    Column("reads", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("cancelled_by", Text, nullable=False),
    Column("concluding", Integer, nullable=False),
    Column("live", Text, nullable=False),
    Column("picture", LargeBinary, nullable=False),
    Column("placed", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("vcpus", BigInteger, nullable=False),
    Column("disk_mib", BigInteger, nullable=False),
    Column("mib_per_s", BigInteger, nullable=False),
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("booking", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("drill", Text),
    Column("verdicts", Text, nullable=False),
    Column("faults", Text, nullable=False),
    Column("left_behind", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("placed", Text, nullable=False),
    Column("others", Text, nullable=False),
)

KEEPINGS = Table(
    "keepings",
    METADATA,
    Column("booking", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("span", BigInteger, nullable=False),
)

WORKERS = Table(
    "workers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("hosts", Text, nullable=False),
)

ACTIONS = Table(
    "actions",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("booking", Text),
    Column("detail", Text, nullable=False),
)

REFUSED = Table(
    "refused_sign_ins",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
