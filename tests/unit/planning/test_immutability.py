"""Which accepted clauses promise that backups cannot be deleted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.agreements.locks import load_lock
from drverify.model.contract import Contract, Scope
from drverify.planning.immutability import promised_locks

AT = datetime(2026, 11, 1, tzinfo=UTC)
LOCK = Path(__file__).parents[3] / "contracts" / "northwind-proxmox-cloud.lock.yaml"


def test_a_clause_counts_for_the_workloads_that_it_is_mapped_to_and_when_it_was_accepted() -> None:
    contract = load_lock(LOCK).contract
    assert promised_locks(contract, "shop", AT) == ()
    (found,) = promised_locks(_mapped(contract), "shop", AT)
    assert (found.clause, found.least, found.open) == ("4.3", timedelta(days=14), "")
    assert promised_locks(_mapped(contract, review="rejected"), "shop", AT) == ()
    assert promised_locks(_mapped(contract, status="vague"), "shop", AT) == ()


def _mapped(contract: Contract, **changes: str) -> Contract:
    provisions = tuple(
        replace(one, scope=Scope(systems=("shop",)), **changes) if one.kind == "immutability" else one  # type: ignore[arg-type]
        for one in contract.provisions
    )
    return replace(contract, provisions=provisions)
