"""The running guests of this machine's libvirt, for who only asks: those that are not ours, and screens."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from drverify.adapters.libvirt.agent import AgentGuest
from drverify.adapters.libvirt.calls import DEFAULT_URI, Calls
from drverify.adapters.libvirt.domain import Domain
from drverify.adapters.libvirt.screen import as_png
from drverify.adapters.libvirt.xml import domain_name, tag_in
from drverify.engine.ports import SandboxId

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


def screens_of(options: Mapping[str, Any]) -> Callable[[str], Awaitable[bytes]]:
    """Who gives the screen of a sandbox's guest by the sandbox's id, as PNG; HostError when there is none.

    `options` are the host's in the settings.
    """
    calls = Calls(str(options.get("uri", DEFAULT_URI)))

    async def screen_of(sandbox: str) -> bytes:
        return as_png(*await Domain(calls, domain_name(SandboxId(sandbox)), NOBODYS).screenshot())

    return screen_of


def _ours(xml: str) -> bool:
    return tag_in(xml) is not None
