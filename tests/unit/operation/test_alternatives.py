"""Which hosts can take a booking after a fault of ours, and what settings say of hosts that are no use."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from drverify.compose import Workshop
from drverify.model.nights import Load
from drverify.operation.alternatives import Alternatives
from drverify.operation.asking import asked_for
from drverify.operation.configuration import _useless
from drverify.operation.estate import Estate
from drverify.settings import NightRoom, Nights
from tests.support.boards import contract_for, place
from tests.support.bookings import booking

MORE = """
[hosts.gamma]
kind = "libvirt"

[hosts.far]
kind = "proxmox"
"""
ROOMY = NightRoom(memory_mib=4096)


def nights(*instead: str, **rooms: NightRoom) -> Nights:
    own = NightRoom(memory_mib=4096, instead=instead)
    return Nights(zone="UTC", begins="22:00", ends="06:00", hosts={"alpha": own, **rooms})  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place(tmp_path, contract_for("acme", "Backup", "Acme", ["shop"]), more=MORE)
    return tmp_path / "drverify.toml"


def test_those_that_can_in_the_order_in_which_they_are_named(path: Path) -> None:
    chosen = nights(
        "far", "small", "unknown", "gamma",
        far=ROOMY, small=NightRoom(memory_mib=64), unknown=ROOMY, gamma=ROOMY,
    )  # fmt: skip
    workshop = Workshop.open(path)
    found = Alternatives(workshop, chosen)
    one = booking("shop", host="alpha", memory_mib=2048)
    assert found.of(one) == ("gamma",)
    assert found.of(booking("shop", host="gamma")) == ()
    assert found.of(booking("shop", host="alpha", kind="immutability")) == ()
    workload = workshop.workload("shop")
    why = {
        name: found.hindrance(workload, name, load=Load(memory_mib=9999), mode="full")
        for name in chosen.hosts
    }
    assert why["far"] == "far is of kind proxmox, and alpha of kind libvirt"
    assert why["unknown"] == "the agreement's settings name no host unknown"
    assert why["gamma"] == "it takes 9999 MiB of memory, and gamma has 4096 for drills"


def test_what_somebody_asks_for_now_goes_elsewhere_as_well(path: Path) -> None:
    workshop = Workshop.open(path)
    now, half_a_day = datetime(2026, 11, 23, 23, tzinfo=UTC), timedelta(hours=12)
    asked = asked_for(
        workshop,
        "shop",
        site="x",
        account="ann",
        now=now,
        nights=nights("gamma", gamma=ROOMY),
        window=half_a_day,
    )
    assert (asked.host, asked.elsewhere) == ("alpha", ("gamma",))


def test_settings_that_name_a_host_of_no_use_are_told_so(path: Path) -> None:
    chosen = nights("far", "gamma", far=ROOMY, gamma=ROOMY)
    estate = Estate.open(path)
    assert _useless(chosen, estate, "alpha", "gamma") == ""
    assert _useless(chosen, estate, "alpha", "far").startswith(
        "far can recover nothing of alpha: workload shop: far is of kind proxmox"
    )


@pytest.mark.parametrize("other", ["alpha", "nobody"])
def test_another_host_is_one_of_the_nights_hosts(other: str) -> None:
    with pytest.raises(ValidationError, match=rf"hosts.alpha.instead names '{other}'.*\(beta\)"):
        nights(other, beta=ROOMY)
