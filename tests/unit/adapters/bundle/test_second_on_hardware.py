"""The second verifier: what a drill on other hardware cannot have broken."""

import pytest

from tests.support.second import _PROGRAM

POINT = {"id": "1"}


def asked(kind: str, *, achieved: int | None = None, point=POINT, defects=()) -> None:
    drill = object.__new__(_PROGRAM.Drill)
    drill.record = {"selection": {"point": point}, "defects": list(defects)}
    drill._elsewhere(kind, {"id": "4.1", "achievedMs": achieved})


@pytest.mark.parametrize("kind", ["rto", "rpo", "restore-test-frequency", "application-validation"])
def test_a_system_that_stayed_away_is_not_missed(kind: str) -> None:
    with pytest.raises(_PROGRAM.Refused, match="MISSED by a drill on other hardware"):
        asked(kind)
    asked(kind, defects=({"what": "damaged"},))
    asked(kind, point=None)


def test_a_time_that_was_too_long_is_not_missed_and_a_loss_of_data_is() -> None:
    with pytest.raises(_PROGRAM.Refused):
        asked("rto", achieved=9)
    asked("rpo", achieved=9)
    asked("restore-test-frequency", achieved=9)
    asked("backup-frequency", achieved=9)
    asked("retention")
