"""Plans of a migration: YAML files -> MigrationPlan, with file and line for everything wrong."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Loc, load, refuse
from drverify.model.agreement import Sha256
from drverify.model.migration import IN_SANDBOX_ONLY, Asked, MigrationPlan
from drverify.model.playbook import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """A plan and the file that it was read from."""

    path: Path
    plan: MigrationPlan
    content: bytes

    @property
    def sha256(self) -> Sha256:
        """Of the file as it is."""
        return Sha256(hashlib.sha256(self.content).hexdigest())


def load_plan(path: Path) -> PlanFile:
    """Read a plan. InputError with `file:line: path: what was expected, what was found`."""
    document = load(path)
    plan = shape_of(MigrationPlan).read(document)
    refuse([document.complaint(loc, text) for loc, text in _findings(plan)])
    return PlanFile(path=path, plan=plan, content=path.read_bytes())


def baseline_findings(asked: Asked, playbook: Playbook) -> Iterator[str]:
    """What is wrong with the probes that a plan wants to run against a source."""
    probes = {one.id: one for one in playbook.probes}
    for name in asked.baseline:
        if name not in probes:
            yield f"playbook {playbook.name} has no probe {name}; known are: {', '.join(sorted(probes))}"
        elif probes[name].kind in IN_SANDBOX_ONLY:
            yield f"probe {name} can only be asked in a sandbox"


def _findings(plan: MigrationPlan) -> Iterator[tuple[Loc, str]]:
    """What is wrong although every field by itself is right."""
    yield from _twice([one.workload for one in plan.systems], ("systems",), "workload")
    yield from _twice([one.name for one in plan.groups], ("groups",), "name")
    systems = {one.workload for one in plan.systems}
    placed: dict[str, str] = {}
    for at, group in enumerate(plan.groups):
        for number, name in enumerate(group.workloads):
            loc: Loc = ("groups", at, "workloads", number)
            if name not in systems:
                yield loc, f"expected one of the plan's systems, found {name}"
            if name in placed:
                yield loc, f"expected each system in one group, found {name} again (also in {placed[name]})"
            placed[name] = group.name
    for at, moved in enumerate(plan.systems):
        if moved.workload not in placed:
            yield ("systems", at, "workload"), f"expected {moved.workload} in one of the groups"
        yield from (((("systems", at, "source", *loc)), text) for loc, text in _of_source(moved.source))


def _of_source(asked: Asked) -> Iterator[tuple[Loc, str]]:
    if asked.access.via == "agent":
        if not asked.domain:
            yield ("domain",), "expected the libvirt domain of the source for access by its agent"
        return
    if asked.domain:
        yield ("domain",), "expected no domain: the source is asked over ssh"
    if not asked.access.address:
        yield ("access",), "expected an address for access over ssh"
    if asked.access.key is None:
        yield ("access",), "expected a key for access over ssh"
    if asked.access.host_key is None:
        yield ("access",), "expected the source's host_key: else another machine could answer for it"


def _twice(names: list[str], loc: Loc, field: str) -> Iterator[tuple[Loc, str]]:
    for at, name in enumerate(names):
        if name in names[:at]:
            yield (*loc, at, field), f"expected each {field} once, found {name} again"
