"""What production is made of, before anything is made."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lab.estate.layout import Estate
from lab.estate.machine import SHOP, TINY, Machine, backup_xml, domain_xml, owner_of

ESTATE = Estate(root=Path("/lab & co"), register=Path("/r"), playbooks=Path("/p"))
BOTH = pytest.mark.parametrize("machine", [SHOP, TINY], ids=lambda machine: machine.name)


@BOTH
def test_names_are_the_labs_own_and_fit(machine: Machine) -> None:
    assert machine.domain.startswith("drverify-lab-")
    assert machine.namespace.startswith("lab-")
    assert machine.segment.tap.startswith("lab-")
    assert len(machine.segment.tap) <= 15


def test_production_holds_gateway_and_dns_of_the_shop() -> None:
    assert SHOP.segment.interfaces == ("10.20.0.1/24", "10.20.0.2/32")
    assert str(SHOP.segment.guest) == "10.20.0.10"


@BOTH
def test_the_domain_runs_the_estates_disk_on_a_tap_that_exists(machine: Machine) -> None:
    xml = ET.fromstring(domain_xml(machine, ESTATE, "tcg"))
    assert xml.get("type") == "qemu"
    disk = xml.find("devices/disk")
    assert disk is not None
    assert disk.find("source").get("file") == f"/lab & co/production/{machine.name}.raw"
    assert disk.find("driver").get("type") == "raw"
    card = xml.find("devices/interface/target")
    assert (card.get("dev"), card.get("managed")) == (machine.segment.tap, "no")
    assert xml.find("devices/hostdev") is None


def test_kvm_is_asked_for_where_it_was_measured() -> None:
    xml = ET.fromstring(domain_xml(SHOP, ESTATE, "kvm"))
    assert (xml.get("type"), xml.find("cpu").get("mode")) == ("kvm", "host-passthrough")


def test_a_domain_says_whose_it_is() -> None:
    assert owner_of(domain_xml(SHOP, ESTATE, "tcg")) == "/lab & co"
    assert owner_of("<domain><name>drverify-lab-shop</name></domain>") == ""


def test_the_copy_goes_where_points_say_it_was_stored() -> None:
    target = ET.fromstring(backup_xml(SHOP, ESTATE)).find("disks/disk/target").get("file")
    assert target == SHOP.points(ESTATE).path == SHOP.payload(ESTATE).path
