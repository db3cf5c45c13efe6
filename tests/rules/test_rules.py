"""Every rule, asked of a document that satisfies it and of one that does not, through the real reader."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from drverify.adapters.documents.intake import read_document
from drverify.adapters.doors.rulebook import load_rules
from drverify.linting.lint import lint
from drverify.model.agreement import Sha256
from drverify.model.contract import Contract, Provision, Reader, Source, System
from drverify.model.document import DocumentId, Remark, Text
from drverify.model.quantity import Quantity
from drverify.model.rule import Finding, SystemFact
from drverify.reading.reader import outline, provisions

HERE = Path(__file__).parent
RULES = load_rules()


@dataclass(frozen=True)
class Case:
    """Documents that answer a rule's question, and documents that do not."""

    name: str
    rule: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    status: str
    systems: tuple[str, ...] = ()
    inventory: tuple[dict[str, Any], ...] = ()
    bad_inventory: tuple[dict[str, Any], ...] = ()
    remarks: tuple[Remark, ...] = field(default=())
    """Of the bad document, where no Markdown gives them."""


def status_of(rule: str) -> str:
    known = RULES.rule(rule)
    if known.family in {"consistency", "inventory"} or known.against:
        return "inconsistent"
    return {"gap": "absent", "vagueness": "vague", "document": "document"}[known.family]


def texts_of(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def cases() -> Iterator[Case]:
    for path in sorted(HERE.glob("*.yaml")):
        for at, raw in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
            known = tuple(raw.get("inventory", ()))
            yield Case(
                name=f"{raw['rule']} ({path.stem} {at + 1})",
                rule=raw["rule"],
                good=texts_of(raw["good"]),
                bad=texts_of(raw["bad"]),
                status=raw.get("status", status_of(raw["rule"])),
                systems=tuple(raw.get("systems", ())),
                inventory=known,
                bad_inventory=tuple(raw.get("bad_inventory", known)),
                remarks=tuple(Remark(**one) for one in raw.get("remarks", ())),
            )


CASES = tuple(cases())


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("agreements")


@cache
def read(folder: Path, words: str) -> Text:
    path = folder / f"{hashlib.sha256(words.encode()).hexdigest()[:16]}.md"
    path.write_text(words, encoding="utf-8")
    return read_document(path)


def fact(raw: dict[str, Any]) -> SystemFact:
    given = {
        key: Quantity(value=Decimal(value[0]), unit=value[1]) if isinstance(value, list) else value
        for key, value in raw.items()
    }
    return SystemFact(**given)


def agreement(
    folder: Path, documents: tuple[str, ...], systems: tuple[str, ...] = (), remarks: tuple[Remark, ...] = ()
) -> tuple[Contract, dict[DocumentId, Text]]:
    texts: dict[DocumentId, Text] = {}
    sources: list[Source] = []
    found: list[Provision] = []
    for at, words in enumerate(documents):
        text = read(folder, words)
        name = DocumentId(f"document-{at + 1}")
        texts[name] = text
        given = remarks if at == 0 else ()
        sources.append(Source(id=name, name=text.name, language=text.language, remarks=given))
        sources += [
            Source(id=DocumentId(f"{name}-{title}"), name=title, supplied=False)
            for title in outline(text).missing
        ]
        found += provisions(text, document=name)
    contract = Contract(
        id="case",
        documents=tuple(sources),
        systems=tuple(System(name=one, workload=one) for one in systems),
        provisions=tuple(found),
        reader=Reader(version="0", grammar=Sha256("")),
    )
    return contract, texts


def asked(rule: str, contract: Contract, texts: dict[DocumentId, Text], known=()) -> list[Finding]:
    book = replace(RULES, rules=(RULES.rule(rule),))
    return list(lint(contract, texts, book, tuple(fact(one) for one in known)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_document_that_answers_gives_no_finding(case: Case, folder) -> None:
    contract, texts = agreement(folder, case.good, case.systems)
    found = asked(case.rule, contract, texts, case.inventory)
    assert found == [], [one.detail for one in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_document_that_does_not_answer_gives_one(case: Case, folder) -> None:
    contract, texts = agreement(folder, case.bad, case.systems, case.remarks)
    found = asked(case.rule, contract, texts, case.bad_inventory)
    assert [one.status for one in found][:1] == [case.status], [one.detail for one in found]
    assert found[0].detail
    assert found[0].wording


@pytest.mark.parametrize(
    "rule", [one for one in RULES.rules if one.family == "gap"], ids=lambda rule: rule.id
)
def test_the_wording_that_is_offered_closes_the_gap(rule, folder) -> None:
    contract, texts = agreement(folder, (f"# Agreement\n\n{' '.join(rule.wording.split())}\n",))
    found = asked(rule.id, contract, texts)
    assert found == [], [one.detail for one in found]


def test_no_rule_is_without_both_documents() -> None:
    assert {one.id for one in RULES.rules} == {case.rule for case in CASES}


@pytest.mark.parametrize("case", [one for one in CASES if one.status == "absent"], ids=lambda case: case.name)
def test_what_could_not_be_read_is_never_called_absent(case: Case, folder) -> None:
    page = Remark(kind="no-text", page=1, detail="a picture")
    contract, texts = agreement(folder, case.bad, case.systems, (page,))
    found = asked(case.rule, contract, texts, case.bad_inventory)
    assert {one.status for one in found} == {"undetermined"}


ENDS_WITH_AN_ANSWER = [
    one for one in CASES if RULES.rule(one.rule).family == "gap" and one.status != "inconsistent"
]


@pytest.mark.parametrize("case", ENDS_WITH_AN_ANSWER, ids=lambda case: case.name)
def test_an_answer_beside_what_does_not_answer_closes_the_gap(case: Case, folder) -> None:
    both = (*case.bad, *case.good)
    contract, texts = agreement(folder, both, case.systems)
    assert asked(case.rule, contract, texts, case.inventory) == []


def test_the_same_agreement_gives_the_same_findings_in_the_same_order(folder) -> None:
    words = tuple(text for case in CASES for text in case.bad)
    contract, texts = agreement(folder, words)
    first, second = lint(contract, texts, RULES), lint(contract, texts, RULES)
    assert first == second
    assert len(first) > 50
    severities = [("critical", "major", "minor").index(one.severity) for one in first]
    assert severities == sorted(severities)
