"""A register comes back from its file, and from its one byte form, letter by letter."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from drverify.adapters.doors.contract import dump_contract, load_contract
from drverify.model.contract import Contract
from drverify.sealing import codec
from drverify.sealing.agreed import edited
from tests.support.contracts import contracts

usual = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@usual
@given(contracts())
def test_what_is_written_is_read_back(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(dump_contract(contract), encoding="utf-8", newline="")
    assert load_contract(path) == contract


@usual
@given(contracts())
def test_the_one_byte_form_is_read_back(contract: Contract) -> None:
    assert codec.decode(codec.encode(contract), Contract, what="contract") == contract


@usual
@given(contracts())
def test_an_acceptance_holds_until_something_is_edited(contract: Contract) -> None:
    if contract.accepted is None:
        with pytest.raises(ValueError, match="not accepted"):
            edited(contract)
    else:
        assert edited(contract) == ()
