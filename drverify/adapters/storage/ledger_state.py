"""What the lines of a ledger add up to, and whose machine they are about."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from drverify.errors import HostError
from drverify.model.drill import DrillId

MACHINE_ID = Path("/etc/machine-id")
"""What names a machine for ever (machine-id(5)); where there is none, every ledger is taken for its own."""
OF_ONE_MACHINE = frozenset({"domain", "mount", "netns", "process", "tap"})
"""Kinds of resources that no other machine can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that may exist because of us."""

    kind: str
    name: str
    facts: dict[str, str]


@dataclass(slots=True)
class LedgerState:
    """A ledger as its lines leave it."""

    drill_id: DrillId = field(default=DrillId(""))
    directory: str = ""
    machine: str = ""
    kept: bool = False
    open: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def resources(self) -> tuple[Resource, ...]:
        """Everything not struck out, in the order of its first announcement."""
        return tuple(
            Resource(kind=kind, name=name, facts=dict(facts)) for (kind, name), facts in self.open.items()
        )


def machine_id() -> str:
    """The name of this machine; empty where it has none."""
    with suppress(OSError, UnicodeDecodeError):
        return MACHINE_ID.read_text("ascii").strip()
    return ""


def replayed(content: bytes, path: Path) -> LedgerState:
    """What the lines add up to; HostError for a damaged one, for then nobody knows what is ours."""
    state = LedgerState()
    lines = content.split(b"\n")[:-1]  # what follows the last newline is torn or empty
    for number, line in enumerate(lines, start=1):
        try:
            apply(state, json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HostError(
                f"line {number} of the ledger {path} is damaged",
                hint="its sandbox is left as it is: remove by hand what its lines name, then the file",
            ) from error
    return state


def apply(state: LedgerState, entry: dict[str, object]) -> None:
    """Take in one line."""
    key = (str(entry.get("kind", "")), str(entry.get("name", "")))
    match entry["do"]:
        case "begin":
            state.drill_id = DrillId(str(entry["drill"]))
            state.directory = str(entry["directory"])
            state.machine = str(entry.get("machine", ""))
        case "open":
            facts = entry["facts"]
            if isinstance(facts, dict):
                state.open.setdefault(key, {}).update({str(name): str(fact) for name, fact in facts.items()})
        case "close":
            state.open.pop(key, None)
        case "keep":
            state.kept = True
