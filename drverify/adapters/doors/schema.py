"""The published JSON Schemas of our files: `python -m drverify.adapters.doors.schema` writes them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import drverify
from drverify.adapters.doors.inventory import Inventory
from drverify.adapters.doors.shape import dump_schema, shape_of
from drverify.model.cold import ColdStart
from drverify.model.contract import Contract
from drverify.model.control import ControlPack
from drverify.model.decision import Decisions
from drverify.model.evidence import PREDICATE_TYPES
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import MigrationPlan
from drverify.model.playbook import Playbook
from drverify.sealing.records.schemas import schema_of

FOLDER = Path(drverify.__file__).parent / "schemas"
KINDS: Mapping[str, type] = MappingProxyType(
    {
        "playbook": Playbook,
        "hardware": HardwareProfile,
        "inventory": Inventory,
        "contract": Contract,
        "decisions": Decisions,
        "controls": ControlPack,
        "migration": MigrationPlan,
    }
)
PUBLISHED = (*KINDS, *PREDICATE_TYPES)
"""Everything that has a schema: our files, and the statements of an evidence log."""


def text_of(kind: str) -> str:
    """The schema of one kind of file or statement, as it is committed."""
    stated = next((one for one in PREDICATE_TYPES if one == kind), None)
    if stated is not None:
        return dump_schema(schema_of(stated))
    schema = shape_of(KINDS[kind]).json_schema(
        title=f"drverify {kind}", identifier=f"https://drverify.dev/schemas/{kind}.schema.json"
    )
    return dump_schema(_with_cold(schema) if kind == "playbook" else schema)


def _with_cold(schema: dict[str, Any]) -> dict[str, Any]:
    """A playbook file may say what lies in escrow, which is no part of the playbook."""
    cold = shape_of(ColdStart).json_schema(title="ColdStart", identifier="")
    inner = {key: value for key, value in cold.items() if key not in {"$schema", "$id", "$defs"}}
    definitions = {**schema["$defs"], **cold.get("$defs", {}), "ColdStart": inner}
    properties = {**schema["properties"], "cold": {"$ref": "#/$defs/ColdStart"}}
    return {**schema, "properties": properties, "$defs": dict(sorted(definitions.items()))}


def main() -> None:
    """Write every schema into the package."""
    FOLDER.mkdir(exist_ok=True)
    for kind in PUBLISHED:
        path = FOLDER / f"{kind}.schema.json"
        path.write_text(text_of(kind), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
