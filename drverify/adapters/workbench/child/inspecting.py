"""The verb `inspect`: everything that restored disks tell, from the outside inwards, written to none of them.

Asked with `keys` (base64), it answers an `Inspection` without findings, in the JSON form of the evidence.
"""

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from drverify.adapters.workbench.child.bench import Bench
from drverify.adapters.workbench.child.disks import disks_of
from drverify.adapters.workbench.child.file_systems import file_systems_of
from drverify.adapters.workbench.child.systems import system_of
from drverify.adapters.workbench.child.volumes import volumes_of
from drverify.model.inspection import Inspection


def inspect(bench: Bench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Read everything. What cannot be read ends it early: `notRead` says where."""
    bench.note("reading partition tables")
    disks = disks_of(bench)
    bench.note("reading volumes")
    volumes = volumes_of(bench, disks, [base64.b64decode(key) for key in asked["keys"]])
    file_systems = file_systems_of(bench)
    bench.note("reading the operating system")
    system, not_read = None, ""
    try:
        system = system_of(bench, disks, file_systems)
    except RuntimeError as error:
        bench.still_there(error)
        not_read = f"the operating system could not be read to the end: {error}"
    found = Inspection(
        disks=tuple(disks),
        volumes=tuple(volumes),
        file_systems=tuple(file_systems),
        system=system,
        not_read=not_read,
    )
    told: dict[str, Any] = plain(found)
    return told


def plain(value: Any) -> Any:
    """The JSON form of a value of the model, as `sealing.codec` has it (of the types that occur here)."""
    if is_dataclass(value):
        return {_camel(one.name): plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
