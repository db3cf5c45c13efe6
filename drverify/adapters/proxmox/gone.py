"""When a volume of ours may be struck out: it is known to be gone, and not merely not seen.

A storage that is away may look like an empty one (a mount point without its mount), a file server may list
late, and an account that may not see a volume is shown none. So the storage has to say of itself that it is
there, and either the node's task removed what was seen before, or two looks with time between find nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import NotThere, StorageOffline
from drverify.adapters.proxmox.values import Volume
from drverify.errors import TeardownError
from drverify.pveconf.rights import rights_at

LOOKS = 5
PAUSE = 1.0
"""Seconds until what is still there is looked for again."""
APART = 5.0
"""Seconds between two looks that found nothing."""
_ENOUGH = 2
Look = Callable[[], Awaitable[Sequence[Volume]]]


async def cleared(client: ProxmoxClient, node: str, ours: Look) -> tuple[str, ...]:
    """Remove what `ours` finds until nothing is left; the ids of what is left in spite of that.

    ApiErrors as the calls raise them, and whatever `ours` raises.
    """
    empty, told = 0, False
    left: tuple[str, ...] = ()
    for _ in range(LOOKS):
        if found := tuple(one.volid for one in await ours()):
            left, empty = found, 0
            told = all([await _removed(client, node, one) for one in found])
            await asyncio.sleep(0 if told else PAUSE)
            continue
        empty += 1
        if told or empty == _ENOUGH:
            return ()
        await asyncio.sleep(APART)
    return left


async def _removed(client: ProxmoxClient, node: str, volid: str) -> bool:
    """Whether the node says that it has removed it."""
    with suppress(NotThere):
        return await client.storages.remove(node, volid)
    return False


async def listed(
    client: ProxmoxClient, node: str, storage: str, *, content: str, vmid: int | None = None
) -> tuple[Volume, ...]:
    """List volumes of a storage that says afterwards that it is there; StorageOffline when it does not."""
    found = await client.storages.content(node, storage, content=content, vmid=vmid)
    state = await client.storages.status(node, storage)
    if not (state.active and state.enabled):
        raise StorageOffline(
            f"storage {storage} is not active on node {node}, and what lies on it is not known",
            hint="bring it back (`pvesm status` there), then run `drverify sandbox reap`",
        )
    return found


async def sure_to_see(client: ProxmoxClient, storage: str, what: str) -> None:
    """TeardownError unless the account would be shown every volume: others are left out in silence."""
    path = f"/storage/{storage}"
    if "Datastore.Allocate" not in rights_at(path, await client.accounts.permissions(path)):
        raise TeardownError(
            f"whether {what} is left on {storage} is not shown",
            hint=f"give the account Datastore.Allocate on {path}",
        )
