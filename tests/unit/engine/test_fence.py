"""Who may conclude a drill is asked once, when everything was taken back and nothing was signed."""

from dataclasses import replace
from pathlib import Path

import pytest

from drverify.engine.drills.drill import run_drill
from drverify.errors import HostError, SupersededError
from drverify.model.drill import PhaseName
from tests.unit.engine.drills.test_journal import RUNNER, Bench


class Asked:
    """A fence that says what it was told to, and notes what was there when it was asked."""

    def __init__(self, bench: Bench, answer: bool | Exception) -> None:
        self._bench, self._answer = bench, answer
        self.seen: list[tuple[list[str], str]] = []

    async def __call__(self) -> bool:
        signed = [path.name for path in self._bench.root.rglob("evidence.dsse.json")]
        over = (PhaseName.TEARDOWN, "ended") in self._bench.stage.progress.phases
        self.seen.append((signed, "the teardown is over" if over else "something is left"))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def test_who_may_conclude_signs_and_is_asked_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    fence = Asked(bench, answer=True)
    ports = replace(bench.stage.ports(), store=bench.store, log=bench.log, fence=fence)
    done = await run_drill(bench.order(bench.stage.plan()), ports, RUNNER)
    assert fence.seen == [([], "the teardown is over")]
    assert done.evidence.is_file()
    assert done.record.cleaned_up


@pytest.mark.parametrize(
    ("answer", "error"), [(False, SupersededError), (HostError("the desk is away"), HostError)]
)
async def test_who_may_not_or_cannot_tell_signs_nothing(
    tmp_path: Path, answer: bool | Exception, error: type[Exception]
) -> None:
    bench = Bench(tmp_path)
    fence = Asked(bench, answer)
    ports = replace(bench.stage.ports(), store=bench.store, log=bench.log, fence=fence)
    with pytest.raises(error):
        await run_drill(bench.order(bench.stage.plan()), ports, RUNNER)
    assert list(tmp_path.rglob("evidence.dsse.json")) == []
    assert fence.seen == [([], "the teardown is over")]
