"""Tries to delete a protected backup of a Proxmox cluster, and to take its protection away.

A cluster makes no backup without a guest, so the canary is one that its operator made: of a guest that nobody
needs, protected, with notes that begin with `drverify-canary`. Nothing else is ever touched, whatever the
settings name. Protection that an attempt took away is put back.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, NotPermitted
from drverify.adapters.proxmox.settings import Access, AccessOptions, read_options
from drverify.adapters.proxmox.values import Volume
from drverify.engine.ports import Progress
from drverify.model.agreement import Sha256
from drverify.model.immutability import MARK, Canary, HeldCanary, TamperAttempt, Tampering
from drverify.model.recovery import SecretRef

MECHANISM = "Proxmox protected backup"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a backup that does not say when it was made."""


class WriterOptions(AccessOptions):
    """The table `[sources.NAME.writer]` of kind "proxmox"."""

    node: str
    """Through which the storage is asked."""
    canary: str = Field(pattern=r"^[A-Za-z0-9._-]+:backup/.+$")
    """Volume id of the protected backup that may be attacked."""


class ProxmoxTamperer:
    """Implements `Tamperer`; plants nothing, for only a backup job could."""

    def __init__(self, options: WriterOptions, access: Access, resolve: Callable[[SecretRef], bytes]) -> None:
        self._options = options
        self._access = access
        self._resolve = resolve

    async def tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        """As the port says, with the operator's canary."""
        del known
        async with ProxmoxClient(self._access, self._resolve) as client:
            try:
                found = await self._volume(client)
            except ApiError as error:
                return Tampering(mechanism=MECHANISM, problem=f"the cluster cannot be asked: {error}")
            if problem := self._unfit(found):
                return Tampering(mechanism=MECHANISM, problem=problem)
            assert found is not None  # noqa: S101 - else it were unfit
            canary = _canary(found)
            progress.note(f"canary {canary.name} is attacked")
            attempts = await self._attacked(client, canary)
            try:
                now = await self._volume(client)
            except ApiError as error:
                held = HeldCanary(canary=canary, whole=None)
                return Tampering(
                    mechanism=MECHANISM, attempts=attempts, held=(held,), problem=f"lost: {error}"
                )
        whole = now is not None and _canary(now) == canary and now.protected
        return Tampering(
            mechanism=MECHANISM, attempts=attempts, held=(HeldCanary(canary=canary, whole=whole),)
        )

    def _unfit(self, found: Volume | None) -> str:
        if found is None:
            return f"the account sees no {self._options.canary}: make a canary, or give it a right to see it"
        if not found.notes.startswith(MARK.decode()):
            return f"the notes of {found.volid} do not begin with {MARK.decode()}: it is not touched"
        return "" if found.protected else f"{found.volid} is not protected: protect it first"

    async def _volume(self, client: ProxmoxClient) -> Volume | None:
        storage = self._options.canary.partition(":")[0]
        listed = await client.storages.content(self._options.node, storage, content="backup")
        return next((one for one in listed if one.volid == self._options.canary), None)

    async def _attacked(self, client: ProxmoxClient, canary: Canary) -> tuple[TamperAttempt, ...]:
        node, volid = self._options.node, self._options.canary
        deleted = await _tried(canary, "delete", client.storages.remove(node, volid))
        bared = await _tried(
            canary, "take the protection away", client.storages.protect(node, volid, on=False)
        )
        if bared.outcome == "went through":
            again = await _tried(canary, "put it back", client.storages.protect(node, volid, on=True))
            if again.outcome != "went through":
                return (
                    deleted,
                    bared,
                    TamperAttempt(
                        canary=canary.name,
                        what="put the protection back",
                        outcome="not decided",
                        said=again.said,
                    ),
                )
        return deleted, bared


def tamperer(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ProxmoxTamperer:
    """Make it of the table of the source called `name`; InputError for options that do not fit."""
    read, access = read_options(WriterOptions, options, table=f"sources.{name}.writer")
    return ProxmoxTamperer(read, access, resolve)


async def _tried(canary: Canary, what: str, work: Awaitable[object]) -> TamperAttempt:
    try:
        await work
    except ApiError as error:
        refused = isinstance(error, NotPermitted) or "protected" in str(error)
        return TamperAttempt(
            canary=canary.name, what=what, outcome="refused" if refused else "not decided", said=str(error)
        )
    return TamperAttempt(
        canary=canary.name, what=what, outcome="went through", said="done, without objection"
    )


def _canary(volume: Volume) -> Canary:
    """What is listed tells one backup from another; its content is not read."""
    facts = f"{volume.volid}\n{volume.size}\n{volume.created}\n".encode()
    return Canary(
        name=volume.volid,
        sha256=Sha256(hashlib.sha256(facts).hexdigest()),
        planted_at=volume.created or EPOCH,
    )
