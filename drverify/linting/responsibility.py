"""Who does which step of a recovery on which layer, as the provisions say; and what nobody does."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from drverify.model.contract import Contract, Party, Provision
from drverify.model.slots import LAYERS, STEPS

CellState = Literal["owned", "twice", "implied", "unowned", "not applicable"]
"""`implied`: it is said who runs the layer, not who does this step on it when it has to be recovered."""
Nearness = Literal["cell", "step", "layer"]

_EVERYWHERE = tuple(LAYERS)
APPLIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "data_recovery": ("storage", "guest_os", "database", "application", "backup_platform"),
        "rebuild": _EVERYWHERE,
        "reattach": ("storage", "guest_os"),
        "configuration": _EVERYWHERE,
        "network_mapping": ("hypervisor", "network", "guest_os"),
        "application_start": ("database", "application"),
        "validation": _EVERYWHERE,
        "hardware_replacement": ("hardware", "storage", "network"),
        "os_recovery": ("hypervisor", "guest_os"),
        "third_party_coordination": ("hardware", "storage", "network", "application"),
        "failback": ("hypervisor", "storage", "network", "database", "application"),
    }
)
"""On which layers a step is work at all; elsewhere nobody needs to be named."""
_GRAINS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "file": (("guest_os", "data_recovery"),),
        "item": (("application", "data_recovery"),),
        "database": (("database", "data_recovery"),),
        "application": (("application", "data_recovery"),),
        "vm": (("storage", "data_recovery"), ("guest_os", "data_recovery"), ("guest_os", "rebuild")),
        "full_system": (
            ("storage", "data_recovery"),
            ("guest_os", "data_recovery"),
            ("guest_os", "rebuild"),
            ("guest_os", "os_recovery"),
        ),
        "bare_metal": (("guest_os", "data_recovery"), ("guest_os", "os_recovery")),
        "site": tuple((layer, "data_recovery") for layer in APPLIES["data_recovery"]),
    }
)
"""What is restored when something of a grain is restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One provision's word about a cell."""

    party: Party
    provision: Provision
    nearness: Nearness
    """Whether it names the cell itself, the step on every layer, or only the layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One step on one layer."""

    layer: str
    step: str
    state: CellState
    parties: tuple[Party, ...] = ()
    """Who is named by the nearest claims, in the agreement's order."""
    claims: tuple[Claim, ...] = ()
    """The nearest claims first; within, in the register's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibility:
    """All cells, layer by layer in the order of `LAYERS` and step by step in the order of `STEPS`."""

    cells: tuple[Cell, ...]

    def cell(self, layer: str, step: str) -> Cell:
        """The cell of a layer and a step."""
        return self.cells[LAYERS.index(layer) * len(STEPS) + STEPS.index(step)]

    def of(self, *states: CellState) -> tuple[Cell, ...]:
        """The cells in these states."""
        return tuple(cell for cell in self.cells if cell.state in states)


def responsibility(contract: Contract) -> Responsibility:
    """Fill every cell from the provisions that nobody rejected.

    A provision whose status is a disclaimer gives nobody a step. One that names nobody (`unknown`)
    owns nothing. `both` is two accountable parties: nobody who has to act first.
    """
    claims: dict[tuple[str, str], list[Claim]] = {}
    for provision in contract.provisions:
        if provision.review == "rejected" or provision.status == "disclaimed":
            continue
        for layer, step, nearness in _targets(provision):
            claim = Claim(party=provision.party, provision=provision, nearness=nearness)
            claims.setdefault((layer, step), []).append(claim)
    return Responsibility(
        cells=tuple(_cell(layer, step, claims.get((layer, step), [])) for layer in LAYERS for step in STEPS)
    )


def _targets(provision: Provision) -> Iterator[tuple[str, str, Nearness]]:
    """Which cells a provision speaks of; each once."""
    seen: dict[tuple[str, str], Nearness] = {}
    for layer, step, nearness in _named(provision):
        if layer in APPLIES[step]:
            seen.setdefault((layer, step), nearness)
    for (layer, step), nearness in seen.items():
        yield layer, step, nearness


def _named(provision: Provision) -> Iterator[tuple[str, str, Nearness]]:
    match provision.kind:
        case "layer_responsibility":
            yield from _by_layer(provision)
        case "restore_responsibility" | "restore_time":
            yield from _by_grain(provision)
        case "dr_plan":
            yield from _every_layer(step for step in provision.values("includes") if step in STEPS)
        case "application_validation":
            yield "application", "validation", "cell"
        case _:
            return


def _by_layer(provision: Provision) -> Iterator[tuple[str, str, Nearness]]:
    steps = [task for task in provision.values("task") if task in STEPS]
    if "restore" in provision.values("task"):
        steps.append("data_recovery")
    layers = [layer for layer in provision.values("layer") if layer in LAYERS]
    for layer in layers:
        for step in steps or STEPS:
            yield layer, step, "cell" if steps else "layer"
    if not layers:
        yield from _every_layer(steps)


def _by_grain(provision: Provision) -> Iterator[tuple[str, str, Nearness]]:
    if provision.kind == "restore_time" and provision.party == "unknown":
        return
    layers = [layer for layer in provision.values("layer") if layer in LAYERS]
    for layer in layers:
        yield layer, "data_recovery", "cell"
    grains = [grain for grain in provision.values("grain") if grain in _GRAINS]
    for grain in grains:
        for layer, step in _GRAINS[grain]:
            yield layer, step, "cell"
    if not layers and not grains:
        yield from _every_layer(["data_recovery"])


def _every_layer(steps: Iterable[str]) -> Iterator[tuple[str, str, Nearness]]:
    for step in steps:
        for layer in APPLIES[step]:
            yield layer, step, "step"


def _cell(layer: str, step: str, claims: list[Claim]) -> Cell:
    if layer not in APPLIES[step]:
        return Cell(layer=layer, step=step, state="not applicable")
    order: tuple[Nearness, ...] = ("cell", "step", "layer")
    ranked = tuple(claim for nearness in order for claim in claims if claim.nearness == nearness)
    named = [claim for claim in ranked if claim.party != "unknown"]
    if not named:
        return Cell(layer=layer, step=step, state="unowned", claims=ranked)
    nearest = named[0].nearness
    parties = tuple(dict.fromkeys(claim.party for claim in named if claim.nearness == nearest))
    state: CellState = "implied" if nearest == "layer" else "owned"
    if len(parties) > 1 or parties == ("both",):
        state = "twice"
    return Cell(layer=layer, step=step, state=state, parties=parties, claims=ranked)
