"""What a restic can do follows from its version."""

import pytest

from drverify.adapters.restic.abilities import parse_version
from drverify.errors import HostError


def test_abilities_follow_the_version() -> None:
    old = parse_version("restic 0.14.0 compiled with go1.19.8 on linux/amd64\n")
    assert (old.sparse_restore, old.exit_codes, old.text) == (False, False, "0.14.0")
    assert parse_version("restic 0.15.2 (v0.15.2-0-g1) compiled").sparse_restore
    assert not parse_version("restic 0.16.4 compiled").exit_codes
    assert parse_version("restic 0.17.0-dev (compiled manually)").exit_codes
    assert parse_version("restic 1.0.0").exit_codes


@pytest.mark.parametrize("said", ["restic 0.13.1 compiled", "borg 1.2.3", ""])
def test_what_is_too_old_or_no_restic_is_refused(said: str) -> None:
    with pytest.raises(HostError):
        parse_version(said)
