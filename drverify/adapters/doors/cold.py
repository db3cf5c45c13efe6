"""The section `cold` of a playbook file: what lies in escrow. It is no part of a drill's plan."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Document, Loc, load, refuse
from drverify.errors import InputError
from drverify.model.cold import ColdStart

SECTION = "cold"


def load_cold(path: Path, variables: Mapping[str, str] | None = None) -> ColdStart:
    """Read what a playbook says lies in escrow. InputError when it says nothing, or something is wrong."""
    found = cold_in(load(path, variables=variables or {}))
    if found is None:
        raise InputError(
            f"{path} does not say what lies in escrow", hint="add a section `cold`: see docs/controls.md"
        )
    return found


def cold_in(document: Document) -> ColdStart | None:
    """The section, read and checked; None when there is none."""
    if not isinstance(document.data, dict) or SECTION not in document.data:
        return None
    inner = Document(
        path=document.path,
        data=document.data[SECTION],
        lines=_below(document.lines),
        key_lines=_below(document.key_lines),
    )
    cold = shape_of(ColdStart).read(inner)
    named: tuple[list[str], ...] = ([one.ref for one in cold.keys], [one.path for one in cold.files])
    refuse(
        [
            document.complaint((SECTION,), f"expected each key and file once, found {one} again")
            for names in named
            for one in sorted({name for name in names if names.count(name) > 1})
        ]
    )
    return cold


def without_cold(document: Document) -> Document:
    """The playbook itself."""
    if not isinstance(document.data, dict):
        return document
    return replace(document, data={key: one for key, one in document.data.items() if key != SECTION})


def _below(lines: Mapping[Loc, int]) -> dict[Loc, int]:
    return {loc[1:]: line for loc, line in lines.items() if loc[:1] == (SECTION,)}
