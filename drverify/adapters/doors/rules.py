"""What single fields must be beyond their type: a literal table from field to rule.

A rule that JSON Schema can say (bounds, patterns) is put into the schema; the others run as
functions whose ValueError becomes a complaint with its line.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import regex
from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.parser import parse as parse_json_path
from pydantic_core import core_schema

from drverify.errors import InputError
from drverify.model import (
    agreement,
    contract,
    document,
    group,
    hardware,
    migration,
    obligation,
    playbook,
    recovery,
    steps,
)
from drverify.transparency.note import KeyType, parse_vkey


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Bounds and patterns for the schema, and a check that the schema cannot say."""

    limits: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Any], Any] | None = None
    each: bool = False
    """Whether it holds for each item of a sequence instead of the sequence."""
    loose: bool = False
    """Whether a plain number is taken as its text."""

    def on(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema with this rule on it."""
        made: Any = loose_text() if self.loose else {**schema, **self.limits}
        if self.check is not None:
            made = core_schema.no_info_after_validator_function(self.check, made)
        return made  # type: ignore[no-any-return]


def loose_text() -> Any:
    """Text, or a plain number taken as it is written (`value: 1`, `clause: 7`)."""

    def written(value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    text = core_schema.str_schema(strict=True)
    return core_schema.no_info_before_validator_function(
        written, text, json_schema_input_schema=core_schema.union_schema([text, core_schema.float_schema()])
    )


def address(value: str) -> str:
    """An IP address: a name would be looked up outside of the sandbox."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValueError(f"expected an IP address, found {value!r}") from None
    return value


def _address_or_nothing(value: str) -> str:
    return value and address(value)


def _subnet(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"expected a network such as 10.20.0.0/24: {error}") from None
    return value


def _with_prefix(value: str) -> str:
    address, _, prefix = value.partition("/")
    try:
        ipaddress.ip_interface(f"{address}/{int(prefix)}")
    except ValueError:
        raise ValueError(f"expected an address with its prefix, such as 10.20.0.10/24: {value!r}") from None
    return value


def pattern(value: str) -> str:
    """A regular expression that compiles."""
    try:
        regex.compile(value)
    except regex.error as error:
        raise ValueError(f"expected a regular expression: {error} in {value!r}") from None
    return value


def _header_patterns(value: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for _, wanted in value:
        pattern(wanted)
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"expected a time zone such as Europe/Berlin, found {value!r}")
    return value


def _json_path(value: str) -> str:
    try:
        if value:
            parse_json_path(value)
    except JSONPathError as error:
        raise ValueError(f"expected a JSON path such as $.status: {error}") from None
    return value


def _url(value: str) -> str:
    try:
        url = urlsplit(value)
        good = url.scheme in {"http", "https"} and url.hostname and url.port != 0 and "@" not in url.netloc
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"expected an http or https URL without a login, found {value!r}")
    return value


def _customer_key(value: str) -> str:
    try:
        key = parse_vkey(value, what="the key")
    except InputError as error:
        raise ValueError(
            f"expected a public key as `drverify customer key --heartbeat` prints it: {error}"
        ) from None
    if key.type is not KeyType.LOG or not key.name.isprintable():
        raise ValueError(f"expected a key that signs heartbeats, found one of another type: {value!r}")
    return value


_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
NAME = Rule(limits={"pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"})
SOME_TEXT = Rule(limits={"min_length": 1})
SOME = Rule(limits={"min_length": 1})
PORT = Rule(limits={"ge": 1, "le": 65535})
ADDRESS = Rule(check=address)
REGEX = Rule(check=pattern)
POSITIVE = Rule(limits={"gt": timedelta(0)})
NOT_NEGATIVE = Rule(limits={"ge": timedelta(0)})
_CPU = Rule(limits={"pattern": r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$"})
"""It becomes an argument of QEMU's, where a comma would begin another one."""
_DIGEST_OR_NOTHING = Rule(limits={"pattern": r"^([0-9a-f]{64})?$"})
_CLOCK = Rule(limits={"pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"})

_STEPS: tuple[type, ...] = tuple(steps.StepSpec.__args__)
_ABSOLUTE = Rule(limits={"pattern": r"^/."})
_STEP_FIELDS: Mapping[tuple[type, str], Rule] = MappingProxyType(
    {
        **{(step, "id"): NAME for step in _STEPS},
        **{(step, "within"): Rule(limits={"gt": timedelta(0), "le": timedelta(hours=4)}) for step in _STEPS},
        **{(step, "clause"): Rule(loose=True) for step in _STEPS},
        (steps.RunStep, "command"): SOME,
        (steps.PutStep, "source"): SOME_TEXT,
        (steps.PutStep, "path"): _ABSOLUTE,
        (steps.PutStep, "mode"): Rule(limits={"pattern": r"^[0-7]{3,4}$"}),
        (steps.PutStep, "sha256"): _DIGEST_OR_NOTHING,
        (steps.MountStep, "device"): Rule(limits={"pattern": r"^(/|UUID=|LABEL=)."}),
        (steps.MountStep, "path"): _ABSOLUTE,
        (steps.AddressStep, "mac"): Rule(limits={"pattern": r"^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$"}),
        (steps.AddressStep, "address"): Rule(check=_with_prefix),
        (steps.WaitStep, "time"): POSITIVE,
        (steps.AskStep, "question"): SOME_TEXT,
        (steps.AskStep, "allowance"): NOT_NEGATIVE,
    }
)
_PROBES: tuple[type, ...] = tuple(playbook.ProbeSpec.__args__)
_PAUSES = {"within": Rule(limits={"gt": timedelta(0), "le": timedelta(minutes=30)}), "every": NOT_NEGATIVE}

FIELDS: Mapping[tuple[type, str], Rule] = MappingProxyType(
    {
        **{(probe, "id"): NAME for probe in _PROBES},
        **_STEP_FIELDS,
        **{(probe, name): rule for probe in _PROBES for name, rule in _PAUSES.items()},
        **{(cls, "port"): PORT for cls in (playbook.TcpProbe, playbook.TlsProbe)},
        **{(cls, "port"): PORT for cls in (playbook.Access, playbook.Database)},
        **{(cls, "address"): ADDRESS for cls in (playbook.PingProbe, playbook.TcpProbe, playbook.TlsProbe)},
        **{(cls, "address"): ADDRESS for cls in (playbook.Database, playbook.DnsAnswer, recovery.Network)},
        **{
            (cls, "address"): Rule(check=_address_or_nothing) for cls in (playbook.Access, playbook.HttpProbe)
        },
        **{(cls, "command"): SOME for cls in (playbook.CommandProbe, playbook.NewestLine)},
        **{
            (cls, "query"): SOME_TEXT
            for cls in (playbook.PostgresProbe, playbook.NewestRow, playbook.TokenRow)
        },
        (playbook.NewestToken, "workload"): NAME,
        (playbook.NewestToken, "keys"): Rule(check=_customer_key, each=True),
        (playbook.TokenFile, "path"): SOME_TEXT,
        (playbook.PingProbe, "count"): Rule(limits={"ge": 1, "le": 100}),
        (playbook.BootProbe, "console"): REGEX,
        (playbook.TlsProbe, "server_name"): SOME_TEXT,
        (playbook.TlsProbe, "valid_for"): NOT_NEGATIVE,
        (playbook.HttpProbe, "url"): Rule(check=_url),
        (playbook.HttpProbe, "status"): Rule(limits={"ge": 100, "le": 599}),
        (playbook.HttpProbe, "headers"): Rule(check=_header_patterns),
        (playbook.HttpProbe, "body"): REGEX,
        (playbook.HttpProbe, "json_path"): Rule(check=_json_path),
        (playbook.CommandProbe, "exit_code"): Rule(limits={"ge": 0, "le": 255}),
        (playbook.CommandProbe, "output"): REGEX,
        (playbook.UnitProbe, "unit"): Rule(limits={"pattern": r"^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,254}$"}),
        (playbook.ChecksumProbe, "manifest"): SOME_TEXT,
        (playbook.ChecksumProbe, "min_files"): Rule(limits={"ge": 1}),
        (playbook.Expectation, "value"): Rule(loose=True),
        **{
            (playbook.Limits, name): POSITIVE
            for name in ("drill", "provision", "restore_stall", "boot_stall")
        },
        (playbook.Limits, "healthy"): POSITIVE,
        (playbook.Limits, "settle"): NOT_NEGATIVE,
        (playbook.Playbook, "name"): NAME,
        (playbook.Playbook, "probes"): SOME,
        (recovery.Network, "name"): NAME,
        (recovery.Network, "subnet"): Rule(check=_subnet),
        (recovery.Network, "gateway"): ADDRESS,
        (recovery.Network, "dns"): ADDRESS,
        (recovery.Network, "mac"): Rule(limits={"pattern": r"^(([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2})?$"}),
        (recovery.GuestShape, "memory_mib"): Rule(limits={"ge": 16}),
        (recovery.GuestShape, "vcpus"): Rule(limits={"ge": 1}),
        (recovery.GuestShape, "cpu_model"): _CPU,
        (hardware.HardwareProfile, "name"): NAME,
        (hardware.HardwareProfile, "cpu_model"): _CPU,
        (hardware.HardwareProfile, "memory_mib"): Rule(limits={"ge": 16}),
        (hardware.HardwareProfile, "vcpus"): Rule(limits={"ge": 1}),
        (hardware.HardwareProfile, "disk_sizes"): Rule(limits={"ge": 1 << 20, "multiple_of": 512}, each=True),
        (recovery.DiskImage, "path"): SOME_TEXT,
        (recovery.FileSet, "path"): SOME_TEXT,
        (recovery.Disk, "name"): NAME,
        (recovery.Workload, "name"): NAME,
        (group.Group, "name"): NAME,
        (group.Group, "members"): SOME,
        (group.Member, "workload"): NAME,
        (recovery.Workload, "source"): NAME,
        (recovery.Workload, "playbook"): SOME_TEXT,
        (obligation.Allowance, "clause"): Rule(loose=True),
        (obligation.Allowance, "time"): NOT_NEGATIVE,
        (contract.Contract, "id"): SOME_TEXT,
        (contract.Contract, "documents"): SOME,
        (contract.Source, "id"): NAME,
        (contract.Source, "sha256"): _DIGEST_OR_NOTHING,
        (contract.Source, "text_sha256"): _DIGEST_OR_NOTHING,
        (contract.Source, "precedence"): Rule(limits={"ge": 1}),
        (contract.Calendar, "id"): NAME,
        (contract.Calendar, "timezone"): Rule(check=_zone),
        (contract.Calendar, "start"): _CLOCK,
        (contract.Calendar, "end"): _CLOCK,
        (contract.Calendar, "days"): SOME,
        (contract.Provision, "id"): NAME,
        (contract.Scope, "systems"): Rule(limits=NAME.limits, each=True),
        (contract.Slot, "value"): Rule(loose=True),
        (contract.Citation, "section"): Rule(loose=True),
        (contract.Citation, "quote"): SOME_TEXT,
        (contract.Citation, "page"): Rule(limits={"ge": 1}),
        (contract.Correction, "read"): Rule(loose=True),
        (contract.Correction, "accepted"): Rule(loose=True),
        (contract.Acceptance, "by"): SOME_TEXT,
        (document.Remark, "page"): Rule(limits={"ge": 1}),
        (migration.MigrationPlan, "name"): NAME,
        (migration.MigrationPlan, "systems"): SOME,
        (migration.MigrationPlan, "groups"): SOME,
        (migration.MigrationPlan, "stabilisation"): NOT_NEGATIVE,
        (migration.MigrationPlan, "drills"): Rule(limits={"ge": 1, "le": 20}),
        (migration.Target, "host"): NAME,
        (migration.Rollback, "host"): NAME,
        (migration.Rollback, "within"): POSITIVE,
        (migration.Moved, "workload"): NAME,
        (migration.CutoverGroup, "name"): NAME,
        (migration.CutoverGroup, "workloads"): SOME,
        (migration.CutoverGroup, "window"): POSITIVE,
        (migration.Granted, "what"): SOME_TEXT,
        (migration.Granted, "why"): SOME_TEXT,
        (migration.Granted, "time"): POSITIVE,
        (migration.Asked, "domain"): Rule(limits={"pattern": r"^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$"}),
        (migration.Asked, "namespace"): Rule(limits={"pattern": r"^([a-z0-9][a-z0-9-]{0,30})?$"}),
        (migration.Expected, "item"): SOME_TEXT,
        (migration.Expected, "why"): SOME_TEXT,
    }
)

SECRET_PATTERN = r"^(env|file|cred):.+$"  # noqa: S105 - what a reference looks like
_SECRET = Rule(limits={"pattern": SECRET_PATTERN})
_SHA256 = Rule(limits={"pattern": r"^[0-9a-f]{64}$"})


def by_annotation(cls: type, name: str) -> Rule | None:
    """The rule that follows from the field's named type."""
    hint = get_type_hints(cls).get(name)
    named = {hint, *getattr(hint, "__args__", ())}
    if recovery.SecretRef in named:
        return _SECRET
    return _SHA256 if agreement.Sha256 in named else None


def _span() -> Any:
    position = core_schema.int_schema(strict=True, ge=0)
    return core_schema.no_info_after_validator_function(
        lambda pair: agreement.Span(start=pair[0], end=pair[1]),
        core_schema.tuple_schema([position, position]),
    )


WHOLE: Mapping[type, Callable[[], Any]] = MappingProxyType({agreement.Span: _span})
"""Types that a file writes in a form of its own: a span is `[start, end]`."""


def decimal_number() -> Any:
    """An exact number: a whole one as it is, another as text ("99.5"), which our reading makes of it."""

    def number(value: Any) -> Decimal:
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return Decimal(value)
        raise ValueError(f"expected a number such as 4 or 99.5, found {value!r}")

    shown = core_schema.union_schema([core_schema.float_schema(), core_schema.str_schema()])
    return core_schema.no_info_plain_validator_function(number, json_schema_input_schema=shown)
