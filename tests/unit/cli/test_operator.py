"""The operator at the terminal: there or not, answering or gone."""

import asyncio
import io
import os
import pty
import select
import sys

import pytest

from drverify.cli.operator import TerminalOperator
from tests.support.memory import Silent


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch):
    """A terminal as standard input; gives the end at which a person would sit."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r", encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


async def test_a_line_is_the_answer(terminal: int) -> None:
    told = Silent()
    operator = TerminalOperator(told)
    assert operator.present
    asking = asyncio.create_task(operator.ask("Plug it in"))
    await asyncio.sleep(0.01)
    assert told.notes[0] == "to be done by you: Plug it in"
    os.write(terminal, b"moved to rack 7\n")
    assert await asyncio.wait_for(asking, 5) == "moved to rack 7"
    again = asyncio.create_task(operator.ask("And now"))
    await asyncio.sleep(0.01)
    os.write(terminal, b"\n")
    assert await asyncio.wait_for(again, 5) == ""


async def test_what_is_typed_before_the_question_is_no_answer(terminal: int) -> None:
    """It goes into evidence as somebody's word that it was done."""
    os.write(terminal, b"\n")
    select.select([sys.stdin], [], [], 5)
    asking = asyncio.create_task(TerminalOperator(Silent()).ask("Plug it in"))
    await asyncio.sleep(0.01)
    assert not asking.done()
    os.write(terminal, b"rack 7\n")
    assert await asyncio.wait_for(asking, 5) == "rack 7"


async def test_who_goes_away_gives_no_answer(terminal: int) -> None:
    asking = asyncio.create_task(TerminalOperator(Silent()).ask("Plug it in"))
    await asyncio.sleep(0.01)
    os.write(terminal, b"\x04")  # end of input
    with pytest.raises(EOFError):
        await asyncio.wait_for(asking, 5)


def test_nobody_is_there_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert not TerminalOperator(Silent()).present
    monkeypatch.setattr(sys, "stdin", None)
    assert not TerminalOperator(Silent()).present


async def test_members_of_a_group_ask_one_after_the_other(terminal: int) -> None:
    told, turn = Silent(), asyncio.Lock()
    names = ("database", "shop")
    asking = [asyncio.create_task(TerminalOperator(told, name, turn).ask("Plug it in")) for name in names]
    await asyncio.sleep(0.01)
    assert [one for one in told.notes if "by you" in one] == ["to be done by you for database: Plug it in"]
    os.write(terminal, b"first\n")
    assert await asyncio.wait_for(asking[0], 5) == "first"
    await asyncio.sleep(0.01)
    assert "to be done by you for shop: Plug it in" in told.notes
    os.write(terminal, b"second\n")
    assert await asyncio.wait_for(asking[1], 5) == "second"
