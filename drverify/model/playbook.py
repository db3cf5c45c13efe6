"""How an application is recovered and what proves that it works."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from drverify.model.access import Access as Access  # noqa: PLC0414 - re-exported
from drverify.model.obligation import Allowance
from drverify.model.recovery import Payload, SecretRef, boots
from drverify.model.steps import StepSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A predicate over one value: numbers compare as numbers, everything else as text."""

    op: Literal["eq", "ne", "ge", "gt", "le", "lt", "matches"]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What every probe states, whatever it asks."""

    id: str
    required: bool = True
    """A required probe decides; an advisory one is only reported."""
    within: timedelta = timedelta(seconds=10)
    """Time limit of one attempt."""
    every: timedelta = timedelta(seconds=1)
    """Longest pause between two attempts; one that did not pass is repeated sooner when asking is cheap."""
    proves_application: bool = False
    """Whether passing shows that the application works, not only that something listens.

    No probe of the kinds in `SHOW_NO_APPLICATION` may say so.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class BootProbe(Probe):
    """The guest's console shows a pattern, or its agent answers."""

    kind: Literal["boot"] = "boot"
    console: str = ""
    """Regular expression searched in the console's text; empty: not asked."""
    agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PingProbe(Probe):
    """An ICMP echo comes back."""

    kind: Literal["ping"] = "ping"
    address: str
    count: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpProbe(Probe):
    """A TCP connection is accepted."""

    kind: Literal["tcp"] = "tcp"
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsProbe(Probe):
    """The certificate chain leads to `ca`, carries `server_name` and is valid for `valid_for` more."""

    kind: Literal["tls"] = "tls"
    address: str
    port: int = 443
    server_name: str
    ca: SecretRef | None = None
    """PEM of the trusted authorities; none: the system's own."""
    valid_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProbe(Probe):
    """An HTTP answer has the expected status, header, body or JSON value."""

    kind: Literal["http"] = "http"
    url: str
    address: str = ""
    """Connect here instead of resolving the URL's host."""
    ca: SecretRef | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """Name and regular expression its value must contain."""
    body: str = ""
    """Regular expression searched in the body; empty: not asked."""
    json_path: str = ""
    json_expect: Expectation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandProbe(Probe):
    """A command in the guest ends with `exit_code` and prints what is expected."""

    kind: Literal["command"] = "command"
    access: Access
    command: tuple[str, ...]
    exit_code: int = 0
    output: str = ""
    """Regular expression searched in standard output; empty: not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProbe(Probe):
    """A systemd unit is in the expected state."""

    kind: Literal["unit"] = "unit"
    access: Access
    unit: str
    state: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where a PostgreSQL answers, and as whom it is asked."""

    address: str
    port: int = 5432
    name: str
    user: str
    password: SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresProbe(Probe):
    """A query's first column of its only row meets the expectation."""

    kind: Literal["postgres"] = "postgres"
    database: Database
    query: str
    expect: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestRow:
    """The newest record is what `query` returns: one row, one timestamptz."""

    kind: Literal["row"] = "row"
    database: Database
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestLine:
    """The newest record is the last RFC 3339 time or epoch that `command` prints."""

    kind: Literal["line"] = "line"
    access: Access
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestFile:
    """The newest record is the youngest modification time in the restored file set."""

    kind: Literal["file"] = "file"
    pattern: str = "**/*"
    """Glob below the restored root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFile:
    """A file of heartbeats."""

    kind: Literal["file"] = "file"
    path: str
    """In the guest, or below the restored root of a file set."""
    access: Access | None = None
    """How to reach the guest; none for a file set, which lies on the restore host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """Heartbeats out of a database: what `query` returns, one row, one text."""

    kind: Literal["row"] = "row"
    database: Database
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestToken:
    """The newest record is the newest heartbeat that the customer signed; its clock is the customer's."""

    kind: Literal["heartbeat"] = "heartbeat"
    workload: str
    """What every heartbeat must name: the workload's name in the inventory."""
    keys: tuple[str, ...]
    """Whose heartbeats count: public keys as `drverify customer key --heartbeat` prints them."""
    tokens: TokenFile | TokenRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessProbe(Probe):
    """The newest record inside the restored system; the obligation, not the probe, sets the limit."""

    kind: Literal["freshness"] = "freshness"
    newest: NewestRow | NewestLine | NewestFile | NewestToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksumProbe(Probe):
    """Files agree with a `sha256sum` manifest and are at least as many as stated."""

    kind: Literal["checksum"] = "checksum"
    manifest: str
    """Path of the manifest in the guest, or below the restored root of a file set."""
    min_files: int = 1
    access: Access | None = None
    """How to reach the guest; none for a file set, which lies on the restore host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpProbe(Probe):
    """A dump of a PostgreSQL database among restored files loads into a throw-away server and answers."""

    kind: Literal["dump"] = "dump"
    within: timedelta = timedelta(minutes=30)
    """Time limit for loading it and asking; what ends there is our limit, and proves nothing."""
    path: str
    """Of the dump, below the restored root; plain SQL, or pg_dump's custom or directory format."""
    server: str
    """Major version that the agreement's application runs on, such as `15`."""
    query: str
    expect: Expectation


ProbeSpec = (
    BootProbe
    | PingProbe
    | TcpProbe
    | TlsProbe
    | HttpProbe
    | CommandProbe
    | UnitProbe
    | PostgresProbe
    | FreshnessProbe
    | ChecksumProbe
    | DumpProbe
)


SHOW_NO_APPLICATION = frozenset({"boot", "ping", "tcp", "tls"})
"""Kinds of probes that pass without the application having done anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """A name that the sandbox's DNS answers; every other name is logged and refused."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Our own time limits; none of them is the contract's."""

    drill: timedelta = timedelta(hours=4)
    provision: timedelta = timedelta(minutes=2)
    restore_stall: timedelta = timedelta(minutes=5)
    """No byte restored for so long ends the restore."""
    boot_stall: timedelta = timedelta(minutes=3)
    """No console output, no disk activity and no agent for so long ends the wait for the guest."""
    healthy: timedelta = timedelta(minutes=30)
    """From boot to the last required probe."""
    settle: timedelta = timedelta(seconds=5)
    """A probe counts as healthy when it has kept passing for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """Declared recovery of one application: probes, the world around it, time limits, allowances."""

    version: Literal[1] = 1
    name: str
    description: str = ""
    applies_to: Literal["disk-image", "file-set"]
    party: Literal["provider", "customer"] = "provider"
    probes: tuple[ProbeSpec, ...]
    steps: tuple[StepSpec, ...] = ()
    """What is done between the first sign of life and the questions to the application, in order."""
    inspect: bool = False
    """Whether the restored disks are read, beside the boot, for what would keep them from starting."""
    dns: tuple[DnsAnswer, ...] = ()
    limits: Limits = Limits()
    allowances: tuple[Allowance, ...] = ()


def access_of(probe: ProbeSpec) -> Access | None:
    """How the probe runs commands in the guest; none for one that runs none."""
    match probe:
        case CommandProbe(access=access) | UnitProbe(access=access) | ChecksumProbe(access=access):
            return access
        case FreshnessProbe(newest=NewestLine(access=access) | NewestToken(tokens=TokenFile(access=access))):
            return access
        case _:
            return None


def addresses(probe: ProbeSpec) -> tuple[str, ...]:
    """The network addresses that a probe speaks to; none for one that needs no network."""
    match probe:
        case PingProbe(address=address) | TcpProbe(address=address) | TlsProbe(address=address):
            return (address,)
        case HttpProbe(address=address, url=url):
            return (address or urlsplit(url).hostname or "",)
        case (
            PostgresProbe(database=database)
            | FreshnessProbe(newest=NewestRow(database=database))
            | FreshnessProbe(newest=NewestToken(tokens=TokenRow(database=database)))
        ):
            return (database.address,)
        case (
            CommandProbe(access=Access(via="ssh", address=address))
            | UnitProbe(access=Access(via="ssh", address=address))
            | ChecksumProbe(access=Access(via="ssh", address=address))
            | FreshnessProbe(newest=NewestLine(access=Access(via="ssh", address=address)))
            | FreshnessProbe(newest=NewestToken(tokens=TokenFile(access=Access(via="ssh", address=address))))
        ):
            return (address,)
        case _:
            return ()


def applies(playbook: Playbook, payload: Payload) -> bool:
    """Whether the playbook proves what this payload restores; a whole machine is booted like a disk image."""
    return playbook.applies_to == ("disk-image" if boots(payload) else "file-set")
