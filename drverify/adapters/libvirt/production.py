"""The running guests of this machine's libvirt, for who only asks. They are not ours."""

from collections.abc import Mapping
from typing import Any

from drverify.adapters.libvirt.agent import AgentGuest
from drverify.adapters.libvirt.calls import DEFAULT_URI, Calls
from drverify.adapters.libvirt.domain import Domain
from drverify.adapters.libvirt.xml import tag_in

NOBODYS = ""
"""No tag of ours: nothing that takes a domain back would touch this one."""


def guest_of(domain: str) -> AgentGuest:
    """The Guest port over the agent of the domain of that name; it need not exist yet."""
    return AgentGuest(Domain(Calls(), domain, NOBODYS))


async def guests_of(options: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    """Name of every domain that is no sandbox of ours, and whether it runs. HostError as `Calls`.

    `options` are the host's in the settings.
    """

    def work(connection: Any) -> tuple[tuple[str, bool], ...]:
        domains = connection.listAllDomains()
        found = [(one.name(), bool(one.isActive())) for one in domains if not _ours(one.XMLDesc())]
        return tuple(sorted(found))

    uri = str(options.get("uri", DEFAULT_URI))
    return await Calls(uri).call(work, what="listing the guests of libvirt")


def _ours(xml: str) -> bool:
    return tag_in(xml) is not None
