"""From documents to a proposal, and from a reviewed proposal to a lock."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from drverify import __version__
from drverify.adapters.documents.intake import read_document
from drverify.adapters.doors.contract import dump_contract, load_with_lines
from drverify.adapters.doors.rulebook import load_rules
from drverify.adapters.storage.durable import write_durably
from drverify.agreements.decisions import add, decide
from drverify.agreements.papers import Progress, refuse_changed, texts_of
from drverify.agreements.proposers import proposed, proposer
from drverify.errors import InputError
from drverify.linting.lint import lint
from drverify.model.contract import (
    Contract,
    OpenPoint,
    Parties,
    Provision,
    ProvisionId,
    Reader,
    Source,
    System,
)
from drverify.model.decision import Decisions
from drverify.model.document import DocumentId, Text
from drverify.model.rule import Finding, SystemFact
from drverify.reading.digest import grammar_digest
from drverify.reading.reader import Outline, outline, provisions
from drverify.sealing import agreed
from drverify.sealing.agreed import sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A register and the texts that it was read from, by document id."""

    contract: Contract
    texts: Mapping[DocumentId, Text]


def propose(
    paths: Sequence[Path], *, progress: Progress | None = None, proposers: Sequence[str] = ()
) -> Opened:
    """Read documents, the prevailing one first, into a proposal. InputError for what cannot be read.

    `proposers` names plug-ins that may point to further places (see `agreements.proposers`).
    """
    plugins = {name: proposer(name) for name in proposers}
    texts: dict[DocumentId, Text] = {}
    for path in paths:
        texts[_document_id(path, texts)] = read_document(path, progress=progress)
    outlines = {name: outline(text) for name, text in texts.items()}
    parties = _parties(list(outlines.values()))
    made: list[Provision] = []
    for name, text in texts.items():
        read = provisions(text, document=name, parties=parties)
        made += read
        for plugin, pointing in plugins.items():
            made += proposed(text, name, plugin, pointing, read)
    main = next(iter(outlines.values()))
    contract = Contract(
        id=next((found.number for found in outlines.values() if found.number), paths[0].stem),
        title=main.title,
        parties=parties,
        effective=next((found.effective for found in outlines.values() if found.effective), None),
        documents=_sources(texts, outlines),
        systems=_systems(list(outlines.values())),
        provisions=_unique(made),
        reader=Reader(version=__version__, grammar=grammar_digest(), rules=load_rules().digest),
    )
    return relinted(Opened(contract=contract, texts=texts))


def open_register(path: Path, *, progress: Progress | None = None) -> Opened:
    """Open a proposal or lock with its documents. InputError when one is another document now."""
    contract, lines = load_with_lines(path)
    texts = texts_of(contract, path.parent, progress=progress)
    refuse_changed(contract, texts, lines)
    return Opened(contract=contract, texts=texts)


def findings(opened: Opened, inventory: tuple[SystemFact, ...] = ()) -> tuple[Finding, ...]:
    """Hold a register against the rules."""
    return lint(opened.contract, opened.texts, load_rules(), inventory)


def relinted(opened: Opened) -> Opened:
    """The same register with its open points found anew."""
    points = tuple(
        OpenPoint(
            rule=one.rule,
            question=one.question,
            severity=one.severity,
            status=one.status if one.status != "document" else "undetermined",
            clause=one.nearest.section if one.nearest else "",
        )
        for one in findings(opened)
    )
    return replace(opened, contract=replace(opened.contract, open_points=points))


def decided(opened: Opened, decisions: Decisions) -> Contract:
    """Apply a file of decisions. InputError for one that names nothing or cannot be."""
    contract = opened.contract
    named = dict(decisions.systems)
    systems = tuple(
        replace(one, workload=named.pop(one.name)) if one.name in named else one for one in contract.systems
    )
    if named:
        raise InputError(f"the agreement names no system {', '.join(sorted(named))}")
    contract = replace(
        contract,
        systems=systems,
        timezone=decisions.timezone or contract.timezone,
        calendars=decisions.calendars or contract.calendars,
        look_back=decisions.look_back or contract.look_back,
    )
    for addition in decisions.additions:
        contract = add(contract, addition, opened.texts)
    for decision in decisions.decisions:
        contract = decide(contract, decision)
    return contract


def accepted(contract: Contract, *, by: str, at: datetime, note: str = "") -> Contract:
    """Accept a reviewed proposal. InputError while a provision is undecided."""
    if contract.accepted is not None:
        raise InputError(f"it was accepted already, by {contract.accepted.by}")
    undecided = [one.id for one in contract.provisions if one.review == "open"]
    if undecided:
        raise InputError(
            f"{len(undecided)} of {len(contract.provisions)} provisions are undecided: {_some(undecided)}",
            hint="go through them with `drverify agreement review`",
        )
    unclear = [
        one.id for one in contract.provisions if one.status == "needs_review" and one.review != "rejected"
    ]
    if unclear:
        raise InputError(
            f"the reader only asks what these say: {_some(unclear)}", hint="correct or reject them"
        )
    return agreed.accept(contract, by=by, at=at, note=note)


def save(contract: Contract, path: Path) -> None:
    """Write a register, whole or not at all."""
    write_durably(path, dump_contract(contract).encode(), mode=0o644)


def lay_beside(paths: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Copy documents beside a register that lies elsewhere; returns those that were copied."""
    copied = []
    for path in paths:
        there = folder / path.name
        if there.exists() and there.samefile(path):
            continue
        if there.exists() and there.read_bytes() != path.read_bytes():
            raise InputError(f"{there} is another document", hint=f"write the register beside {path}")
        if not there.exists():
            shutil.copyfile(path, there)
            copied.append(there)
    return tuple(copied)


def _document_id(path: Path, taken: Mapping[DocumentId, Text]) -> DocumentId:
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._")[:48] or "document"
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(DocumentId(name) for name in names if name not in taken)


def _parties(outlines: Sequence[Outline]) -> Parties:
    return Parties(
        provider=next((one.parties.provider for one in outlines if one.parties.provider), ""),
        customer=next((one.parties.customer for one in outlines if one.parties.customer), ""),
    )


def _sources(texts: Mapping[DocumentId, Text], outlines: Mapping[DocumentId, Outline]) -> tuple[Source, ...]:
    read = tuple(
        Source(
            id=name,
            name=text.name,
            sha256=text.sha256,
            text_sha256=sha256_of(text.content.encode()),
            format=text.format,
            language=text.language,
            pages=text.pages,
            precedence=precedence,
            remarks=text.remarks,
        )
        for precedence, (name, text) in enumerate(texts.items(), 1)
    )
    return (*read, *_missing(texts, outlines))


def _missing(texts: Mapping[DocumentId, Text], outlines: Mapping[DocumentId, Outline]) -> tuple[Source, ...]:
    """Documents that the agreement names and that were not supplied."""
    named: dict[str, DocumentId] = {}
    for found in outlines.values():
        for exhibit in found.missing:
            base = re.sub(r"[^A-Za-z0-9._-]+", "-", exhibit).strip("-._").lower()[:48]
            if base and base not in texts:
                named.setdefault(exhibit, DocumentId(base))
    ids: dict[DocumentId, str] = {}
    for name, one in named.items():
        ids.setdefault(one, name)
    last = len(texts) + 1
    return tuple(Source(id=one, name=name, supplied=False, precedence=last) for one, name in ids.items())


def _systems(outlines: Sequence[Outline]) -> tuple[System, ...]:
    found: dict[str, System] = {}
    for one in outlines:
        for system in one.systems:
            found.setdefault(system.name, system)
    return tuple(found.values())


def _unique(made: Sequence[Provision]) -> tuple[Provision, ...]:
    """Ids that two documents gave alike are told apart by the document."""
    seen: set[str] = set()
    result = []
    for one in made:
        name = one.id if one.id not in seen else f"{one.id}.{one.citation.document}"
        number = 2
        while name in seen:
            name, number = f"{one.id}.{number}", number + 1
        seen.add(name)
        result.append(replace(one, id=ProvisionId(name)))
    return tuple(result)


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:6])
    return shown if len(ids) <= 6 else f"{shown} and {len(ids) - 6} more"  # noqa: PLR2004 - enough to begin with
