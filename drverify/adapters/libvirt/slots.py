"""PCI places, for a guest whose system knows its network cards by them; pure.

Linux names a card by its slot (`ens18`) or by bus and slot (`enp6s18`), and its configuration goes by that
name: in another place the card is there and has no address. On `pc` the cards get their slots on the one
bus. On `q35` the buses must come out with the same numbers as on the machine that was backed up, and
firmware numbers them in the order of slots: so there are four root ports (buses 1 to 4) and a bridge
(bus 5) with bridges for plain PCI devices on it (buses 6 and 7), and everything else of ours hangs on
those last two, lest libvirt adds ports that shift the numbers. That is how QEMU is laid out under Proxmox.
"""

import xml.etree.ElementTree as ET

from drverify.errors import HostError
from drverify.model.recovery import GuestShape

CARDS_BUS, MORE_BUS = 6, 7
_BRIDGE_BUS, _BRIDGE_SLOT = 5, 0x1E
_PORTS, _PORTS_SLOT = 4, 0x1C
_LAST_SLOT = 31
_SERIAL, _RNG = 8, 29
_SCSI, _SCSI_THERE = 5, 2
_DISK, _DISKS_THERE = 10, 6


def check_slots(guest: GuestShape) -> None:
    """Raise HostError when the slots do not fit the cards, or are none."""
    slots = guest.nic_slots
    if not slots:
        return
    taken = {one for one in slots if one <= _LAST_SLOT and one > 2}  # noqa: PLR2004 - bridge and screen
    if guest.chipset == "q35":
        taken -= {_SERIAL, _RNG, *range(_SCSI, _SCSI + _SCSI_THERE), *range(_DISK, _DISK + _DISKS_THERE)}
    if len(slots) != len(guest.networks) or len(taken) != len(slots):
        raise HostError(f"{len(guest.networks)} network cards cannot be in the PCI slots {slots}")


def bridges(devices: ET.Element, guest: GuestShape) -> None:
    """Write the buses, where they need to be said."""
    if not _laid_out(guest):
        return
    for function in range(_PORTS):
        port = _controller(devices, "pcie-root-port", function + 1)
        place(port, 0, _PORTS_SLOT, function, several=function == 0)
    place(_controller(devices, "dmi-to-pci-bridge", _BRIDGE_BUS), 0, _BRIDGE_SLOT)
    for number, bus in enumerate((CARDS_BUS, MORE_BUS), 1):
        place(_controller(devices, "pci-bridge", bus), _BRIDGE_BUS, number)
    place(ET.SubElement(devices, "controller", type="virtio-serial", index="0"), CARDS_BUS, _SERIAL)


def card(interface: ET.Element, guest: GuestShape, index: int) -> None:
    """Place a network card."""
    if guest.nic_slots:
        place(interface, CARDS_BUS if guest.chipset == "q35" else 0, guest.nic_slots[index])


def scsi(controller: ET.Element, guest: GuestShape, index: int) -> None:
    """Place a SCSI controller."""
    if _laid_out(guest):
        _spread(controller, index, _SCSI, _SCSI_THERE, 20)


def disk(element: ET.Element, guest: GuestShape, number: int) -> None:
    """Place a virtio disk."""
    if _laid_out(guest):
        _spread(element, number, _DISK, _DISKS_THERE, 1)


def rng(element: ET.Element, guest: GuestShape) -> None:
    """Place the source of random numbers."""
    if _laid_out(guest):
        place(element, CARDS_BUS, _RNG)


def place(element: ET.Element, bus: int, slot: int, function: int = 0, *, several: bool = False) -> None:
    """Say where a device is; `several` when other functions share its slot."""
    numbers = {"domain": 0, "bus": bus, "slot": slot, "function": function}
    address = ET.SubElement(element, "address", {"type": "pci"} | {k: f"{v:#x}" for k, v in numbers.items()})
    if several:
        address.set("multifunction", "on")


def _laid_out(guest: GuestShape) -> bool:
    return bool(guest.nic_slots) and guest.chipset == "q35"


def _spread(element: ET.Element, number: int, first: int, there: int, more: int) -> None:
    """Place the first few on the cards' bus, the others on the bus after it."""
    if number < there:
        place(element, CARDS_BUS, first + number)
    else:
        place(element, MORE_BUS, more + number - there)


def _controller(devices: ET.Element, model: str, index: int) -> ET.Element:
    return ET.SubElement(devices, "controller", type="pci", index=str(index), model=model)
