"""Who is who, and who owes what a sentence says: aliases from the preamble, the subject, the agent, the column."""

import re
from collections import Counter
from dataclasses import dataclass

from drverify.model.contract import Parties, Party
from drverify.model.document import Text
from drverify.reading.cue import Segment

_PROVIDER_WORDS = (
    r"service\s+providers?|cloud\s+providers?|hosting\s+providers?|providers?|suppliers?|vendors?|contractors?|sub-?contractors?|servicers?|licensors?|"
    r"outsourcers?|hosts?|processors?|sub-?processors?|operators?|we|our|us|auftragnehmer\w*|anbieter\w*|dienstleister\w*|prestataires?|nous"
)
_CUSTOMER_WORDS = (
    r"customers?|clients?|subscribers?|end[-\s]users?|users?|tenants?|you|your|licensees?|buyers?|purchasers?|"
    r"(?:service\s+)?recipients?|controllers?|account\s+(?:owner|holder)s?|merchants?|auftraggeber\w*|kunden?|vous|votre"
)
_BOTH_WORDS = r"(?:each|either|both|the|receiving|disclosing)\s+part(?:y|ies)|parties"
_ALIAS = re.compile(
    r"(?P<name>[A-Z][^()\"“”;:\n]{1,160}?)\s*,?\s*\(\s*(?:the\s+)?(?:(?:collectively|together|hereinafter|hereafter|referred\s+to|individually|each|as|called|also|or|and|with\s+its\s+affiliates|the|,|a|an)\s+){0,8}"
    r"[\"“”'‘’]{1,2}\s*(?P<first>[A-Za-z][^\"“”()]{0,40}?)\s*[\"“”'’]{1,2}(?:\s*(?:,?\s*or|,|and|/)\s+(?:the\s+)?[\"“'‘]{1,2}\s*(?P<second>[A-Za-z][^\"“”()]{0,40}?)\s*[\"”'’]{1,2})?"
)
_PREAMBLE = 9_000
_OPENING = 4_000
_BETWEEN = re.compile(r"\b(?:by\s+and\s+)?(?:between|among)\b|\bparties\s+agree\b|\bWHEREAS\b", re.IGNORECASE)
_LONGEST_NAME = 90
_SUBJECT_WORD = re.compile(
    r"(?<![\w.])((?:[A-Z][\w&.’'-]{1,24})(?:\s[A-Z][\w&.-]{1,20}){0,2}|[a-z]-on)\s+(?:shall|will|\bagrees\s+to|must|undertakes\s+to)\s"
)
_NO_SUBJECT = frozenset(
    """this that these those it they he she such each any all both neither either no nothing there if when where unless
    upon in for as at the an a section article exhibit schedule appendix party parties licensee licensor services service
    provided failure notice termination payment who which what and or but not fees nothing everything one two client's
    state states court arbitrator secretary president board director affiliates affiliate data system""".split()
)
_TITLED = re.compile(r"\b(?:Customer|Client|Subscriber|Buyer|Purchaser|Licensee|Recipient|CUSTOMER|CLIENT)\b")
_OFTEN = 4
_CORPORATE = re.compile(
    r"\b(?:Inc|Incorporated|Corp|Corporation|LLC|L\.L\.C|Ltd|Limited|LLP|L\.?P|PLC|Company|Co|GmbH|AG|S\.?A|SAS|SARL|B\.?V|N\.?V|Bank|Association|Group|Holdings?|University|Trust|Institute|International)\b\.?"
)
_NOT_PARTIES = re.compile(
    r"^(?:use|licen[sc]e|servers?|network|wan|lan|code|logo|materials|shares|ingredients|specifications)$|\bagreement|effective|\bdated?\b|services?\b|term\b|exhibit|schedule|section|software|system|premises|products?\b|fees?\b|confidential|"
    r"sla\b|order|party|parties|property|data\b|territory|act\b|plan\b|sow\b|msa\b|dpa\b|deliverables|equipment|facilit|affiliates?",
    re.IGNORECASE,
)
_GIVES = (
    r"\s+(?:shall|will|\bagrees\s+to|must|is\s+to|hereby\s+agrees\s+to)\s+(?:\w+\s+){0,2}?(?:provide|perform|furnish|supply|host|maintain|make\s+available|render|operate|deliver|manage|support|monitor|"
    r"back\s?up|restore|process|use\s+(?:commercially|reasonable|best)|assign|install|develop)\b"
    r"|\s+(?:provides|performs|supplies|hosts|operates|is\s+(?:engaged\s+in\s+the\s+business|in\s+the\s+business)|has\s+developed|offers|owns\s+and\s+operates|desires\s+to\s+provide|is\s+willing\s+to\s+provide|will\s+host)\b"
)
_GIVEN_BY = r"(?:provided|performed|supplied|rendered|furnished|hosted|delivered)\s+by\s+"
_TAKES = (
    r"\s+(?:shall|will|\bagrees\s+to|must)\s+(?:\w+\s+)?(?:pay|purchase|reimburse|compensate|buy|engage|order)\b"
    r"|\s+(?:desires?|wishes)\s+to\s+(?:obtain|engage|purchase|receive|retain|procure|have|use|acquire|outsource|buy|contract)|\s+(?:has\s+requested|requires|hereby\s+(?:engages|retains|appoints))\b"
)
_GIVEN_TO = (
    r"(?:services|provide[ds]?|available|furnish(?:ed)?|supplied|deliver(?:ed)?)\s+(?:\w+\s+){0,3}?to\s+"
)


@dataclass(frozen=True, slots=True)
class Roles:
    """How the parties are called in one document."""

    provider: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    names: Parties = Parties()
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
        if one not in {*provider, *customer} and (one in acting or _CORPORATE.search(found[one]))
    ]
    named += [one for one in acting if one not in found and not _is_generic(one)]
    if named:
        generic = {
            word.lower()
            for word, count in Counter(_TITLED.findall(content[:200_000])).items()
            if count >= _OFTEN
        }
        provider, customer = _scored(content, named, provider, customer, generic)
    names = _names(found, provider, customer, given)
    for one, side in ((names.provider, provider), (names.customer, customer)):
        if one and one not in side:
            side.append(one)
    is_contract = any(_CORPORATE.search(name) for name in found.values()) and _BETWEEN.search(content[:_OPENING]) is not None
    is_contract = is_contract or bool(provider and customer)
    return Roles(
        provider=tuple(provider), customer=tuple(customer), names=names,
        is_contract=is_contract, mention=_mention(provider, customer),
    )  # fmt: skip


def _acting(content: str) -> list[str]:
    """Names that often shall or will do something, the most frequent first."""
    counts = Counter(match[1] for match in _SUBJECT_WORD.finditer(content[:200_000]))
    return [
        name
        for name, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        if count >= _OFTEN
        and name.lower() not in _NO_SUBJECT
        and not _NOT_PARTIES.search(name)
        and name.split()[0].lower() not in _NO_SUBJECT
    ][:6]


def _is_generic(name: str) -> bool:
    return re.fullmatch(f"(?:{_PROVIDER_WORDS})|(?:{_CUSTOMER_WORDS})", name, re.IGNORECASE) is not None


def _defined(content: str) -> dict[str, str]:
    """Alias -> full name, from the first pages, in order."""
    found: dict[str, str] = {}
    for match in _ALIAS.finditer(content[:_PREAMBLE]):
        name = re.sub(r"\s+", " ", match["name"]).strip(" ,")
        name = re.split(r"\b(?:between|among|with|and)\s+(?=[A-Z])", name)[-1].split(", a ")[0].strip(" ,")
        for alias in (match["first"], match["second"]):
            alias = re.sub(r"\s+", " ", alias or "").strip(" ,.’'")  # noqa: PLW2901
            if 1 < len(alias) <= 40 and not _NOT_PARTIES.search(alias) and alias not in found:
                found[alias] = name
    return found


def _generic(found: dict[str, str]) -> tuple[list[str], list[str]]:
    provider = [one for one in found if re.fullmatch(_PROVIDER_WORDS, one, re.IGNORECASE)]
    customer = [one for one in found if re.fullmatch(_CUSTOMER_WORDS, one, re.IGNORECASE)]
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
            len(re.findall(rf"\b{word}{_GIVES}", sample))
            + 2 * len(re.findall(rf"{_GIVEN_BY}{word}\b", sample))
            - 2 * len(re.findall(rf"\b{word}(?:{_TAKES})", sample))
            - len(re.findall(rf"{_GIVEN_TO}{word}\b", sample))
        )
    provider, customer = list(provider), list(customer)
    ranked = sorted(named, key=lambda alias: (-score[alias], named.index(alias)))
    has_customer = bool(customer) or any(re.fullmatch(_CUSTOMER_WORDS, one) for one in generic)
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
        if name and len(name) <= _LONGEST_NAME and _CORPORATE.search(name):
            return name
    return next((alias for alias in aliases if not _is_generic(alias)), "")


def _mention(provider: list[str], customer: list[str]) -> re.Pattern[str]:
    def group(name: str, words: str, aliases: list[str]) -> str:
        exact = "|".join(re.escape(one) for one in sorted(aliases, key=len, reverse=True))
        return f"(?P<{name}>{exact + '|' if exact else ''}(?i:{words}))"

    return re.compile(
        rf"\b(?:(?P<both>(?i:{_BOTH_WORDS}))|{group('provider', _PROVIDER_WORDS, provider)}|{group('customer', _CUSTOMER_WORDS, customer)})\b(?!-)(?:[’']s?\b)?"
    )


_VERB_AFTER = re.compile(
    r"^[’']?s?\s*(?:,[^,]{0,90},\s*)?(?:\([^)]{0,60}\)\s*)?(?:and\s+its\s+\w+\s+)?(?:(?:also|further|hereby|then|only|therefore|alone|solely|itself|each|all)\s+)?"
    r"(?:shall|will|must|should|may|might|can|cannot|is|are|has|have|\bagrees?|undertakes?|warrants?|represents?|acknowledges?|"
    r"do|does|provides?|performs?|maintains?|keeps?|stores?|takes?|makes?|creates?|runs?|retains?|restores?|offers?|uses?|"
    r"guarantees?|commits?|deletes?|backs?|recommends?|strives?|tests?|monitors?|verif(?:y|ies)|encrypts?|wird|muss|kann|"
    r"doit|peut|sera|acts|holds|remains|owns|supplies|delivers|returns|restores|assumes|ensures|assures|manages|hosts|operates|covers|includes|needs|wants|chooses|selects|sets|set)\b",
    re.IGNORECASE,
)
_BY = re.compile(r"\b(?:by|durch|par)\s+(?:the\s+|our\s+|an?\s+)?$", re.IGNORECASE)
_DUTY_OF = re.compile(r"\b(?:responsibility|obligation|duty)\s+of\s+(?:the\s+)?$", re.IGNORECASE)
_OWES = re.compile(
    r"\b(?:shall|will|must|\bagrees?\s+to|responsible\s+for|undertakes?\s+to)\s+(?:\w+\s+){0,3}?(?:provid|perform|maintain|mak(?:e|ing)|back|restor|recover|ensur|assur|host|deliver|operat|support|manag|monitor|"
    r"carry|follow|implement|establish|keep|stor|run|conduct|process|install|configur|be\s+responsible)\w*|\b(?:provides|performs|maintains|hosts|operates|ensures)\b",
    re.IGNORECASE,
)
_DUTIES = re.compile(
    r"\b(?:responsibilit\w+|obligations?|duties|tasks|services\s+provided|will|shall|must)\b", re.IGNORECASE
)
_MARKED = re.compile(
    r"^\W*(?:x|yes|r|a|ra|r/a|perform\w*|responsible|✓|✔|☑|☒|lead|primary|owner?)\W*$", re.IGNORECASE
)


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
        if _OWES.search(segment.text):
            said = _subject(segment.text, len(segment.text), self._known)
            self._last = said or self._last

    def owed_by(self, segment: Segment, text: str, at: int) -> Party:
        """The party that owes what the segment says at position `at` of its text.

        In order: the marked column of a responsibility table, the subject or agent of the sentence, the
        list's stem, the headings, who owed something in the section before; in a document of one side's own
        that side. Else unknown.
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
        return "unknown" if self._known.is_contract else "provider"


def _responsible(heading: str, known: Roles) -> Party | None:
    """ "IBM Responsibilities", "Customer Obligations"."""
    match = known.mention.search(heading)
    if match is None or not _DUTIES.search(heading):
        return None
    return known.party(match)


def _subject(text: str, at: int, known: Roles) -> Party | None:
    first: Party | None = None
    before: Party | None = None
    agent: Party | None = None
    for match in known.mention.finditer(text):
        left, right = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 130]
        possessive = match.group().endswith(("'s", "’s", "'", "’")) or right.startswith(("'s", "’s"))
        if _DUTY_OF.search(left) or (_BY.search(left) and not possessive):
            agent = agent or known.party(match)
            continue
        if (
            not possessive
            and match.group().lower() not in {"your", "our", "votre"}
            and _VERB_AFTER.match(right)
        ):
            if match.start() <= max(at, 1):
                before = known.party(match)
            first = first or known.party(match)
    return before or first or agent


def _by_column(segment: Segment, known: Roles) -> Party | None:
    """The party of a responsibility table: the header names it, the cell marks it."""
    found: list[Party] = []
    offset = segment.span.start
    for at, cell in enumerate(segment.block.cells):
        if at >= len(segment.header) or segment.block.kind != "row":
            break
        head = known.mention.search(segment.header[at])
        if head is None:
            continue
        if _MARKED.match(segment.text[cell.start - offset : cell.end - offset]):
            found.append(known.party(head))
    if not found:
        return None
    return found[0] if len(set(found)) == 1 else "both"
