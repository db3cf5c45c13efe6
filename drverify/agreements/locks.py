"""Locks: the only registers that drills, verdicts and evidence use."""

from pathlib import Path

from drverify.adapters.doors.contract import LOCK, load_with_lines
from drverify.adapters.doors.yaml import Document
from drverify.agreements.papers import refuse_changed, texts_of
from drverify.errors import InputError
from drverify.model.contract import Contract
from drverify.sealing.agreed import Agreed, Paper, edited


def load_lock(path: Path) -> Agreed:
    """Read a lock and the documents beside it.

    Raises InputError when it was never accepted, was edited since, or a document is another one now;
    the message shows the difference.
    """
    contract, lines = load_with_lines(path)
    if contract.accepted is None:
        raise InputError(
            f"{path}: this is a proposal that nobody accepted",
            hint=f"review it, accept it (`drverify agreement accept`), and name the {LOCK} in the settings",
        )
    texts = texts_of(contract, path.parent)
    refuse_changed(contract, texts, lines)
    _refuse_edited(path, contract, lines)
    papers = tuple(
        Paper(name=one.name, original=(path.parent / one.name).read_bytes(), text=texts[one.id].content)
        for one in contract.documents
        if one.supplied
    )
    return Agreed(contract=contract, papers=papers)


def _refuse_edited(path: Path, contract: Contract, lines: Document) -> None:
    changed = edited(contract)
    if not changed:
        return
    ids: list[str] = [one.id for one in contract.provisions]
    where = [lines.where(("provisions", ids.index(name))) if name in ids else f"{path}" for name in changed]
    said = [f"{place}: {_what(name, ids)}" for place, name in zip(where, changed, strict=True)]
    raise InputError(
        "\n".join(said),
        hint="undo the edit, or change the proposal and accept it again (`drverify agreement accept`)",
    )


def _what(name: str, ids: list[str]) -> str:
    if name == "contract":
        return "something outside of the provisions was edited after it was accepted"
    if name in ids:
        return f"{name} was edited after it was accepted"
    return f"{name} was taken out after it was accepted"
