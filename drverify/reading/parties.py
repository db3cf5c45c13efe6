"""Who is who, and who owes what a sentence says: aliases, the subject, the agent, the column."""
# ruff: noqa: RUF001 - the characters that agreements use

import re
from collections import Counter
from dataclasses import dataclass, field

from drverify.model.contract import Kind, Parties, Party
from drverify.model.document import Text
from drverify.reading.cue import Segment
from drverify.reading.tables.sides import (
    ALIAS,
    BETWEEN,
    BOTH_WORDS,
    BY,
    CORPORATE,
    CUSTOMER_WORDS,
    DUTIES,
    DUTY_OF,
    GIVEN_BY,
    GIVEN_TO,
    GIVES,
    LABELLED,
    LONGEST_ALIAS,
    LONGEST_NAME,
    MARKED,
    MEANT,
    NO_SUBJECT,
    NOT_PARTIES,
    OFTEN,
    OFTEN_YOURS,
    OPENING,
    OWES,
    PREAMBLE,
    PROVIDER_WORDS,
    SERVICE_LEVELS,
    SUBJECT_WORD,
    TAKES,
    TITLED,
    VERB_AFTER,
    WHO_HEAD,
    YOURS,
)

_BLANKS = re.compile(r"\s+")
_EMPHASIS = re.compile(r"[*_]{1,3}")
_JOINED = re.compile(r"\s+and\s+(?:the\s+)?")
_OWN_DUTY = re.compile(
    r"^(?:[’']s)?\s+(?:sole\s+|own\s+)?(?:responsibility|duty|obligation)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r",\s+(?!(?:Inc|LLC|L\.L\.C|Ltd|Limited|Corp|N\.A|S\.A|L\.P|LP|plc|GmbH|AG)\b)")


@dataclass(frozen=True, slots=True)
class Roles:
    """How the parties are called in one document."""

    provider: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    names: Parties = field(default_factory=Parties)
    is_contract: bool = False
    """Whether a preamble names parties; otherwise it is one side's own document."""
    mention: re.Pattern[str] = re.compile("(?!)")
    """Any party: groups `provider`, `customer`, `both`."""

    def party(self, match: re.Match[str]) -> Party:
        """Which party a match of `mention` is."""
        if match["both"]:
            return "both"
        return "provider" if match["provider"] else "customer"


def roles(text: Text, given: Parties | None = None) -> Roles:
    """The parties of a document. What the caller gives comes first; generic words always count."""
    content = text.content
    found = _defined(content)
    provider, customer = _generic(found)
    acting = _acting(content)
    named = [
        one
        for one in found
        if one not in {*provider, *customer} and (one in acting or CORPORATE.search(found[one]))
    ]
    named += [one for one in acting if one not in found and not _is_generic(one)]
    if named:
        generic = {
            word.lower()
            for word, count in Counter(TITLED.findall(content[:200_000])).items()
            if count >= OFTEN
        }
        provider, customer = _scored(content, named, provider, customer, generic)
    names = _names(found, provider, customer, given)
    for one, side in ((names.provider, provider), (names.customer, customer)):
        if one and one not in side:
            side.append(one)
    is_contract = (
        any(CORPORATE.search(name) for name in found.values())
        and BETWEEN.search(content[:OPENING]) is not None
    )
    for one in acting:
        for full, side in ((names.provider, provider), (names.customer, customer)):
            if one not in {*provider, *customer} and full.lower().startswith(one.lower()):
                side.append(one)
    is_contract = is_contract or bool(provider and customer)
    if not customer and len(YOURS.findall(content[:120_000])) >= OFTEN_YOURS:
        is_contract = False
    return Roles(
        provider=tuple(provider), customer=tuple(customer), names=names,
        is_contract=is_contract, mention=_mention(provider, customer),
    )  # fmt: skip


def _acting(content: str) -> list[str]:
    """Names that often shall or will do something, the most frequent first."""
    counts = Counter(match[1] for match in SUBJECT_WORD.finditer(content[:200_000]))
    return [
        name
        for name, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        if count >= OFTEN
        and name.lower() not in NO_SUBJECT
        and not NOT_PARTIES.search(name)
        and name.split()[0].lower() not in NO_SUBJECT
    ][:6]


def _is_generic(name: str) -> bool:
    return re.fullmatch(f"(?:{PROVIDER_WORDS})|(?:{CUSTOMER_WORDS})", name, re.IGNORECASE) is not None


def _defined(content: str) -> dict[str, str]:
    """Alias -> full name, from the first pages, in order."""
    head = _EMPHASIS.sub(" ", content[:PREAMBLE])
    found: dict[str, str] = {}
    for match in ALIAS.finditer(head):
        for alias in (match["first"], match["second"]):
            _define(found, alias or "", match["name"])
    for match in (*LABELLED.finditer(head), *MEANT.finditer(head)):
        _define(found, match["role"], match["name"])
    return found


def _define(found: dict[str, str], alias: str, name: str) -> None:
    alias = _BLANKS.sub(" ", alias).strip(" ,.’'")
    if not 1 < len(alias) <= LONGEST_ALIAS or NOT_PARTIES.search(alias) or alias in found:
        return
    name = re.split(r"\b(?:[Bb]etween|among|with|and)\s+(?=[A-Z])", _BLANKS.sub(" ", name).strip(" ,"))[-1]
    found[alias] = _ADDRESS.split(name)[0].strip(" ,")


def _generic(found: dict[str, str]) -> tuple[list[str], list[str]]:
    provider = [one for one in found if re.fullmatch(PROVIDER_WORDS, one, re.IGNORECASE)]
    customer = [one for one in found if re.fullmatch(CUSTOMER_WORDS, one, re.IGNORECASE)]
    return provider, customer


def _scored(
    content: str, named: list[str], provider: list[str], customer: list[str], generic: set[str]
) -> tuple[list[str], list[str]]:
    """Names that say nothing by themselves get the side that they act on."""
    sample = content[:120_000]
    score: Counter[str] = Counter()
    for alias in named:
        word = re.escape(alias)
        score[alias] = (
            len(re.findall(rf"\b{word}{GIVES}", sample))
            + 2 * len(re.findall(rf"{GIVEN_BY}{word}\b", sample))
            - 2 * len(re.findall(rf"\b{word}(?:{TAKES})", sample))
            - len(re.findall(rf"{GIVEN_TO}{word}\b", sample))
        )
    provider, customer = list(provider), list(customer)
    ranked = sorted(named, key=lambda alias: (-score[alias], named.index(alias)))
    has_customer = bool(customer) or any(re.fullmatch(CUSTOMER_WORDS, one) for one in generic)
    if not provider and (has_customer or len(ranked) > 1) and score[ranked[0]] > 0:
        provider.append(ranked[0])
    rest = [alias for alias in ranked if alias not in provider]
    if rest and (score[rest[-1]] < 0 or (not has_customer and score[rest[-1]] < max(1, score[ranked[0]]))):
        customer.append(rest[-1])
    return provider, customer


def _names(found: dict[str, str], provider: list[str], customer: list[str], given: Parties | None) -> Parties:
    given = given or Parties()
    return Parties(
        provider=given.provider or _name(found, provider), customer=given.customer or _name(found, customer)
    )


def _name(found: dict[str, str], aliases: list[str]) -> str:
    for alias in aliases:
        name = found.get(alias, "")
        if name and len(name) <= LONGEST_NAME and CORPORATE.search(name):
            return name
    return next((alias for alias in aliases if not _is_generic(alias)), "")


def _mention(provider: list[str], customer: list[str]) -> re.Pattern[str]:
    def group(name: str, words: str, aliases: list[str]) -> str:
        exact = "|".join(re.escape(one) for one in sorted(aliases, key=len, reverse=True))
        return f"(?P<{name}>{exact + '|' if exact else ''}(?i:{words}))"

    sides = (
        f"(?P<both>(?i:{BOTH_WORDS}))",
        group("provider", PROVIDER_WORDS, provider),
        group("customer", CUSTOMER_WORDS, customer),
    )
    return re.compile(rf"\b(?:{'|'.join(sides)})\b(?!-)(?:[’']s\b)?")


class Speaker:
    """Who owes what is said, remembering who was last said to owe something in the same section."""

    def __init__(self, known: Roles) -> None:
        self._known = known
        self._place: tuple[str, ...] = ()
        self._last: Party | None = None

    def hear(self, segment: Segment) -> None:
        """Remember the subject of a segment for those after it under the same heading."""
        if segment.headings != self._place:
            self._place, self._last = segment.headings, None
        if OWES.search(segment.text):
            said = _subject(segment.text, len(segment.text), self._known)
            self._last = said or self._last

    def owed_by(self, segment: Segment, text: str, at: int, kind: Kind | None = None) -> Party:
        """The party that owes what the segment says at position `at` of its text.

        In order: the marked column of a responsibility table, the subject or agent of the sentence, the
        list's stem, the headings, who owed something in the section before; of a level of the service, and
        in a document of one side's own, the provider. Else unknown.
        """
        column = _by_column(segment, self._known)
        if column is not None:
            return column
        own = _subject(text, at, self._known)
        if own is not None:
            return own
        for above in (segment.stem, *reversed(segment.headings[-2:])):
            stem = _subject(above, len(above), self._known) or _responsible(above, self._known)
            if stem is not None:
                return stem
        if self._known.is_contract and segment.headings == self._place and self._last is not None:
            return self._last
        return "provider" if kind in SERVICE_LEVELS or not self._known.is_contract else "unknown"


def _responsible(heading: str, known: Roles) -> Party | None:
    """The party of a heading such as "Customer Responsibilities"."""
    match = known.mention.search(heading)
    if match is None or not DUTIES.search(heading):
        return None
    return known.party(match)


def _subject(text: str, at: int, known: Roles) -> Party | None:
    first: Party | None = None
    before: Party | None = None
    agent: Party | None = None
    for match in known.mention.finditer(text):
        left, right = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 130]
        joined = _JOINED.match(right)
        other = known.mention.match(right, joined.end()) if joined is not None else None
        if (
            other is not None
            and known.party(other) != known.party(match)
            and VERB_AFTER.match(right[other.end() :])
        ):
            return "both"
        possessive = match.group().endswith(("'s", "’s", "'", "’")) or right.startswith(("'s", "’s"))
        if possessive and _OWN_DUTY.match(right):
            return known.party(match)
        if DUTY_OF.search(left) or (BY.search(left) and not possessive):
            agent = agent or known.party(match)
            continue
        if (
            not possessive
            and match.group().lower() not in {"your", "our", "votre"}
            and VERB_AFTER.match(right)
        ):
            if match.start() <= max(at, 1):
                before = known.party(match)
            first = first or known.party(match)
    return before or first or agent


def _by_column(segment: Segment, known: Roles) -> Party | None:
    """The party of a responsibility table: named by the head of a marked cell, or by the cell itself."""
    marked: list[Party] = []
    does: list[Party] = []
    offset = segment.span.start
    for at, cell in enumerate(segment.block.cells):
        if at >= len(segment.header) or segment.block.kind != "row":
            break
        words = segment.text[cell.start - offset : cell.end - offset]
        if WHO_HEAD.search(segment.header[at]) and (named := known.mention.search(words)):
            return known.party(named)
        head = known.mention.search(segment.header[at])
        mark = MARKED.match(words) if head is not None else None
        if head is not None and mark is not None:
            marked.append(known.party(head))
            if mark["does"]:
                does.append(known.party(head))
    found = does or marked
    if not found:
        return None
    return found[0] if len(set(found)) == 1 else "both"
