"""How often somebody may try."""

from datetime import UTC, datetime, timedelta

import pytest

from drverify.model.booking import FailedSignIn
from drverify.web.auth_throttle import WINDOW, Throttle

NOW = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


class Kept:
    """Attempts in a list, as the desk keeps them."""

    def __init__(self) -> None:
        self.found: list[FailedSignIn] = []

    def sign_in_failed(self, name: str, place: str, at: datetime) -> None:
        self.found.append(FailedSignIn(name=name, place=place, at=at))

    def sign_ins_failed(self, name: str, place: str, since: datetime) -> list[FailedSignIn]:
        return [one for one in self.found if one.at >= since and (one.name == name or one.place == place)]

    def sign_in_passed(self, name: str, place: str, at: datetime) -> None:
        self.found = [one for one in self.found if (one.name, one.place) != (name, place)]


@pytest.fixture
def throttle() -> Throttle:
    return Throttle(Kept(), "key")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_five_failures_for_a_name_from_one_place_and_then_a_wait_that_ends(throttle: Throttle) -> None:
    for number in range(5):
        assert throttle.wait("olga", "here", at(number)) == 0
        throttle.failed("olga", "here", at(number))
    assert throttle.wait("olga", "here", at(5)) == WINDOW.total_seconds() - 5 + 1
    assert throttle.wait("olga", "there", at(5)) == 0
    assert throttle.wait("rita", "here", at(5)) == 0
    assert throttle.wait("olga", "here", NOW + WINDOW + timedelta(seconds=1)) == 0


def test_many_names_from_one_place_are_one_attacker(throttle: Throttle) -> None:
    for number in range(20):
        throttle.failed(f"name{number}", "here", at(number))
    assert throttle.wait("another", "here", at(20)) > 0
    assert throttle.wait("another", "there", at(20)) == 0


def test_many_places_for_one_name_are_one_attacker(throttle: Throttle) -> None:
    for number in range(100):
        throttle.failed("olga", f"place{number}", at(number))
    assert throttle.wait("olga", "new place", at(100)) > 0


def test_names_that_nobody_gave_are_counted_by_place_alone(throttle: Throttle) -> None:
    """At the identity provider's door: a hundred who fail there shut it for nobody else."""
    for number in range(100):
        throttle.failed("", f"place{number}", at(number))
    assert throttle.wait("", "new place", at(100)) == 0


def test_who_comes_in_is_forgiven(throttle: Throttle) -> None:
    for number in range(4):
        throttle.failed("olga", "here", at(number))
    throttle.passed("olga", "here", at(4))
    for number in range(4, 8):
        throttle.failed("olga", "here", at(number))
    assert throttle.wait("olga", "here", at(8)) == 0


def test_a_clock_that_was_set_back_makes_nobody_wait_longer(throttle: Throttle) -> None:
    for number in range(5):
        throttle.failed("olga", "here", at(number))
    assert throttle.wait("olga", "here", at(-7200)) <= WINDOW.total_seconds() + 1


def test_who_signs_in_uses_up_nobodys_attempts(throttle: Throttle) -> None:
    """A whole office comes from one address, and every attempt counts while its password is checked."""
    for number in range(200):
        assert throttle.wait(f"name{number % 30}", "office", NOW) == 0
        throttle.failed(f"name{number % 30}", "office", NOW)
        throttle.passed(f"name{number % 30}", "office", NOW)


def test_what_was_typed_as_a_name_is_not_written_down() -> None:
    """It may be a password; and without the site's key nobody can try which one it was."""
    kept = Kept()
    Throttle(kept, "key").failed("hunter2", "here", NOW)
    Throttle(kept, "another key").failed("hunter2", "here", NOW)
    first, second = (one.name for one in kept.found)
    assert first != second
    assert "hunter2" not in first + second
    assert len(first) == 64
