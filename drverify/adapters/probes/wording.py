"""What each probe expects, in one line for a table."""

import shlex
from datetime import timedelta
from typing import assert_never

from drverify.adapters.probes.transcript import one_line
from drverify.model.playbook import (
    BootProbe,
    ChecksumProbe,
    CommandProbe,
    DumpProbe,
    Expectation,
    FreshnessProbe,
    HttpProbe,
    NewestFile,
    NewestLine,
    NewestRow,
    NewestToken,
    PingProbe,
    PostgresProbe,
    ProbeSpec,
    TcpProbe,
    TlsProbe,
    UnitProbe,
)

_SIGNS = {"eq": "=", "ne": "≠", "ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def expected(spec: ProbeSpec) -> str:
    """Say what the probe wants to see."""
    return one_line(_expected(spec))


def _expected(spec: ProbeSpec) -> str:  # noqa: C901, PLR0911 - one line for each kind
    match spec:
        case BootProbe():
            return _all(
                spec.console and f"console matching /{spec.console}/", spec.agent and "agent answering"
            )
        case PingProbe():
            return f"an echo from {spec.address}"
        case TcpProbe():
            return f"a connection to {spec.address} port {spec.port}"
        case TlsProbe():
            return _tls(spec)
        case HttpProbe():
            return _http(spec)
        case CommandProbe():
            output = spec.output and f"output matching /{spec.output}/"
            return _all(f"exit {spec.exit_code}", output) + f" of {shlex.join(spec.command)}"
        case UnitProbe():
            return f"unit {spec.unit} {spec.state}"
        case PostgresProbe():
            return f"a value {expectation(spec.expect)} of {spec.query}"
        case FreshnessProbe():
            return _freshness(spec)
        case ChecksumProbe():
            files = "1 file" if spec.min_files == 1 else f"{spec.min_files} files"
            return f"at least {files} in agreement with {spec.manifest}"
        case DumpProbe():
            wanted = expectation(spec.expect)
            return f"{spec.path} loads into PostgreSQL {spec.server}, and a value {wanted} of {spec.query}"
        case _:
            assert_never(spec)


def _tls(spec: TlsProbe) -> str:
    trust = "a system authority" if spec.ca is None else "the given authority"
    longer = f", valid for {seconds(spec.valid_for)} more" if spec.valid_for else ""
    return f"a certificate for {spec.server_name} under {trust}{longer}"


def _http(spec: HttpProbe) -> str:
    headers = [f"{name} matching /{wanted}/" for name, wanted in spec.headers]
    value = (
        spec.json_path
        and f"{spec.json_path} {expectation(spec.json_expect) if spec.json_expect else 'present'}"
    )
    return _all(str(spec.status), *headers, spec.body and f"body matching /{spec.body}/", value)


def _freshness(spec: FreshnessProbe) -> str:
    match spec.newest:
        case NewestRow(query=query):
            return f"the time of the newest record out of {query}"
        case NewestLine(command=command):
            return f"the last time printed by {shlex.join(command)}"
        case NewestFile(pattern=pattern):
            return f"the youngest file among {pattern}"
        case NewestToken(workload=workload):
            return f"the newest heartbeat that the customer signed for {workload}"
        case _:
            assert_never(spec.newest)


def expectation(expect: Expectation) -> str:
    """`≥ 1`, `matching /ok/`."""
    return f"matching /{expect.value}/" if expect.op == "matches" else f"{_SIGNS[expect.op]} {expect.value}"


def seconds(time: timedelta) -> str:
    """A short duration for a sentence."""
    if time >= timedelta(days=1):
        return f"{time.total_seconds() / 86400:g} days"
    return f"{time.total_seconds():g} s"


def _all(*parts: str | bool) -> str:
    return " and ".join(str(part) for part in parts if part)
