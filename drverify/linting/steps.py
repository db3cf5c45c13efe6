"""Whether every step of a playbook is somebody's, and whose it is by the agreement. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drverify.linting.responsibility import Cell, Responsibility, responsibility
from drverify.model.contract import Contract
from drverify.model.steps import StepSpec

WORK: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "run": ("configuration", ("guest_os", "database", "application")),
        "put": ("configuration", ("guest_os", "database", "application")),
        "mount": ("reattach", ("storage", "guest_os")),
        "address": ("network_mapping", ("network", "guest_os")),
    }
)
"""What a kind of step is in the matrix of responsibility, and on which layers; of others it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinding:
    """What is open about one step."""

    step: str
    what: str


def step_findings(steps: tuple[StepSpec, ...], contract: Contract | None) -> tuple[StepFinding, ...]:
    """Steps that nobody owns, and steps that the agreement gives to somebody else, in the playbook's order.

    Without a contract only the playbook is asked.
    """
    found = responsibility(contract) if contract is not None and steps else None
    return tuple(StepFinding(step=step.id, what=what) for step in steps for what in _of(step, found))


def _of(step: StepSpec, found: Responsibility | None) -> Iterator[str]:
    named = _named(step, found) if found is not None else ()
    parties = tuple(dict.fromkeys(party for cell in named for party in cell.parties))
    told = ", ".join(
        f"{_layer(cell)} to the {' and the '.join(cell.parties)}{_clause(cell)}" for cell in named
    )
    work = WORK[step.kind][0].replace("_", " ") if step.kind in WORK else ""
    if not step.party:
        yield "nobody owns it: the playbook names no party" + (
            f"; the agreement gives {work} on {told}" if told else ""
        )
    elif parties and step.party not in parties and "both" not in parties:
        yield f"the playbook says the {step.party} does it, but the agreement gives {work} on {told}"


def _named(step: StepSpec, found: Responsibility) -> tuple[Cell, ...]:
    """The cells of this work that somebody owns."""
    if step.kind not in WORK:
        return ()
    work, layers = WORK[step.kind]
    cells = (found.cell(layer, work) for layer in layers)
    return tuple(cell for cell in cells if cell.state in ("owned", "twice"))


def _layer(cell: Cell) -> str:
    return "the " + cell.layer.replace("_", " ").replace("guest os", "guest OS")


def _clause(cell: Cell) -> str:
    section = next((one.provision.citation.section for one in cell.claims if one.party != "unknown"), "")
    return f" (clause {section})" if section else ""
