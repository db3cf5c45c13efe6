"""Playbook files: one application's recovery and what proves that it works."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from drverify.adapters.doors import rules, steps
from drverify.adapters.doors.cold import cold_in, without_cold
from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Loc, load, refuse
from drverify.model.playbook import (
    SHOW_NO_APPLICATION,
    Access,
    BootProbe,
    ChecksumProbe,
    CommandProbe,
    DumpProbe,
    Expectation,
    FreshnessProbe,
    HttpProbe,
    NewestFile,
    NewestLine,
    NewestToken,
    Playbook,
    PostgresProbe,
    ProbeSpec,
    TokenFile,
    UnitProbe,
)

Finding = tuple[Loc, str]
_MAJOR = re.compile(r"9\.[0-9]|[1-9][0-9]", re.ASCII)


def load_playbook(path: Path, variables: Mapping[str, str] | None = None) -> Playbook:
    """Read a playbook; `${name}` in it is replaced out of `variables` (the workload's).

    Raises InputError with `file:line: path: what was expected, what was found` for everything wrong.
    """
    document = load(path, variables=variables or {})
    playbook = shape_of(Playbook).read(without_cold(document))
    cold_in(document)
    refuse([document.complaint(loc, text) for loc, text in _findings(playbook)])
    return steps.with_digests(playbook, path.parent)


def _findings(playbook: Playbook) -> Iterator[Finding]:
    """What is wrong although every field by itself is right."""
    if not any(probe.required for probe in playbook.probes):
        yield ("probes",), "expected at least one required probe: without one nothing is ever proven"
    first: dict[str, int] = {}
    for at, probe in enumerate(playbook.probes):
        loc: Loc = ("probes", at)
        if probe.id in first:
            yield (
                (*loc, "id"),
                f"expected each id once, found {probe.id} again (first in probes[{first[probe.id]}])",
            )
        first.setdefault(probe.id, at)
        if probe.proves_application and probe.kind in SHOW_NO_APPLICATION:
            yield (
                (*loc, "proves_application"),
                f"expected false: a {probe.kind} probe shows that something answers, not that it works",
            )
        yield from (((*loc, *below), text) for below, text in _of_probe(probe))
        yield from (((*loc, *below), text) for below, text in _of_world(probe, playbook.applies_to))
    names: set[str] = set()
    for at, answer in enumerate(playbook.dns):
        if answer.name.lower().rstrip(".") in names:
            yield ("dns", at, "name"), f"expected each name once, found {answer.name} again"
        names.add(answer.name.lower().rstrip("."))
    yield from steps.findings(playbook)


def _of_probe(probe: ProbeSpec) -> Iterator[Finding]:
    match probe:
        case BootProbe(console="", agent=False):
            yield (), "expected a console pattern or agent: true, found neither"
        case HttpProbe():
            yield from _of_http(probe)
        case CommandProbe(access=access) | UnitProbe(access=access):
            yield from _of_access(access, ("access",))
        case ChecksumProbe(access=Access() as access):
            yield from _of_access(access, ("access",))
        case FreshnessProbe(newest=NewestLine(access=access)):
            yield from _of_access(access, ("newest", "access"))
        case FreshnessProbe(newest=NewestToken() as newest):
            yield from _of_tokens(newest)
        case PostgresProbe(expect=expect):
            yield from _of_expectation(expect, ("expect",))
        case DumpProbe(server=server, expect=expect):
            if not _MAJOR.fullmatch(server):
                yield ("server",), f"expected a major version such as 15, found {server[:40]!r}"
            yield from _of_expectation(expect, ("expect",))
        case _:
            pass


def _of_tokens(newest: NewestToken) -> Iterator[Finding]:
    if not newest.keys:
        yield ("newest", "keys"), "expected at least one key: heartbeats of nobody show nothing"
    if isinstance(newest.tokens, TokenFile) and newest.tokens.access is not None:
        yield from _of_access(newest.tokens.access, ("newest", "tokens", "access"))


def _of_http(probe: HttpProbe) -> Iterator[Finding]:
    host = urlsplit(probe.url).hostname or ""
    if not probe.address and not _is_address(host):
        yield ("url",), f"expected an address beside the name {host}: names are not looked up by probes"
    if probe.json_expect is not None:
        if not probe.json_path:
            yield ("json_expect",), "expected json_path beside json_expect"
        yield from _of_expectation(probe.json_expect, ("json_expect",))


def _of_access(access: Access, loc: Loc) -> Iterator[Finding]:
    yield from ((loc, text) for text in steps.of_access(access))


def _of_expectation(expect: Expectation, loc: Loc) -> Iterator[Finding]:
    if expect.op == "matches":
        try:
            rules.pattern(expect.value)
        except ValueError as error:
            yield (*loc, "value"), str(error)


def _of_world(probe: ProbeSpec, applies_to: str) -> Iterator[Finding]:
    """Probes of files that were restored, in a playbook of machines, and the other way round."""
    loc: Loc
    match probe:
        case ChecksumProbe(access=access):
            on_host, loc = access is None, ("access",)
        case DumpProbe():
            on_host, loc = True, ("kind",)
        case FreshnessProbe(newest=NewestToken(tokens=tokens)):
            on_host, loc = isinstance(tokens, TokenFile) and tokens.access is None, ("newest", "tokens")
        case FreshnessProbe(newest=newest):
            on_host, loc = isinstance(newest, NewestFile), ("newest",)
        case _:
            on_host, loc = False, ()
    if applies_to == "file-set" and not on_host:
        yield (
            loc,
            f"expected only probes of restored files in a file-set playbook, found {probe.kind} of a machine",
        )
    if applies_to == "disk-image" and on_host:
        yield loc, f"expected a way into the machine, found {probe.kind} of files that no disk-image restores"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
