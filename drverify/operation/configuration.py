"""Whether everything that the settings name is there, before a night needs it. Nothing is connected to."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from drverify.adapters.doors.inventory import load_groups
from drverify.compose import Workshop
from drverify.errors import DrverifyError
from drverify.model.recovery import SecretRef
from drverify.operation.alternatives import Alternatives
from drverify.operation.estate import Estate
from drverify.operation.immutability import tamperer_of
from drverify.operation.past_drills import load_of
from drverify.settings import Nights
from drverify.toml_lines import line_of

_REFERENCE = re.compile(r"(env|file|cred):.+")
ANOTHERS = "it is to be in the settings of another worker, which reaches it"
_ELSEWHERE = ("cred:",)
"""References that only a running unit can follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a night would have failed on."""

    file: Path
    line: int
    where: str
    """Key of the settings, such as `sources.main.password`, or what was looked at."""
    what: str
    mend: str = ""
    unknown: bool = False
    """Whether it could not be looked at here, rather than being wrong."""


def problems(estate: Estate, *, of_worker: bool = False) -> tuple[Problem, ...]:
    """Everything that is wrong with the settings of a site.

    `of_worker`: they are one worker's of several; hosts that they do not name may be another one's.
    """
    return tuple(
        problem
        for name, workshop in estate.workshops.items()
        for problem in _of(
            workshop,
            _Look(estate.paths[name], of_worker=of_worker),
            estate if workshop is estate.main else None,
        )
    )


def credentials(estate: Estate) -> tuple[str, ...]:
    """Names of the systemd credentials that the settings of a site refer to, each once, in their order."""
    found = (
        reference.removeprefix("cred:")
        for workshop in estate.workshops.values()
        for _, reference in _references(workshop.settings.model_dump(mode="python", exclude={"base"}))
        if reference.startswith(_ELSEWHERE)
    )
    return tuple(dict.fromkeys(found))


def _of(workshop: Workshop, look: "_Look", site: Estate | None) -> Iterator[Problem]:
    settings = workshop.settings
    for place, reference in _references(settings.model_dump(mode="python", exclude={"base", "signing"})):
        yield from _secret(look, workshop, place, reference)
    for name in settings.sources:
        yield from look(("sources", name), partial(workshop.source, name))
        if settings.sources[name].writer:
            yield from look(("sources", name, "writer"), partial(tamperer_of, workshop, name))
    for name in settings.hosts:
        yield from look(("hosts", name), partial(workshop.host, name))
    yield from look(("signing", "key"), workshop.signer)
    yield from look(("log",), workshop.log)
    yield from look(("inventory",), lambda: workshop.workloads)
    yield from look(("inventory",), lambda: load_groups(settings.path(settings.inventory)))
    yield from look(("inventory",), lambda: _copies(workshop))
    yield from _workloads(look, workshop)
    if site is not None:
        yield from _nights(look, workshop, site)


def _copies(workshop: Workshop) -> None:
    """InputError for a copy in a source that the settings do not name."""
    for own in workshop.copies.values():
        for copy in own:
            workshop.source(copy.source)


class _Look:
    """Does something and turns what goes wrong into a problem of one key."""

    def __init__(self, path: Path, *, of_worker: bool) -> None:
        self._path, self._of_worker = path, of_worker
        self._content = path.read_text(encoding="utf-8")

    def __call__(self, place: tuple[str, ...], work: Callable[[], object]) -> Iterator[Problem]:
        try:
            work()
        except DrverifyError as error:
            yield self.problem(place, str(error), error.hint)

    def host(self, place: tuple[str, ...], what: str, mend: str = "") -> Problem:
        """A problem of a host that these settings do not name."""
        return self.problem(place, what, ANOTHERS if self._of_worker else mend, unknown=self._of_worker)

    def problem(self, place: tuple[str, ...], what: str, mend: str = "", *, unknown: bool = False) -> Problem:
        """A problem of the key at `place`."""
        return Problem(
            file=self._path,
            line=line_of(self._content, place),
            where=".".join(place),
            what=what,
            mend=mend,
            unknown=unknown,
        )


def _references(
    table: Mapping[str, Any], place: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every value that is a reference to a secret, with where it stands."""
    for key, value in table.items():
        here = (*place, str(key))
        if isinstance(value, Mapping):
            yield from _references(value, here)
        elif isinstance(value, (list, tuple)):
            yield from _references({str(number): one for number, one in enumerate(value)}, here)
        elif isinstance(value, str) and _REFERENCE.fullmatch(value):
            yield here, value


def _secret(look: _Look, workshop: Workshop, place: tuple[str, ...], reference: str) -> Iterator[Problem]:
    for found in look(place, lambda: workshop.secret(SecretRef(reference))):
        elsewhere = reference.startswith(_ELSEWHERE)
        yield look.problem(place, found.what, found.mend, unknown=elsewhere)


def _workloads(look: _Look, workshop: Workshop) -> Iterator[Problem]:
    try:
        workloads = workshop.workloads
    except DrverifyError:
        return  # told already
    for workload in workloads:
        if workload.source not in workshop.settings.sources:
            yield look.problem(
                ("inventory",), f"workload {workload.name}: no source {workload.source!r} in the settings"
            )
        host = workshop.settings.host_of(workload.host)
        if host not in workshop.settings.hosts:
            yield look.host(("inventory",), f"workload {workload.name}: no host {host!r} in the settings")
        for found in look(
            ("playbooks",),
            partial(workshop.order, workload.name, requested_point="latest", mode="full", keep=False),
        ):
            yield look.problem(("playbooks",), f"workload {workload.name}: {found.what}", found.mend)


def _nights(look: _Look, workshop: Workshop, site: Estate) -> Iterator[Problem]:
    nights = workshop.settings.nights
    if nights is None:
        if "operation" in workshop.settings.model_fields_set:
            what = "the settings do not say when drills may run"
            yield look.problem(("operation",), what, "add [nights]: see docs/settings.md")
        return
    known = {name for one in site.workshops.values() for name in one.settings.hosts}
    for name in nights.hosts:
        if name not in known:
            yield look.host(("nights", "hosts", name), f"no host {name!r} in [hosts]")
    needed = {
        one.settings.host_of(workload.host) for one in site.workshops.values() for workload in one.workloads
    }
    for name in sorted(needed - set(nights.hosts)):
        what = f"nothing is said of host {name}, on which workloads are drilled"
        yield look.host(("nights", "hosts"), what, f"add [nights.hosts.{name}]")
    for name, room in nights.hosts.items():
        for other in room.instead:
            if what := _useless(nights, site, name, other):
                mend = "name hosts that can recover what is drilled there, or none"
                say = look.problem if other in known else look.host
                yield say(("nights", "hosts", name, "instead"), what, mend)


def _useless(nights: Nights, site: Estate, name: str, other: str) -> str:
    """Why nothing that is drilled on a host can be drilled on the other one; empty: something can."""
    said = ""
    for one in site.workshops.values():
        alternatives = Alternatives(one, nights)
        for workload in one.workloads:
            if one.settings.host_of(workload.host) == name:
                load = load_of(workload, None)
                why = alternatives.hindrance(workload, other, load=load, mode="full")
                if not why:
                    return ""
                said = said or f"{other} can recover nothing of {name}: workload {workload.name}: {why}"
    return said
