"""What an agent's silence, its refusal and an API that cannot be asked each say about the guest."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from drverify.adapters.proxmox.agent_values import ExecStatus
from drverify.adapters.proxmox.errors import (
    AgentRefused,
    ApiError,
    AuthenticationFailed,
    NoAgent,
    NodeUnreachable,
    NotPermitted,
    NotRunning,
)
from drverify.adapters.proxmox.guest import ApiGuest
from drverify.errors import GuestError


@dataclass(frozen=True, kw_only=True)
class There:
    """A copy, or a container."""

    node: str = "pve1"
    vmid: int = 9000
    may_run: bool = True
    is_container: bool = False


@dataclass(kw_only=True)
class Asked:
    """An agent whose API says this, or nothing."""

    says: ApiError | None = None
    hangs: bool = False

    async def ping(self, node: str, vmid: int) -> None:
        if self.hangs:
            await asyncio.sleep(60)
        if self.says is not None:
            raise self.says

    async def exec(self, node: str, vmid: int, argv: Sequence[str]) -> int:
        if self.hangs:
            await asyncio.sleep(60)
        raise self.says or AssertionError

    async def exec_status(self, node: str, vmid: int, pid: int) -> ExecStatus:
        raise AssertionError


def guest(agent: Asked, where: There | None = None) -> ApiGuest:
    return ApiGuest(agent, where or There())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [NoAgent, NotRunning])
async def test_a_guest_without_an_agent_does_not_answer(kind: type[ApiError]):
    assert not await guest(Asked(says=kind("no"))).ping()


async def test_before_its_start_nobody_is_asked_who_may_not_know_the_guest_yet():
    """A control that is asked while the VMID is being claimed meets no right that comes with the pool."""
    unasked = Asked(says=NotPermitted("(/vms/9000, VM.GuestAgent.Audit)"))
    assert not await guest(unasked, There(may_run=False)).ping()
    with pytest.raises(GuestError, match="no guest yet"):
        await guest(unasked, There(may_run=False)).run(["true"], within=timedelta(seconds=1))


async def test_an_agent_that_refuses_is_there():
    assert await guest(Asked()).ping()
    assert await guest(Asked(says=AgentRefused("Command guest-ping has been disabled"))).ping()


@pytest.mark.parametrize("kind", [NotPermitted, NodeUnreachable, AuthenticationFailed, ApiError])
async def test_an_agent_that_could_not_be_asked_says_nothing_about_the_guest(kind: type[ApiError]):
    with pytest.raises(GuestError, match="cannot be asked: no"):
        await guest(Asked(says=kind("no", hint="do"))).ping()
    with pytest.raises(GuestError, match="cannot be asked: no"):
        await guest(Asked(says=kind("no"))).run(["true"], within=timedelta(seconds=1))
    with pytest.raises(GuestError, match="container"):
        await guest(Asked(), There(is_container=True)).ping()


async def test_a_command_that_the_agent_did_not_take_is_no_answer_that_was_late():
    with pytest.raises(GuestError, match="did not take the command"):
        await guest(Asked(hangs=True)).run(["true"], within=timedelta(seconds=0.02))


async def test_a_cluster_that_does_not_answer_is_no_silence_of_the_guest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("drverify.adapters.proxmox.guest.ANSWERS", 0.02)
    with pytest.raises(GuestError, match="did not say in time"):
        await guest(Asked(hangs=True)).ping()
