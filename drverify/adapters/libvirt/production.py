"""The agent of a running guest of this machine's libvirt, for who only asks. The guest is not ours."""

from drverify.adapters.libvirt.agent import AgentGuest
from drverify.adapters.libvirt.calls import Calls
from drverify.adapters.libvirt.domain import Domain

NOBODYS = ""
"""No tag of ours: nothing that takes a domain back would touch this one."""


def guest_of(domain: str) -> AgentGuest:
    """The Guest port over the agent of the domain of that name; it need not exist yet."""
    return AgentGuest(Domain(Calls(), domain, NOBODYS))
