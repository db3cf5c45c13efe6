"""One cluster: everything that drverify asks of Proxmox VE, typed.

Every method raises one of `errors`' ApiErrors when the API refuses or cannot be asked. Methods may be
called from any event loop; blocking calls run on threads (`lanes`).
"""

from collections.abc import Callable
from typing import Self

from drverify.adapters.proxmox.access import Accounts
from drverify.adapters.proxmox.agent import Agent
from drverify.adapters.proxmox.authority import authority
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.cluster import Cluster
from drverify.adapters.proxmox.guests import Containers, Machines
from drverify.adapters.proxmox.nodes import Nodes
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.storages import Storages
from drverify.adapters.proxmox.tasks import Tasks
from drverify.adapters.proxmox.wire import HttpsWire, Wire
from drverify.model.recovery import SecretRef


class ProxmoxClient:
    """The typed face of one cluster's API."""

    def __init__(
        self, access: Access, resolve: Callable[[SecretRef], bytes], *, wire: Wire | None = None
    ) -> None:
        """Nothing is opened before it is used. `wire`: another connection, for recording and replaying."""
        self.access = access
        caller = Caller(
            wire or HttpsWire(access, lambda: authority(access, resolve)),
            within=access.within,
            pauses=access.pauses,
        )
        self._caller = caller
        self.accounts = Accounts(caller)
        self.cluster = Cluster(caller)
        self.nodes = Nodes(caller)
        self.tasks = Tasks(caller)
        self.storages = Storages(caller, self.tasks)
        self.qemu = Machines(caller, self.tasks)
        self.lxc = Containers(caller, self.tasks)
        self.agent = Agent(caller)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop connections and threads."""
        self._caller.close()
