"""The settings file `drverify.toml`: where things are, never what was promised.

    state_dir = "/var/lib/drverify"
    register  = "contracts/acme.lock.yaml"
    inventory = "inventory.yaml"
    playbooks = "playbooks"

    [sources.main]
    kind = "restic"
    repository = "sftp:backup@vault:/srv/restic"
    password = "file:restic.password"

    [hosts.local]
    kind = "libvirt"
    uri = "qemu:///system"

    [signing]
    key = "file:runner.key"              # or ssh-agent:..., hsm:..., a key service: see docs/settings.md
    provider = "file:provider.key"       # optional: who signs for the provider what both parties state

    [log]                                # optional: every start and every result is logged
    origin = "provider.example/drverify/acme"
    key = "file:log.key"                 # another key than the runner's
    parties = "parties.trust.json"       # optional: who may sign for provider and customer

    [[log.authorities]]                  # optional: who stamps the log's checkpoints with the time
    name = "first"
    url = "https://tsa.example/tsr"
    ca = "first.pem"                     # its root certificates

    [[log.witnesses]]                    # optional: who else sees every checkpoint, and cosigns it
    name = "acme"
    url = "https://witness.acme.example"
    key = "acme.vkey"                    # what `drverify customer key` prints

    [nights]                             # optional: when `drverify plan` may place drills
    zone = "Europe/Berlin"
    begins = 22:00:00
    ends = 06:00:00

    [nights.hosts.local]
    at_once = 2
    memory_mib = 16384

    [operation]                          # optional: what `drverify up` needs to know
    site = "fra1"
    also = ["../harbour/drverify.toml"]  # settings of further agreements that this site drills

Relative paths and `file:` references count from the directory of the settings file. Tables of
sources and hosts stay raw here; the adapter that knows the kind validates its own.
"""

import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from drverify.annex_settings import Annex
from drverify.errors import InputError
from drverify.model.controls import ControlKind
from drverify.model.evidence import AUTHORITY_NAME
from drverify.model.nights import NightRule
from drverify.toml_lines import line_of

DEFAULT_PATH = Path("/etc/drverify/drverify.toml")
DEFAULT_STATE = Path("/var/lib/drverify")


class Adapter(BaseModel):
    """One source or host: its kind, and what the kind's adapter wants to know."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str
    writer: dict[str, Any] = {}
    """How whoever writes backups gets to this source, for `drverify immutability`; its adapter checks it."""

    def options(self) -> dict[str, Any]:
        """Everything but the kind."""
        return dict(self.model_extra or {})


class Signing(BaseModel):
    """Who signs the evidence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    """`file:`, `ssh-agent:`, `hsm:` or a key service's URI (`adapters.signing.reference`)."""
    public: Path | None = None
    """PEM of the public half; a token is not asked for it then, a key service's must be given."""
    pin: str | None = Field(default=None, pattern=r"^(env|file|cred):.+")
    """Of a token; where it is, never itself."""
    library: Path | None = None
    """A token's PKCS#11 module."""
    within_s: int = Field(default=30, ge=1, le=300)
    """For one signature of an agent, a token or a service."""
    redact: bool = False
    """Whether evidence hides names, hosts and addresses behind digests (`sealing.redaction`)."""
    provider: str | None = None
    """Signs for the provider what both parties state; it may lie elsewhere, and be named when it signs."""


class TimeAuthority(BaseModel):
    """Somebody who signs, over HTTP and as in RFC 3161, when the log's checkpoints were there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=AUTHORITY_NAME.pattern)
    url: str = Field(pattern=r"^https?://[^\s@]{1,1000}$")
    """Without a user or a password."""
    ca: Path
    """PEM file of its root certificates."""
    within_s: int = Field(default=5, ge=1, le=60)
    """For one answer. A drill waits so long before its clock begins and at its end, not while it recovers."""


class Witness(BaseModel):
    """Somebody who cosigns the log's checkpoints over HTTP, as in C2SP's tlog-witness."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=AUTHORITY_NAME.pattern)
    url: str = Field(pattern=r"^https?://[^\s@]{1,1000}$")
    """Its submission prefix, without a user or a password."""
    key: Path
    """File with its public key, one line."""
    within_s: int = Field(default=5, ge=1, le=60)
    """For one answer, as a time authority's."""


class Log(BaseModel):
    """The append-only log of this agreement's drills."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str = Field(pattern=r"^[^\s+]{1,200}$")
    """Its name for all time, such as `provider.example/drverify/acme`."""
    key: str
    parties: Path | None = None
    """Trust file with the public keys of those who sign for the customer, and for the provider."""
    authorities: tuple[TimeAuthority, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> "Log":
        if len({one.name for one in self.authorities}) != len(self.authorities):
            raise ValueError("two time authorities have the same name")
        if len({one.name for one in self.witnesses}) != len(self.witnesses):
            raise ValueError("two witnesses have the same name")
        return self


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class NightRoom(BaseModel):
    """What one host may do in a night."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_once: int = Field(default=1, ge=1, le=1000)
    memory_mib: int = Field(ge=64)
    """For guests of drills, all together."""
    vcpus: int | None = Field(default=None, ge=1)
    """Virtual processors of those guests, all together; none: any number."""
    disk_gib: int | None = Field(default=None, ge=1)
    """That restored data may take on the host's storage, all together; none: any amount."""
    mib_per_s: int | None = Field(default=None, ge=1)
    """That drills may read from sources, all together; none: any rate."""
    read_gib: int | None = Field(default=None, ge=1)
    """That may be read from sources; none: any number."""
    instead: tuple[str, ...] = ()
    """Hosts that are tried after a fault of ours here, in that order, by workloads that they can recover."""


class Nights(BaseModel):
    """When drills are planned, and what each host has for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: str
    """IANA name of the time zone that the times are of."""
    begins: time
    ends: time
    """Not after `begins`: on the next morning."""
    weekdays: tuple[Weekday, ...] = _DAYS
    """Of the evenings."""
    blackout: tuple[date, ...] = ()
    """Evenings on which nothing runs."""
    hosts: dict[str, NightRoom]

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone {zone!r}: an IANA name such as Europe/Berlin") from error
        return zone

    @model_validator(mode="after")
    def _other_hosts(self) -> "Nights":
        for name, room in self.hosts.items():
            for other in room.instead:
                if other == name or other not in self.hosts:
                    raise ValueError(
                        f"hosts.{name}.instead names {other!r}: name other hosts of nights.hosts "
                        f"({', '.join(one for one in sorted(self.hosts) if one != name) or 'there is none'})"
                    )
        return self

    def rule(self) -> NightRule:
        """When drills may run."""
        return NightRule(
            zone=self.zone,
            begins=self.begins,
            ends=self.ends,
            weekdays=frozenset(map(_DAYS.index, self.weekdays)),
            blackout=frozenset(self.blackout),
        )


class Web(BaseModel):
    """The web page and the interface for programs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: str = Field(default="127.0.0.1:8460", pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:]+):[0-9]{1,5}$")
    public_url: str = Field(default="", pattern=r"^(https?://[^\s@]{1,1000})?$")
    """As people reach it, where a proxy stands before it; needed for signing in elsewhere."""
    plain_http: bool = False
    """Whether it may be reached from other machines in clear text: where nobody can listen in."""
    oidc_issuer: str = Field(default="", pattern=r"^(https?://[^\s@]{1,1000})?$")
    """Who signs people in; empty: local accounts only (`drverify account`)."""
    oidc_client: str = ""
    oidc_secret: str | None = Field(default=None, pattern=r"^(env|file|cred):.+")
    """Where it is, never itself."""
    oidc_scope: str = "openid email profile"
    """What the issuer is asked for; some give groups only for a scope of their own."""


class Notify(BaseModel):
    """Who is told what happened in a night. Addresses are secrets: they are given by reference."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: tuple[str, ...] = ()
    """References (`env:`, `file:`, `cred:`) to addresses as apprise takes them: mail, webhooks, ntfy."""
    digest_at: time = time(7, 0)
    """When the night is summed up, by the clock of `nights.zone`; sent only if something is not green."""
    overdue_again: int = Field(default=24, ge=1, le=720)
    """Hours after which something that is still overdue is told again."""
    alive_url: str | None = Field(default=None, pattern=r"^(env|file|cred):.+")
    """Reference to the address that is asked after each round: who watches it sees when rounds stop."""


class Operation(BaseModel):
    """How drills are run every night."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: str = Field(default="local", pattern=r"^[a-z0-9][a-z0-9_]{0,30}$")
    """Its name, and of its schema and role in a shared database."""
    also: tuple[Path, ...] = ()
    """Settings files of further agreements. Their workloads are drilled on the same hosts."""
    database: str | None = Field(default=None, pattern=r"^(env|file|cred):.+")
    """Reference to a PostgreSQL URL; none: SQLite in the state directory, for one machine."""
    at_once: int = Field(default=4, ge=1, le=64)
    """Drills that one worker runs side by side, on all hosts."""
    silent_after_s: int = Field(default=30, ge=5, le=600)
    """Without a sign of life for so long a drill is taken over."""
    attempts: int = Field(default=3, ge=1, le=10)
    """After so many that our own side brought down a booking is given up."""
    hours_at_most: int = Field(default=12, ge=1, le=168)
    """For one drill, whatever happens."""
    metrics_file: Path | None = None
    """OpenMetrics text for a node exporter's textfile directory, written after each round."""
    web: Web = Web()
    notify: Notify = Notify()


class Controls(BaseModel):
    """How often the gate itself is tried: each kind of damage to each workload; each source's `writer`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every_days: int = Field(default=7, ge=1, le=366)
    kinds: tuple[ControlKind, ...] = ()  # none: every one that can be made of a workload
    immutability_every_days: int = Field(default=30, ge=1, le=366)


class Settings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: Path = Field(exclude=True)
    """Directory of the settings file."""
    state_dir: Path = DEFAULT_STATE
    register_file: Path = Field(alias="register")
    inventory: Path
    playbooks: Path
    sources: dict[str, Adapter]
    hosts: dict[str, Adapter]
    signing: Signing
    log: Log | None = None
    annex: Annex | None = None
    nights: Nights | None = None
    operation: Operation = Operation()
    controls: Controls = Controls()

    def host_of(self, named: str) -> str:
        """Name of the host that is meant: the one `named`, or the first; empty when the file names none."""
        return named or next(iter(self.hosts), "")

    def path(self, path: Path) -> Path:
        """Resolve a path of the file against the file's own directory."""
        return self.base / path


def load_settings(path: Path) -> Settings:
    """Read and check the settings. Raises InputError that names every wrong key."""
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            f"there is no settings file {path}",
            hint="name one with --config FILE or $DRVERIFY_CONFIG; `drverify lab up` writes one for the lab",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the settings {path}: {error}") from error
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {error}", hint="the file must be TOML 1.0") from error
    try:
        return Settings.model_validate({**table, "base": path.resolve().parent})
    except ValidationError as error:
        lines = [
            f"{path}:{line_of(content, place)}: {'.'.join(map(str, place))}: {problem['msg']}"
            for problem in error.errors()
            for place in (problem["loc"],)
        ]
        raise InputError("\n".join(lines)) from error
