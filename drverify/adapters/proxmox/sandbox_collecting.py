"""What is kept of a copy as evidence: its configuration as the node has it, its screen, its agent's view."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict

from drverify.adapters.proxmox import guest_screen
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.restoring import Copy
from drverify.errors import DrverifyError, HostError

Found = tuple[str, str, bytes]
"""Name, media type, content."""


class Collecting:
    """Collects from one copy."""

    def __init__(
        self,
        client: ProxmoxClient,
        settings: HostSettings,
        copy: Copy,
        *,
        secret: Callable[[], bytes],
        answers: Callable[[], bool],
    ) -> None:
        """`answers` says whether the guest's agent answered when it was asked last."""
        self._client = client
        self._settings = settings
        self._copy = copy
        self._secret = secret
        self._answers = answers

    async def everything(self) -> list[Found]:
        """Whatever can be had now; what cannot is said in `not-collected.txt`."""
        found: list[Found] = []
        missing: list[str] = []
        wanted = [("guest.conf", "text/plain", self._configuration)]
        if not self._copy.is_container:
            wanted += [
                ("screen.png", "image/png", self._screen),
                ("agent.json", "application/json", self._agent),
            ]
        answers = await asyncio.gather(*(ask() for _, _, ask in wanted), return_exceptions=True)
        for (name, kind, _), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, bytes):
                found.append((name, kind, answer))
            elif isinstance(answer, DrverifyError):
                missing.append(f"{name}: {answer}\n")
            elif isinstance(answer, BaseException):
                raise answer
        if missing:
            found.append(("not-collected.txt", "text/plain", "".join(missing).encode()))
        return found

    async def _configuration(self) -> bytes:
        node, vmid, guests = self._copy.node, self._copy.vmid, self._copy.guests
        config, pending = await asyncio.gather(guests.config(node, vmid), guests.pending(node, vmid))
        lines = [f"# {vmid} on node {node}, digest {config.digest}"]
        for key, value in sorted(config.values.items()):
            lines += [f"{key}: {line}" for line in value.rstrip("\n").split("\n")]
        lines += [
            f"# pending: {one.key}: {one.current} -> {'taken away' if one.deleted else one.pending}"
            for one in pending
            if one.deleted or one.pending not in {None, one.current}
        ]
        return ("\n".join(lines) + "\n").encode()

    async def _screen(self) -> bytes:
        access = self._settings.access
        if not access.token:
            raise HostError("a picture of the screen needs an API token")
        door = await self._client.qemu.vncproxy(self._copy.node, self._copy.vmid)
        return await guest_screen.screenshot(
            access, self._secret(), door, node=self._copy.node, vmid=self._copy.vmid
        )

    async def _agent(self) -> bytes:
        if not self._answers():
            raise HostError("the guest's agent did not answer")
        node, vmid, agent = self._copy.node, self._copy.vmid, self._client.agent
        view: dict[str, object] = {}
        for name, ask in (
            ("interfaces", agent.interfaces), ("filesystems", agent.filesystems), ("os", agent.os),
        ):  # fmt: skip
            try:
                answer = await ask(node, vmid)
            except ApiError as error:
                view[name] = f"not answered: {error}"
            else:
                view[name] = answer if isinstance(answer, str) else [asdict(one) for one in answer]
        return json.dumps(view, indent=1, sort_keys=True).encode() + b"\n"
