"""Questions about the account itself: what it may do."""

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.values import Permissions, Role


class Accounts:
    """The paths below `/access`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def permissions(self, path: str = "") -> Permissions:
        """Ask for our own effective rights: at `path`, or at every path that an ACL or a pool names."""
        answer = await self._caller.get("access", "permissions", params={"path": path} if path else {})
        found = reading.row(answer, "permissions")
        return {
            where: {privilege: bool(handed) for privilege, handed in rights.items()}
            for where, rights in found.items()
            if isinstance(rights, dict)
        }

    async def roles(self) -> tuple[Role, ...]:
        """List every role, by name."""
        answer = await self._caller.get("access", "roles")
        found = [
            Role(name=reading.text(one, "roleid"), privileges=frozenset(reading.split(one, "privs")))
            for one in reading.rows(answer, "roles")
        ]
        return tuple(sorted(found, key=lambda role: role.name))
