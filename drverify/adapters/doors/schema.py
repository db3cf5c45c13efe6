"""The published JSON Schemas of our files: `python -m drverify.adapters.doors.schema` writes them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import drverify
from drverify.adapters.doors.inventory import Inventory
from drverify.adapters.doors.shape import dump_schema, shape_of
from drverify.model.contract import Contract
from drverify.model.decision import Decisions
from drverify.model.playbook import Playbook

FOLDER = Path(drverify.__file__).parent / "schemas"
KINDS: Mapping[str, type] = MappingProxyType(
    {"playbook": Playbook, "inventory": Inventory, "contract": Contract, "decisions": Decisions}
)


def text_of(kind: str) -> str:
    """The schema of one kind of file, as it is committed."""
    schema = shape_of(KINDS[kind]).json_schema(
        title=f"drverify {kind}", identifier=f"https://drverify.dev/schemas/{kind}.schema.json"
    )
    return dump_schema(schema)


def main() -> None:
    """Write every schema into the package."""
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        path = FOLDER / f"{kind}.schema.json"
        path.write_text(text_of(kind), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
