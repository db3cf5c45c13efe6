"""Two processes that make the engine's tables at once: whom the server ends tries again."""

from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from psycopg import errors
from sqlalchemy.exc import OperationalError

from drverify.adapters.durable import stores
from drverify.adapters.durable.stores import FileStore
from drverify.errors import HostError


class Refusing:
    """The engine's own making of tables, which is refused some times first."""

    def __init__(self, why: Exception, times: int) -> None:
        self._why, self._times, self._real = why, times, DBOS.migrate
        self.asked = 0

    def __call__(self, *args: Any, **named: Any) -> None:
        self.asked += 1
        if self.asked <= self._times:
            raise OperationalError("CREATE INDEX", {}, self._why)
        self._real(*args, **named)


def made(monkeypatch: pytest.MonkeyPatch, why: Exception, times: int) -> Refusing:
    refusing = Refusing(why, times)
    monkeypatch.setattr(DBOS, "migrate", refusing)
    monkeypatch.setattr(stores, "PAUSE_S", 0)
    return refusing


@pytest.mark.parametrize(
    "why", [errors.DeadlockDetected("deadlock detected"), errors.SerializationFailure("x")]
)
def test_who_was_in_anothers_way_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    refusing = made(monkeypatch, why, stores.TRIES - 1)
    store = FileStore(tmp_path / "engine.sqlite")
    store.prepare()
    assert refusing.asked == stores.TRIES
    assert store.identity() is not None


@pytest.mark.parametrize(
    ("why", "asked"),
    [
        (errors.DeadlockDetected("deadlock detected"), stores.TRIES),
        (errors.InsufficientPrivilege("denied"), 1),
    ],
)
def test_what_stays_or_will_not_pass_by_itself_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: Exception, asked: int
) -> None:
    refusing = made(monkeypatch, why, 100)
    with pytest.raises(HostError, match=f"cannot make the durable engine's tables .*: {why}"):
        FileStore(tmp_path / "engine.sqlite").prepare()
    assert refusing.asked == asked
