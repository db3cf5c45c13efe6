"""Where QEMU's devices are under Proxmox, as far as a guest's system goes by it."""

_FIRST_CARD = 18
_CARDS = 6


def card_slot(key: str) -> int | None:
    """The PCI slot of a network card (`net0`: 18, hence `ens18` or `enp6s18`); None where it is not known.

    Seen in guests of PVE 7 to 9; from the seventh card on they are on other buses.
    """
    number = int(key.removeprefix("net"))
    return _FIRST_CARD + number if number < _CARDS else None
