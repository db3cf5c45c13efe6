"""Questions that an agreement should answer, as data; and the findings that asking them gives.

A rule of the family `gap` asks for provisions (`any_of`, `all_of`) or warns of them (`against`); the
families `consistency`, `vagueness` and `document` are named checks of `drverify.linting`.
"""

from dataclasses import dataclass, field
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.model.contract import Citation, Kind, ProvisionId, Status
from drverify.model.document import DocumentId
from drverify.model.quantity import Quantity

Severity = Literal["critical", "major", "minor"]
Family = Literal["gap", "consistency", "vagueness", "document", "inventory"]
FindingStatus = Literal["absent", "undetermined", "vague", "inconsistent", "document"]
"""`absent`: looked for everywhere and not there. `undetermined`: not found, but something could not be
read or compared. `vague`: there, without what makes it testable. `inconsistent`: two statements, or a
statement and a fact, do not fit. `document`: something about a document itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotWant:
    """A slot that has to be filled, and with which of the values (none named: with anything)."""

    slot: str
    """Name of the slot; two names with `|` between them are alternatives."""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A description of provisions; what is not named does not matter.

    With `each`, the values of the slot may come from several provisions, and every one has to come.
    Without `kinds`, `says` is looked for in every passage of the documents.
    """

    kinds: tuple[Kind, ...] = ()
    status: tuple[Status, ...] = ()
    """Empty: with `figure` or `firm` defined or conflicting; else every status that says something."""
    owned: bool = False
    """Whether a party has to be named."""
    figure: bool = False
    """Whether a figure is needed."""
    firm: bool = False
    """Whether the clause has to be defined, though it needs no figure."""
    scoped: bool = False
    """Whether the clause has to name what it covers."""
    clock: bool = False
    """Whether the text has to say in which time it counts (business hours, around the clock)."""
    slots: tuple[SlotWant, ...] = ()
    each: SlotWant | None = None
    says: str = ""
    """A regular expression that the clause's words match, without regard to case; in the regular
    expressions of rules a blank stands for any white space."""
    never: str = ""
    """A regular expression that they must not match."""
    or_says: str = ""
    """A regular expression: a passage that matches it is an answer, too."""
    at_least: int = 1
    """How many such provisions are needed."""
    per_system: bool = False
    """Whether every covered system needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Where a question makes sense; any one of what is named is enough, nothing named means always."""

    mentions: str = ""
    """A regular expression that some passage matches."""
    never: str = ""
    """Passages that match this do not count as such a mention."""
    kinds: tuple[Kind, ...] = ()
    """A provision of one of these kinds, whatever its status."""
    system_kinds: tuple[str, ...] = ()
    """A covered system or one of the inventory is of one of these kinds."""
    inventory: bool = False
    """An inventory was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One question, how it is answered, and a wording that would answer it."""

    id: str
    severity: Severity
    question: str
    source: str
    """Where the question comes from: a line of the guide (`seed:N`), `brief` or `corpus`."""
    asks: str
    """What the answer has to hold, in a few words."""
    wording: str
    """A clause that would close the gap."""
    when: When = field(default_factory=When)
    any_of: tuple[Want, ...] = ()
    all_of: tuple[Want, ...] = ()
    against: tuple[Want, ...] = ()
    """All of these together are the finding, unless the rule is answered by `any_of`."""
    near: str = ""
    """A regular expression for the clause to show when nothing answers."""
    words: tuple[str, ...] = ()
    """Vagueness: regular expressions of the words that explain it."""
    family: Family = "gap"
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All rules in the order of their ids, and the digest over the files they stand in."""

    rules: tuple[Rule, ...]
    digest: Sha256

    def rule(self, identifier: str) -> Rule:
        """The rule of that id. KeyError when there is none."""
        for one in self.rules:
            if one.id == identifier:
                return one
        raise KeyError(identifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was looked through before something was said to be missing."""

    documents: tuple[DocumentId, ...] = ()
    """Those whose text was read, in order of precedence."""
    not_supplied: tuple[str, ...] = ()
    """Names of documents that the agreement relies on and that were not there."""
    segments: int = 0
    """Passages (paragraphs, items, rows) in the texts."""
    provisions: int = 0
    """Provisions that were considered: those of the kinds the rule asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that an agreement leaves open, says vaguely, or says in two ways that do not fit."""

    rule: str
    family: Family
    group: str
    severity: Severity
    status: FindingStatus
    question: str
    detail: str
    """One or two sentences: what is missing or does not fit, with the figures."""
    searched: Searched = field(default_factory=Searched)
    nearest: Citation | None = None
    """The clause that the finding is about, or that comes nearest to an answer."""
    related: tuple[Citation, ...] = ()
    """The other clauses of a contradiction."""
    provisions: tuple[ProvisionId, ...] = ()
    systems: tuple[str, ...] = ()
    """Names of systems, of the agreement or of the inventory, that it concerns."""
    wording: str = ""
    """A clause that would close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFact:
    """What is known about a system from elsewhere than the agreement. Empty or None: not known."""

    name: str
    kind: str = ""
    """As the slot `system_kind`: cluster, host, vm, storage, backup_repository, file_set, ..."""
    description: str = ""
    aliases: tuple[str, ...] = ()
    environment: str = ""
    location: str = ""
    """Site or zone where it runs."""
    backed_up: bool | None = None
    schedule: str = ""
    """How the backup job is scheduled, in its own words ("daily at 02:00")."""
    interval: Quantity | None = None
    """Time between two backups as they are really scheduled."""
    retention: Quantity | None = None
    """How long the backups are really kept."""
    copy_location: str = ""
    """Site or zone of the second copy."""
    copy_lag: Quantity | None = None
