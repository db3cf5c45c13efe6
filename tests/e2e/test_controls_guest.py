"""Negative controls of a machine: a real guest that cannot start turns the drill red, by itself."""

from pathlib import Path

import pytest

from drverify.adapters.storage.controls import controls
from tests.support.estates import drverify

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.soak,
    pytest.mark.timeout(900),
]


def test_a_machine_that_cannot_start_is_caught(config: Path, state: Path) -> None:
    for _ in range(3):  # on a loaded machine a guest may take longer than its limit
        ran = drverify(config, "drill", "run", "tiny", "--json")
        assert ran.json()["record"]["faults"] == [], ran.err
        if not ran.json()["record"]["gaveUp"]:
            break
    for kind in ("truncated", "no-boot-code", "flipped-bit", "stale"):
        tried = drverify(config, "control", "run", "tiny", "--kind", kind)
        assert tried.code == 0, f"{kind}: {tried.out}{tried.err}"
    found = {one.kind: one for one in controls(state)}
    assert {one.outcome for one in found.values()} == {"caught"}
    assert dict(found["truncated"].damage.facts).keys() == {"size", "kept"}  # type: ignore[union-attr]
