"""Whatever systems say: an inventory is read or is not, and nothing that is unknown ever makes a GO."""

from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.migrating.deciding import decide
from drverify.migrating.parsing import MAX_VALUE, PARSERS, Unreadable
from drverify.migrating.questions import Answer
from drverify.migrating.reading import inventory
from drverify.model.migration import Decision
from drverify.model.system import Cause, Inventory, Part
from drverify.sealing import codec
from tests.support.migrations import answers, facts, read

TOOLS = sorted(PARSERS)
REAL = answers(sata=True)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["blockdevices", "filesystems", "name", "type", "size", "target", "addr_info", "children"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
hostile = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | json_like.map(lambda one: repr(one).encode())
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A real answer, a piece of it replaced."""
    tool = draw(st.sampled_from(sorted(REAL)))
    said = REAL[tool]
    start = draw(st.integers(0, len(said)))
    end = draw(st.integers(start, min(len(said), start + 12)))
    return tool, said[:start] + draw(st.binary(max_size=8)) + said[end:]


@given(st.sampled_from(TOOLS), hostile)
@settings(max_examples=300, deadline=None)
def test_no_answer_breaks_a_parser_and_what_comes_out_is_bounded_and_printable(
    tool: str, said: bytes
) -> None:
    with suppress(Unreadable):
        for one in PARSERS[tool](said):
            for text in (one.key, *(part for fact in one.facts for part in fact)):
                assert text.isprintable()
                assert len(text) <= MAX_VALUE


@given(damaged())
@settings(max_examples=200, deadline=None)
def test_a_damaged_answer_is_not_read_or_is_a_difference_or_says_the_same(changed: tuple[str, bytes]) -> None:
    tool, said = changed
    seen = read({**REAL, tool: said})
    assert codec.decode(codec.encode(seen), Inventory, what="inventory") == seen
    found = facts(target=seen)
    decision = decide(found).decision
    unread = any(one.not_read for one in seen.parts)
    flagged = any(one.cause is Cause.NONE for one in found.systems[0].differences)
    assert decision is (Decision.NO_GO if flagged else Decision.UNDECIDED if unread else Decision.GO)


@given(st.lists(st.sampled_from(TOOLS), unique=True), st.sampled_from([None, 1, 2, 126, 127, 128]))
@settings(max_examples=60, deadline=None)
def test_without_an_answer_there_is_no_go(missing: list[str], code: int | None) -> None:
    given_answers = {tool: Answer(tool=tool, exit_code=0, output=said) for tool, said in REAL.items()}
    gone = {tool: Answer(tool=tool, exit_code=code) for tool in missing if tool in REAL}
    seen = inventory({**given_answers, **gone})
    assert bool(gone) == any(one.not_read for one in seen.parts)
    found = facts(source=seen)
    assert (decide(found).decision is Decision.GO) == (not gone)


@given(st.sampled_from(list(Part)))
@settings(max_examples=20, deadline=None)
def test_the_same_system_differs_in_nothing(part: Part) -> None:
    seen = read(REAL)
    found = facts(source=seen, target=seen)
    assert [one for one in found.systems[0].differences if one.part is part] == []
    assert replace(found.systems[0], differences=()) == found.systems[0]
