"""The guest's processor: the host's own, as much as the emulator can do, or a model by its name; pure.

A model is what a replacement machine has. Whether libvirt and QEMU know it is asked before anything is
made (domain capabilities of libvirt 9); features that the emulator lacks are left out by it.
"""

import xml.etree.ElementTree as ET

from drverify.errors import HostError, InputError

_SHOWN = 12


def cpu(domain: ET.Element, model: str, acceleration: str) -> None:
    """Write the processor; without a `model` the best that there is."""
    if model:
        custom = ET.SubElement(domain, "cpu", mode="custom", match="exact", check="none")
        ET.SubElement(custom, "model", fallback="forbid").text = model
    elif acceleration == "kvm":
        ET.SubElement(domain, "cpu", mode="host-passthrough", check="none", migratable="off")
    else:
        ET.SubElement(domain, "cpu", mode="maximum", check="none")


def check_known(model: str, capabilities: str) -> None:
    """Raise InputError unless the domain capabilities know the model."""
    try:
        told = ET.fromstring(capabilities)  # noqa: S314 - written by libvirt
    except ET.ParseError as error:
        raise HostError(f"libvirt gave XML that cannot be read: {error}") from error
    known = {one.text or "" for one in told.iterfind("./cpu/mode[@name='custom']/model")}
    if model in known:
        return
    near = sorted(one for one in known if one[:3].lower() == model[:3].lower()) or sorted(known)
    raise InputError(
        f"QEMU on this host knows no processor {model!r}",
        hint=f"it knows {', '.join(near[:_SHOWN])}; `virsh domcapabilities` lists them all",
    )
