"""The sample agreements' locks are what reading and deciding gives, and drills take them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_inventory
from drverify.agreements.locks import load_lock
from drverify.planning.obligations import untestable
from lab import contracts

AT = datetime(2026, 11, 23, tzinfo=UTC)
SAMPLES = contracts.samples()


@pytest.mark.parametrize("agreement", SAMPLES, ids=lambda path: path.stem)
def test_the_lock_is_current(agreement: Path) -> None:
    assert contracts.current(agreement), "run `python -m lab.contracts`"


@pytest.mark.parametrize("agreement", SAMPLES, ids=lambda path: path.stem)
def test_a_drill_takes_it(agreement: Path) -> None:
    agreed = load_lock(contracts.lock_of(agreement))
    assert agreed.register(AT).obligations
    for one in untestable(agreed.contract, at=AT):
        decided = next(made for made in agreed.contract.provisions if made.id == one.provision)
        assert decided.review != "open"


def test_the_labs_agreement_covers_its_workloads(checkout: Path) -> None:
    agreed = load_lock(checkout / "contracts" / "acme-managed-hosting.lock.yaml")
    covered = {name for one in agreed.register(AT).obligations for name in one.scope}
    inventory = load_inventory(checkout / "contracts" / "inventory.example.yaml")
    assert {one.name for one in inventory} == covered
