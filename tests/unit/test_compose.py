"""Orders are refused before anything happens when they could not prove anything."""

from dataclasses import replace
from pathlib import Path

import pytest

from drverify.compose import Workshop
from drverify.errors import InputError
from drverify.model.recovery import FurtherCopy, PointFilter
from drverify.operation.copies import order_of_copy

TINY = Path(__file__).parents[2] / "lab" / "estate"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """The tiny estate's papers without its repository."""
    for name in ("tiny-agreement.md", "tiny-agreement.lock.yaml"):
        (tmp_path / name).write_text((TINY / name).read_text())
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "tiny.yaml").write_text((TINY / "tiny-playbook.yaml").read_text())
    (tmp_path / "inventory.yaml").write_text("""\
version: 1
workloads:
  - name: tiny
    source: vault
    points: {host: tiny}
    payload:
      kind: disk-image
      path: /tiny.raw
      guest:
        memory_mib: 192
        vcpus: 1
        networks:
          - {name: lab, subnet: 10.30.0.0/24, gateway: 10.30.0.1, dns: 10.30.0.2, address: 10.30.0.10}
    playbook: tiny
    protected_since: 2026-11-01T00:00:00Z
    variables: {address: 10.30.0.10}
""")
    (tmp_path / "drverify.toml").write_text("""\
state_dir = "state"
register = "tiny-agreement.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"
[sources.vault]
kind = "restic"
repository = "/nowhere"
password = "file:nothing"
[hosts.local]
kind = "libvirt"
[signing]
key = "file:nothing.key"
""")
    return Workshop.open(tmp_path / "drverify.toml")


def test_a_sound_order_is_taken(workshop: Workshop) -> None:
    order = workshop.order("tiny", requested_point="latest", mode="full", keep=False)
    assert order.playbook.name == "tiny"
    assert order.agreed.contract.id


def test_a_copy_is_asked_for_by_its_source_alone(workshop: Workshop) -> None:
    """What a drill of a copy lacks breaks no promise: no word may make one of the workload's own points."""
    with pytest.raises(InputError, match="'copy' names no recovery point"):
        workshop.order("tiny", requested_point="copy", mode="full", keep=False)
    order = workshop.order("tiny", requested_point="latest", mode="full", keep=False)
    own = FurtherCopy(workload="tiny", source=order.workload.source)
    workshop.__dict__["copies"] = {"tiny": (own,)}
    with pytest.raises(InputError, match="is the workload's own points"):
        order_of_copy(workshop, order, own.source)
    other = replace(own, points=PointFilter(tags=("elsewhere",)))
    workshop.__dict__["copies"] = {"tiny": (other,)}
    made = order_of_copy(workshop, order, own.source)
    assert (made.requested_point, made.workload.points) == ("copy", other.points)


def test_a_probe_of_an_address_outside_the_sandbox_is_refused(workshop: Workshop) -> None:
    """It could never be answered there, and the provider would be blamed for our inventory."""
    (tiny,) = workshop.workloads
    workshop.__dict__["workloads"] = (replace(tiny, variables=(("address", "10.31.0.10"),)),)
    with pytest.raises(InputError, match=r"page .* asks 10\.31\.0\.10"):
        workshop.order("tiny", requested_point="latest", mode="full", keep=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"playbook": "nothing"}, "no playbook 'nothing'"),
        ({"name": "other"}, "no workload 'tiny'"),
    ],
)
def test_what_is_not_there_is_named(workshop: Workshop, change: dict[str, str], says: str) -> None:
    (tiny,) = workshop.workloads
    workshop.__dict__["workloads"] = (replace(tiny, **change),)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=says):
        workshop.order("tiny", requested_point="latest", mode="full", keep=False)


def test_unknown_kinds_and_options_are_refused(workshop: Workshop) -> None:
    settings = workshop.settings
    strange = settings.sources["vault"].model_copy(update={"kind": "tape"})
    other = Workshop(settings.model_copy(update={"sources": {"vault": strange}}))
    with pytest.raises(InputError, match="unknown kind of source: 'tape'"):
        other.source("vault")
    with pytest.raises(InputError, match="no source 'nobody'"):
        workshop.source("nobody")
    wrong = settings.sources["vault"].model_copy(update={"colour": "red"})
    odd = Workshop(settings.model_copy(update={"sources": {"vault": wrong}}))
    with pytest.raises(InputError, match="colour"):
        odd.source("vault")
