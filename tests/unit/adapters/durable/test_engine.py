"""A worker whose engine's state is lost in the instant in which it starts."""

from datetime import timedelta
from pathlib import Path

import pytest
from dbos import DBOS
from psycopg import errors
from sqlalchemy.exc import ProgrammingError

from drverify.adapters.durable.engine import DbosEngine
from drverify.adapters.durable.stores import FileStore
from drverify.errors import HostError
from drverify.model.booking import WorkerId


class Failing:
    """Fails to launch so many times: the tables that were made are gone."""

    def __init__(self, times: int) -> None:
        self._times, self._real = times, DBOS.launch
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked <= self._times:
            raise ProgrammingError("SELECT", {}, errors.UndefinedTable("no relation queues"))
        self._real()


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> Failing:
    """Run a worker until it has started."""
    failing = Failing(times)
    monkeypatch.setattr(DBOS, "launch", failing)
    store = FileStore(tmp_path / "engine.sqlite")
    engine = DbosEngine(store, site="local", worker=WorkerId("local/m/1"), polling=timedelta(seconds=1))
    try:
        engine.run(lambda *_: None, lambda: True)
    finally:
        engine.close()
    return failing


def test_it_starts_on_tables_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(tmp_path, monkeypatch, 1).asked == 2


def test_what_stays_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostError, match=r"cannot start the durable engine .*: no relation queues"):
        started(tmp_path, monkeypatch, 2)
