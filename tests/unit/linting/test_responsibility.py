"""Who does which step on which layer: named, implied, claimed twice, or nobody."""

from drverify.linting.responsibility import APPLIES, Responsibility, responsibility
from drverify.model.slots import LAYERS, STEPS
from tests.support.proposals import contract, provision, text_of

TEXT = text_of("The words of a clause.")


def said(kind: str, party: str, *slots: tuple[str, str], **fields):
    return provision(
        TEXT,
        "The words",
        kind,
        party=party,
        slots=[(name, value, "The words") for name, value in slots],
        **fields,
    )


def found(*provisions) -> Responsibility:
    return responsibility(contract(TEXT, provisions))


def test_an_empty_agreement_owns_nothing_and_every_step_has_its_layers() -> None:
    result = found()
    assert len(result.cells) == len(LAYERS) * len(STEPS)
    assert {cell.state for cell in result.cells} == {"unowned", "not applicable"}
    assert set(APPLIES) == set(STEPS)
    assert result.cell("network", "application_start").state == "not applicable"
    for layer in LAYERS:
        for step in STEPS:
            cell = result.cell(layer, step)
            assert (cell.layer, cell.step) == (layer, step)


def test_running_a_layer_does_not_say_who_recovers_it() -> None:
    result = found(said("layer_responsibility", "provider", ("layer", "hypervisor"), ("task", "patching")))
    assert result.cell("hypervisor", "rebuild").state == "implied"
    assert result.cell("hypervisor", "rebuild").parties == ("provider",)
    assert result.cell("guest_os", "rebuild").state == "unowned"


def test_a_named_step_wins_over_the_layer_and_the_plan() -> None:
    result = found(
        said("layer_responsibility", "customer", ("layer", "database")),
        said("dr_plan", "provider", ("includes", "rebuild")),
        said("layer_responsibility", "third_party", ("layer", "database"), ("task", "rebuild")),
    )
    assert result.cell("database", "rebuild").parties == ("third_party",)
    assert [claim.nearness for claim in result.cell("database", "rebuild").claims] == [
        "cell",
        "step",
        "layer",
    ]
    assert result.cell("application", "rebuild").parties == ("provider",)
    assert result.cell("database", "configuration").state == "implied"


def test_two_accountable_parties_are_one_too_many() -> None:
    rebuild = ("layer", "guest_os"), ("task", "rebuild")
    split = found(
        said("layer_responsibility", "provider", *rebuild), said("layer_responsibility", "customer", *rebuild)
    )
    assert split.cell("guest_os", "rebuild").state == "twice"
    assert split.cell("guest_os", "rebuild").parties == ("provider", "customer")
    assert found(said("layer_responsibility", "both", *rebuild)).cell("guest_os", "rebuild").state == "twice"
    again = found(
        said("layer_responsibility", "provider", *rebuild), said("layer_responsibility", "provider", *rebuild)
    )
    assert again.cell("guest_os", "rebuild").state == "owned"


def test_a_restore_of_files_is_no_restore_of_a_database() -> None:
    result = found(said("restore_responsibility", "customer", ("grain", "file")))
    assert result.cell("guest_os", "data_recovery").parties == ("customer",)
    assert result.cell("database", "data_recovery").state == "unowned"
    whole = found(said("restore_responsibility", "customer"))
    assert whole.cell("database", "data_recovery").parties == ("customer",)


def test_validation_of_the_application_is_that_of_the_application_only() -> None:
    result = found(said("application_validation", "customer"))
    assert result.cell("application", "validation").parties == ("customer",)
    assert result.cell("network", "validation").state == "unowned"


def test_nobody_named_disclaimed_or_rejected_owns_nothing() -> None:
    rebuild = ("layer", "guest_os"), ("task", "rebuild")
    for one in (
        said("layer_responsibility", "unknown", *rebuild),
        said("layer_responsibility", "provider", *rebuild, status="disclaimed"),
        said("layer_responsibility", "provider", *rebuild, review="rejected"),
    ):
        assert found(one).cell("guest_os", "rebuild").state == "unowned"
