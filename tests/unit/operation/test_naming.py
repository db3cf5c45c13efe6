"""Names of files for agreements and bookings that may be called anything."""

from pathlib import Path

import pytest

from drverify.operation.naming import plan_file, slug


@pytest.mark.parametrize("name", ["acme/hosting", "../../etc/passwd", "..", "", "ä" * 300, "a" * 300])
def test_any_name_is_one_plain_file(name: str) -> None:
    state = Path("/state")
    assert plan_file(state, name).parent == state / "plans"
    assert plan_file(state, name).resolve().parent == state / "plans"
    assert len(slug(name)) <= 100


def test_no_two_names_have_one_file() -> None:
    names = ["a/b", "a-b", "a b", "a", "A", ""]
    assert len({slug(one) for one in names}) == len(names)
    assert slug("acme").startswith("acme-")
