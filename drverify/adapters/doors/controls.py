"""The control packs that ship with the package, and a user's own: YAML files -> ControlPack."""

from collections.abc import Iterator
from pathlib import Path

import drverify
from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Loc, load, refuse
from drverify.errors import InputError
from drverify.model.control import Condition, ControlPack, Fact, Requirement

FOLDER = Path(drverify.__file__).parent / "controls"
_OF_METRICS = {Fact.PROMISED, Fact.TESTED, Fact.KEPT}


def pack_names() -> tuple[str, ...]:
    """Names of the packs that ship."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load_pack(named: str) -> ControlPack:
    """The pack of that name, or in that YAML file. InputError names file and line of everything wrong."""
    own = named.endswith((".yaml", ".yml"))
    path = Path(named) if own else FOLDER / f"{named}.yaml"
    if not own and named not in pack_names():
        raise InputError(
            f"no control pack {named!r}", hint=f"known are: {', '.join(pack_names())}; or name a YAML file"
        )
    document = load(path)
    pack = shape_of(ControlPack).read(document)
    refuse([document.complaint(loc, text) for loc, text in _findings(pack)])
    return pack


def _findings(pack: ControlPack) -> Iterator[tuple[Loc, str]]:
    """What is wrong although every field by itself is right."""
    seen: set[str] = set()
    for at, control in enumerate(pack.controls):
        for number, requirement in enumerate(control.requirements):
            here: Loc = ("controls", at, "requirements", number)
            if requirement.id in seen:
                yield (*here, "id"), f"expected each id once, found {requirement.id} again"
            seen.add(requirement.id)
            yield from (((*here, *loc), text) for loc, text in _of_requirement(requirement))


def _of_requirement(one: Requirement) -> Iterator[tuple[Loc, str]]:
    if not one.shown_when and not one.not_covered.strip():
        yield ("not_covered",), "expected what is not covered, as nothing shows the requirement"
    if one.shown_when and not one.fields:
        yield ("fields",), "expected the fields that an assessor finds it in"
    for at, condition in enumerate(one.shown_when):
        yield from (((("shown_when", at, *loc)), text) for loc, text in _of_condition(condition))


def _of_condition(one: Condition) -> Iterator[tuple[Loc, str]]:
    if (one.fact in _OF_METRICS) != bool(one.metrics):
        wanted = "some metrics" if one.fact in _OF_METRICS else "no metrics"
        yield ("metrics",), f"expected {wanted} beside {one.fact}"
    if one.fact is Fact.DRILLED_WITHIN and one.within is None:
        yield ("within",), f"expected a time span beside {one.fact}"
    if one.fact not in {Fact.DRILLED_WITHIN, Fact.SAMPLED} and one.within is not None:
        yield ("within",), f"expected no time span beside {one.fact}"
