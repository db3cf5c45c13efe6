"""Short forms in which the tables around the core are written; blanks spread to any white space."""

from collections.abc import Iterator

from drverify.model.contract import Kind
from drverify.reading.cue import KindCue, SlotCue
from drverify.reading.tables.around_words import CUSTOMER, EITHER, PROVIDER, blanks

TIME = r"(?:[\w-]+ )?\(?\d*\)? ?(?:business |working |calendar )?(?:minutes?|hours?|days?|weeks?|months?)"
WITHIN = rf"(within {TIME}|(?:no|not) (?:later|more) than {TIME}|{TIME} (?:in advance|before|prior))"
EVERY_TIME = (
    r"(every (?:\w+ )?\(?\d*\)? ?(?:minutes?|hours?|days?)|hourly|daily|each (?:hour|day)|"
    r"at intervals of [^.;,]{3,30})"
)


def spread(kind: Kind, *cues: dict[str, tuple[str, ...] | str | int]) -> Iterator[KindCue]:
    """Cues of one kind, their blanks spread to any white space."""
    for one in cues:
        fields = {
            key: tuple(blanks(part) for part in value)
            if isinstance(value, tuple) and key != "blocks"
            else value
            for key, value in one.items()
        }
        yield KindCue(kind=kind, **fields)  # type: ignore[arg-type]  # keys of KindCue


def yes(kind: Kind, slot: str, words: str, *, inherited: bool = False) -> SlotCue:
    """The slot is filled with `yes`."""
    return SlotCue(kinds=(kind,), slot=slot, pattern=blanks(words), value="yes", inherited=inherited)


def one(kind: Kind, slot: str, value: str, words: str) -> SlotCue:
    """The words stand for one value of the slot."""
    return SlotCue(kinds=(kind,), slot=slot, pattern=blanks(words), value=value)


def own(kind: Kind, slot: str, words: str) -> SlotCue:
    """The agreement's own words: group 1."""
    return SlotCue(kinds=(kind,), slot=slot, pattern=blanks(words))


def who(kind: Kind, slot: str, verbs: str) -> Iterator[SlotCue]:
    """Who does it, from the words right before the verb or behind `by`."""
    for value, words in (("provider", PROVIDER), ("customer", CUSTOMER), ("both", EITHER)):
        # nobody else between the party and the verb
        between = rf"(?:(?!{PROVIDER}|{CUSTOMER})[^.;]){{0,50}}?"
        yield one(
            kind,
            slot,
            value,
            rf"{words}{between}\b(?:{verbs})|\b(?:{verbs})[^.;]{{0,30}}\bby (?:the )?{words}",
        )
