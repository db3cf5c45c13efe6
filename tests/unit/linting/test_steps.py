"""Steps of a playbook that nobody owns, and those that the agreement gives to somebody else."""

from datetime import timedelta

from drverify.linting.steps import step_findings
from drverify.model.access import Access
from drverify.model.steps import AddressStep, MountStep, RunStep, WaitStep
from tests.support.proposals import contract, provision, text_of

TEXT = text_of("5.2 The words of a clause.")
AGENT = Access(via="agent")
MOUNT = MountStep(id="volume", party="provider", access=AGENT, device="/dev/vdb1", path="/srv")


def agreed(party: str, task: str, *layers: str):
    slots = [
        (name, value, "The words") for name, value in (("task", task), *(("layer", one) for one in layers))
    ]
    return contract(TEXT, [provision(TEXT, "The words", "layer_responsibility", party=party, slots=slots)])


def test_a_step_of_nobody_is_a_finding_with_or_without_an_agreement() -> None:
    pause = WaitStep(id="pause", time=timedelta(seconds=1))
    (one,) = step_findings((pause,), None)
    assert (one.step, one.what) == ("pause", "nobody owns it: the playbook names no party")


def test_the_agreement_says_whose_such_work_is() -> None:
    steps = (AddressStep(id="nic", access=AGENT, mac="52:54:00:00:00:01", address="10.0.0.1/24"),)
    (one,) = step_findings(steps, agreed("customer", "network_mapping", "guest_os"))
    assert one.what == (
        "nobody owns it: the playbook names no party; the agreement gives network mapping on the guest OS to "
        "the customer"
    )


def test_a_step_that_is_somebody_elses_by_the_agreement_is_a_finding() -> None:
    (one,) = step_findings((MOUNT,), agreed("customer", "reattach", "storage", "guest_os"))
    assert one.what == (
        "the playbook says the provider does it, but the agreement gives reattach on the storage to the "
        "customer, the guest OS to the customer"
    )


def test_what_fits_or_is_not_spoken_of_is_none() -> None:
    assert step_findings((MOUNT,), agreed("provider", "reattach", "storage")) == ()
    assert step_findings((MOUNT,), agreed("customer", "configuration", "guest_os")) == ()
    run = RunStep(id="start", party="customer", access=AGENT, command=("true",))
    assert step_findings((run,), agreed("customer", "configuration", "application")) == ()
    assert step_findings((), agreed("customer", "reattach", "storage")) == ()
