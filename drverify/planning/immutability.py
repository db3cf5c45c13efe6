"""Which accepted clauses say that backups of a workload cannot be deleted, and for how long. Pure."""

from datetime import datetime

from drverify.model.contract import Contract, Provision
from drverify.model.immutability import PromisedLock
from drverify.planning.obligations import clause_numbers, least_time


def promised_locks(contract: Contract, workload: str, at: datetime) -> tuple[PromisedLock, ...]:
    """Those that a person accepted, that bind a party, and that are mapped to the workload, as of `at`."""
    numbers = clause_numbers(contract)
    found = []
    for one in contract.provisions:
        if not _promises(one) or workload not in one.scope.systems:
            continue
        time = least_time(one, contract, at) if one.figure is not None else None
        found.append(
            PromisedLock(
                provision=one.id,
                clause=numbers[one.id],
                least=None if isinstance(time, str) else time,
                open=time if isinstance(time, str) else "",
            )
        )
    return tuple(found)


def _promises(one: Provision) -> bool:
    says = one.kind == "immutability" or (one.kind == "retention" and "yes" in one.values("immutable"))
    bound = one.party in {"provider", "customer", "both"}
    return says and bound and one.status == "defined" and one.review in {"accepted", "corrected"}
