"""Answers of a guest agent that may be anybody's: read strictly, cut off, never believed."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from drverify.adapters.libvirt.agent import KEPT, AgentGuest, answer_in
from drverify.adapters.libvirt.calls import AgentRefused, NotRunning
from drverify.errors import GuestError, HostError

SECOND = timedelta(seconds=1)


class Scripted:
    """A channel whose far end says what it was told to."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, object]] = []

    async def agent(self, command: str, within: timedelta) -> str:
        self.asked.append(json.loads(command))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, str) else json.dumps({"return": answer})


def guest(*answers: object) -> AgentGuest:
    return AgentGuest(Scripted(*answers))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw", ["", "nul", "[]", '{"error": {}}', '"return"', "[" * 100_000, '{"return"', "9" * 10]
)
def test_an_answer_of_another_form_is_refused(raw: str):
    with pytest.raises(GuestError):
        answer_in(raw)


async def test_a_command_is_handed_over_as_arguments_and_its_result_read():
    said = {"exited": True, "exitcode": 3, "out-data": base64.b64encode(b"out").decode()}
    channel = Scripted({"pid": 7}, {"exited": False}, said)
    done = await AgentGuest(channel).run(["/bin/echo", "a b", "$(c)"], within=5 * SECOND)  # type: ignore[arg-type]
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"out", b"")
    assert channel.asked[0]["arguments"] == {
        "path": "/bin/echo", "arg": ["a b", "$(c)"], "capture-output": True
    }  # fmt: skip


async def test_a_signal_is_an_exit_code_above_128():
    assert (await guest({"pid": 7}, {"exited": True, "signal": 9}).run(["x"], within=SECOND)).exit_code == 137


async def test_output_is_cut_off():
    flood = base64.b64encode(b"x" * (KEPT + 1)).decode()
    done = await guest({"pid": 1}, {"exited": True, "exitcode": 0, "out-data": flood}).run(
        ["x"], within=SECOND
    )
    assert len(done.stdout) == KEPT


@pytest.mark.parametrize(
    "answers",
    [
        ({"pid": "7"},),
        ({"pid": True},),
        ([],),
        ({"pid": 7}, {"exited": True}),
        ({"pid": 7}, {"exited": True, "exitcode": 1.5}),
        ({"pid": 7}, {"exited": True, "exitcode": 0, "out-data": 5}),
        ({"pid": 7}, {"exited": True, "exitcode": 0, "out-data": "?"}),
        (NotRunning("gone"),),
        (AgentRefused("Command guest-exec has been disabled"),),
    ],
)
async def test_no_way_in_is_our_fault_not_the_commands(answers: tuple[object, ...]):
    with pytest.raises(GuestError):
        await guest(*answers).run(["x"], within=SECOND)


async def test_a_command_that_cannot_be_started_is_a_result():
    refused = AgentRefused("Failed to execute child process (No such file or directory)")
    assert (await guest(refused).run(["/none"], within=SECOND)).exit_code == 127


async def test_a_command_without_end_is_left_after_its_time():
    with pytest.raises(TimeoutError):
        await guest({"pid": 7}, {"exited": "no"}).run(["x"], within=timedelta(milliseconds=50))


async def test_the_clock():
    assert await guest(1_767_225_600_000_000_000).utc() == datetime(2026, 1, 1, tzinfo=UTC)
    for nonsense in (True, "now", 1.5, None, 10**40, -(10**40)):
        with pytest.raises(GuestError):
            await guest(nonsense).utc()


async def test_ping_is_a_question_not_an_error():
    assert await guest({}).ping()
    assert not await guest(NotRunning("no agent")).ping()
    assert not await guest("rubbish").ping()
    with pytest.raises(HostError):
        await guest(HostError("libvirt is gone")).ping()
    await asyncio.sleep(0)
