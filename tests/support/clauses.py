"""Agreements of one sentence per provision, for tests of the rules' engine."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drverify.linting.lint import lint
from drverify.linting.passages import Ground, survey
from drverify.model.contract import Contract, Provision, Source, System
from drverify.model.document import DocumentId, Text
from drverify.model.quantity import Quantity
from drverify.model.rule import Finding, Rule, Rulebook, SystemFact, Want
from tests.support.proposals import MAIN, contract, provision, text_of

DIGEST: Any = "0" * 64


def clause(words: str, kind: Any, **fields: Any) -> tuple[str, str, dict[str, Any]]:
    """One sentence and what is read from it; fields as of `proposals.provision`."""
    return words, kind, fields


def agreed(
    *clauses: tuple[str, str, dict[str, Any]],
    systems: tuple[str, ...] = (),
    language: str = "en",
    remarks: tuple[Any, ...] = (),
    missing: tuple[str, ...] = (),
) -> tuple[Contract, dict[DocumentId, Text]]:
    """A contract over one document that consists of these sentences."""
    text = text_of(
        "".join(f"{words}\n" for words, _, _ in clauses) or "Nothing of interest.\n",
        language=language,
        remarks=remarks,
    )
    made = [provision(text, words, kind, **fields) for words, kind, fields in clauses if kind]
    named = tuple(System(name=one, workload=one) for one in systems)
    found = contract(text, made, systems=named)
    absent = tuple(Source(id=DocumentId(name), name=name, supplied=False) for name in missing)
    return replace(found, documents=(*found.documents, *absent)), {MAIN: text}


def second(found: Contract, texts: dict[DocumentId, Text], *clauses: Any, precedence: int = 1) -> Any:
    """The same with one more document."""
    name = DocumentId("annex")
    text = text_of("".join(f"{words}\n" for words, _, _ in clauses), name="annex.md")
    made: list[Provision] = []
    for words, kind, fields in clauses:
        one = provision(text, words, kind, **fields)
        made.append(replace(one, id=f"annex-{one.id}", citation=replace(one.citation, document=name)))  # type: ignore[arg-type]
    source = Source(id=name, name=text.name, language="en", precedence=precedence)
    whole = replace(found, documents=(*found.documents, source), provisions=(*found.provisions, *made))
    return whole, {**texts, name: text}


def rule(identifier: str = "G-X-01", **fields: Any) -> Rule:
    """A rule with texts that do not matter."""
    known: dict[str, Any] = {
        "severity": "critical", "question": "Is it?", "source": "brief", "asks": "It", "wording": "It is.", **fields,
    }  # fmt: skip
    return Rule(id=identifier, **known)


def wanted(*wants: Want, **fields: Any) -> Rule:
    """A gap rule that any of the wants answers."""
    return rule(any_of=wants, **fields)


def found_by(one: Rule, agreement: Any, *facts: SystemFact) -> list[Finding]:
    """What a single rule finds."""
    whole, texts = agreement
    return list(lint(whole, texts, Rulebook(rules=(one,), digest=DIGEST), facts))


def ground_of(agreement: Any, *facts: SystemFact) -> Ground:
    """What rules look at."""
    whole, texts = agreement
    return survey(whole, texts, facts)


def quantity(value: str, unit: Any, upper: str | None = None) -> Quantity:
    """A quantity from text."""
    return Quantity(value=Decimal(value), unit=unit, upper=Decimal(upper) if upper else None)
