"""Room on the storages of a site for all who stand on it: each looks before it writes, and all write at once.

What is available shrinks only while somebody writes, so it says nothing of what the others are about to. What
was promised is therefore counted against what was available before the first promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.values import StorageEntry
from drverify.errors import HostError

MIB = 1024 * 1024
IMAGES = "images"
"""What is sent, and goes when the machine has its disks."""


@dataclass(slots=True)
class _Promised:
    """Of one storage."""

    available: int
    """Bytes, before anything of this was written."""
    to: dict[str, dict[str, int]] = field(default_factory=dict)
    """Bytes by whom and what for."""


class Space:
    """The promises of one site."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._storages: dict[str, _Promised] = {}

    def promise(self, who: str, needs: Mapping[str, int], storage: StorageEntry, *, margin: int) -> None:
        """Note that `who` will write so many bytes, by what for; HostError with the sum when it has no room.

        A storage that does not say what is available takes everything.
        """
        if storage.available is None:
            return
        known = self._storages.setdefault(storage.name, _Promised(storage.available))
        if not known.to:
            known.available = storage.available
        own = sum(needs.values())
        others = [sum(one.values()) for name, one in known.to.items() if name != who]
        for wants, available in ((own + sum(others), known.available), (own, storage.available)):
            if wants + margin > available:
                where = f"on storage {storage.name} of node {self.node}"
                told = f"the disks want {_mib(own)} MiB {where}"
                if wants > own:
                    told = f"the disks of {len(others) + 1} guests want {_mib(wants)} MiB together {where}, "
                    told += f"{_mib(own)} MiB of it this one's"
                free = max(0, available - margin) // MIB
                raise HostError(
                    f"{told}; with a margin of {margin // MIB} MiB {free} MiB are available",
                    hint="free space there, or name another storage",
                )
        known.to[who] = dict(needs)

    def give_back(self, who: str, what: str = "") -> None:
        """What was promised to `who` is written no more, or gone again: all of it, or what is for `what`."""
        for known in self._storages.values():
            kept = {key: one for key, one in known.to.pop(who, {}).items() if what and key != what}
            if kept:
                known.to[who] = kept


class Room:
    """One guest's part of it."""

    def __init__(self, space: Space, who: str) -> None:
        self._space = space
        self._who = who

    async def promise(
        self, client: ProxmoxClient, settings: HostSettings, *, disks: int, images: int = 0
    ) -> None:
        """See that its disks, and what is sent of them, have room; as `Space.promise`. ApiErrors."""
        wanted: dict[str, dict[str, int]] = {settings.storage: {"disks": disks}}
        if images:
            wanted.setdefault(settings.import_storage, {})[IMAGES] = images
        for name, needs in wanted.items():
            storage = await client.storages.status(self._space.node, name)
            self._space.promise(self._who, needs, storage, margin=settings.margin_mib * MIB)

    def give_back(self, what: str = "") -> None:
        """As `Space.give_back`."""
        self._space.give_back(self._who, what)


def _mib(size: int) -> int:
    return -(-size // MIB)
