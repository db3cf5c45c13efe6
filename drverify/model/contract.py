"""What an agreement says about backup and recovery, provision by provision, as read and as accepted.

A *provision* is what one clause says about one thing: a promise, a duty, a definition's figure, a
disclaimer. The testable ones become obligations (`judging` never sees anything else). A provision
holds at most one figure; a clause with two figures gives two provisions. No figure and no slot is ever
there without the characters of the document that say so, unless a person put it there, which is recorded
as a correction. A party is whom the clause names; a level of service said without one is the provider's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NewType

from drverify.model.agreement import Sha256, Span
from drverify.model.document import DocumentId, Format, Remark
from drverify.model.quantity import Comparator, Quantity

SCHEMA: Literal["drverify/contract/1"] = "drverify/contract/1"
ProvisionId = NewType("ProvisionId", str)

Kind = Literal[
    # recovery and backup promises (the vocabulary of the labelled corpus)
    "rpo", "rto", "backup_frequency", "retention", "offsite_copy", "encryption", "immutability",
    "restore_test", "restore_responsibility", "restore_time", "backup_monitoring", "backup_scope",
    "backup_disclaimer", "dr_plan", "dr_test", "exit_data_return", "data_deletion", "uptime",
    # around them
    "application_validation", "recovery_allowance", "failover_decision", "response_time", "severity",
    "maintenance_window", "change_control", "client_duty", "tooling", "reporting", "migration",
    "layer_responsibility", "exit_support", "data_retention", "disclaimer", "covered_system",
]  # fmt: skip
Status = Literal[
    "defined", "vague", "by_reference", "placeholder", "redacted", "disclaimed", "delegated", "conflicting",
    "needs_review",
]  # fmt: skip
"""`needs_review`: two readings fit and no rule chooses, or no known wording fits and it likely is a clause.
The reader never guesses: a person corrects or rejects it."""
Modality = Literal["must", "must_not", "should", "may", "target", "statement"]
Party = Literal["provider", "customer", "both", "third_party", "unknown"]
Review = Literal["open", "accepted", "corrected", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a provision and the characters that state it."""

    quantity: Quantity
    comparator: Comparator
    clock: str = "elapsed"
    """`elapsed`, or the id of a calendar (`business` when the text says business time and names none)."""
    span: Span
    """Where the figure stands in the document's text; always inside the provision's quote, or, for a
    table, inside the cell of the header that gives the unit and the cell of the number together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One further answer that the clause gives, such as `stop: application_validated`.

    Which slots and values exist for which kind is the table `SLOTS` of `drverify.model.slots`.
    """

    name: str
    value: str
    span: Span | None = None
    """The characters that say so; None only when a person added it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a provision covers: the agreement's own words, and the workloads that a person mapped them to."""

    text: str = ""
    systems: tuple[str, ...] = ()
    """Names of workloads as in the inventory; empty until they are mapped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a provision stands."""

    document: DocumentId
    section: str
    """Number of the nearest numbered clause ("5.1"), or empty."""
    heading: str
    """Text of the nearest heading, or empty."""
    span: Span
    quote: str
    """Exactly the characters of the span."""
    page: int | None = None
    locator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One field that a person changed, with what was read before."""

    field: str
    """`figure`, `comparator`, `kind`, `status`, `party`, `scope.systems`, `slot.stop`, ..."""
    read: str
    accepted: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """What one clause says about one thing."""

    id: ProvisionId
    kind: Kind
    status: Status
    modality: Modality = "statement"
    figure: Figure | None = None
    party: Party = "unknown"
    scope: Scope = field(default_factory=Scope)
    slots: tuple[Slot, ...] = ()
    conditions: tuple[str, ...] = ()
    """Verbatim words that restrict it ("excluding maintenance windows")."""
    why: str = ""
    """For every status but `defined`: the reason, with the words that cause it."""
    rules: tuple[str, ...] = ()
    """Ids of the vagueness rules that apply (V-02, ...)."""
    citation: Citation
    origin: str = "reader"
    """`reader`, `person`, or `plugin:NAME` for an optional proposer."""
    review: Review = "open"
    corrections: tuple[Correction, ...] = ()
    remark: str = ""

    def values(self, slot: str) -> tuple[str, ...]:
        """The values of a slot, in the text's order."""
        return tuple(one.value for one in self.slots if one.name == slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One document of an agreement."""

    id: DocumentId
    name: str
    """File name; the file lies beside the register."""
    sha256: str = ""
    """Digest of the bytes; empty for a document that is named and was not supplied."""
    text_sha256: str = ""
    """Digest of the canonical text in UTF-8."""
    format: Format | None = None
    language: str = ""
    pages: int | None = None
    precedence: int = 1
    """1 prevails over 2, and so on."""
    supplied: bool = True
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who signed."""

    provider: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Business time: weekdays and hours in a time zone, without holidays."""

    id: str
    timezone: str
    """IANA name."""
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    start: str = "09:00"
    end: str = "17:00"
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system the agreement names, and the workload it is in the inventory."""

    name: str
    """As in the agreement."""
    workload: str = ""
    """As in the inventory; empty when not mapped."""
    kind: str = ""
    description: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoint:
    """Something the agreement leaves open: a finding of the rules, kept in the register."""

    rule: str
    question: str
    severity: Literal["critical", "major", "minor"]
    status: Literal["absent", "undetermined", "vague", "inconsistent"]
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What read the documents."""

    version: str
    """drverify's version."""
    grammar: str = ""
    """Digest over the reader's tables (cues, units, slots)."""
    rules: str = ""
    """Digest over the rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who accepted the register, when, and the digest over everything that was accepted."""

    by: str
    at: datetime
    content: Sha256
    """Digest of the contract's one byte form without the acceptance itself."""
    provisions: tuple[tuple[str, str], ...]
    """Each provision's id and the digest of its one byte form, so that an edited one can be named."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The register of one agreement: proposal while `accepted` is None, lock afterwards."""

    schema: Literal["drverify/contract/1"] = SCHEMA
    id: str
    title: str = ""
    parties: Parties = field(default_factory=Parties)
    effective: date | None = None
    timezone: str = ""
    look_back: str = ""
    """Id of the `reporting` provision whose figure is the reporting period, set by the person who accepts."""
    documents: tuple[Source, ...]
    calendars: tuple[Calendar, ...] = ()
    systems: tuple[System, ...] = ()
    provisions: tuple[Provision, ...]
    open_points: tuple[OpenPoint, ...] = ()
    reader: Reader
    accepted: Acceptance | None = None
