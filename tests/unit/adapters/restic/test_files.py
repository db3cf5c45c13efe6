"""Paths are no patterns."""

import pytest

from drverify.adapters.restic.files import literal


@pytest.mark.parametrize(
    ("path", "pattern"),
    [("/srv/a b", "/srv/a b"), ("/srv/[x]*?", "/srv/\\[x]\\*\\?"), ("/a\\b", "/a\\\\b")],
)
def test_a_path_means_itself(path: str, pattern: str) -> None:
    assert literal(path) == pattern
