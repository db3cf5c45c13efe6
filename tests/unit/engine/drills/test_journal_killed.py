"""Killed at every write of a drill that is logged: nothing is lost, nothing is doubled, what is sealed holds."""

from collections import Counter
from pathlib import Path

import pytest

from drverify.adapters.storage import drills, evidence_log, log
from drverify.adapters.storage.drills import EVIDENCE
from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.log_check import check_whole
from drverify.engine.drills.journal import RESULT_PROOF
from drverify.sealing.contradictions.challenged import FORESEEABLE
from drverify.sealing.verification import verify
from tests.unit.engine.drills.test_journal import TRUST, Bench, Mute, files_of, load_from


def holds(data: bytes, directory: Path) -> bool:
    """Whether it holds, with nothing to note but that no authority was asked."""
    notes = verify(data, load_from(directory), TRUST, files_of(directory)).notes
    return all(note.endswith(FORESEEABLE) for note in notes)


class Killed(BaseException):
    """Nothing of ours handles it."""


class Killing:
    """Lets the process die before or after its nth write."""

    def __init__(self, at: int, *, done: bool) -> None:
        self.at, self.done, self.writes = at, done, 0

    def __call__(self, path: Path, content: bytes, *, mode: int = 0o600) -> None:
        self.writes += 1
        if self.writes == self.at and not self.done:
            raise Killed
        write_durably(path, content, mode=mode)
        if self.writes == self.at:
            raise Killed


def writing(monkeypatch: pytest.MonkeyPatch, writes: Killing) -> None:
    for module in (drills, evidence_log, log):
        monkeypatch.setattr(module, "write_durably", writes)


async def count(root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    writes = Killing(0, done=False)
    with monkeypatch.context() as patch:
        writing(patch, writes)
        await Bench(root).drill()
    return writes.writes


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
async def test_killed_at_any_write_a_drill_is_logged_once_or_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()
    writes = await count(tmp_path / "whole", monkeypatch)
    for at in range(1, writes + 1):
        bench = Bench(tmp_path / f"{at}")
        with monkeypatch.context() as patch:
            writing(patch, Killing(at, done=done))
            with pytest.raises(Killed):
                await bench.drill()
        for _ in range(2):  # the next drill mends, and the one after it
            bench.log.mend(bench.store.path)
            check_whole(bench.log.tiles)
        seen[tuple(bench.states())] += 1
        for directory in bench.store.path.glob("*"):
            if (directory / EVIDENCE).exists():
                assert (directory / RESULT_PROOF).exists(), at
                data = (directory / EVIDENCE).read_bytes()
                assert holds(data, directory)
                assert bench.states()[-1] == ("restore-drill", "finished")
        await bench.drill()
        check_whole(bench.log.tiles)
        assert bench.states()[-2:] == [("drill-started", "finished"), ("restore-drill", "finished")]
    finished = (("drill-started", "finished"), ("restore-drill", "finished"))
    assert set(seen) == {(), (("drill-started", "open"),), finished}


async def test_killed_at_any_write_of_mending_it_is_mended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = 0
    for done in (False, True):
        for at in range(1, 7):
            bench = Bench(tmp_path / f"{at}{done}")
            directory = await bench.unlogged(Mute(bench.log.path))
            with monkeypatch.context() as patch:
                writing(patch, Killing(at, done=done))
                try:
                    bench.log.mend(bench.store.path)
                except Killed:
                    died += 1
            bench.log.mend(bench.store.path)
            assert bench.states() == [("drill-started", "finished"), ("restore-drill", "finished")]
            data = (directory / EVIDENCE).read_bytes()
            assert holds(data, directory)
    assert died == 8  # bundle, tile, checkpoint, proof
