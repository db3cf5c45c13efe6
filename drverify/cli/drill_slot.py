"""The slot of a drill that lies on disk; `operation.slots` chooses the one of a drill that begins."""

import json
from pathlib import Path

from drverify.adapters.storage.drills import PLAN
from drverify.operation.slots import NONE as NONE  # noqa: PLC0414 - re-exported
from drverify.operation.slots import named as named  # noqa: PLC0414 - re-exported
from drverify.operation.slots import slot_for as slot_for  # noqa: PLC0414 - re-exported


def slot_in(directory: Path) -> str:
    """The slot of a drill that lies there, by its plan; empty when it has none, or that cannot be read."""
    try:
        slot = json.loads((directory / PLAN).read_bytes())["slot"]
        return str(slot["slot"]) if slot else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
