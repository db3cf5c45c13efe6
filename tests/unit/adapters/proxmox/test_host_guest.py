"""What the guest agent said, as a result of a command; and how much memory a copy is given."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from drverify.adapters.proxmox.agent_values import ExecStatus
from drverify.adapters.proxmox.guest import KEPT, ApiGuest, _result
from drverify.adapters.proxmox.host_preflight import check_memory, check_settings, need_of, need_of_all
from drverify.adapters.proxmox.host_settings import DrillBridge
from drverify.engine.sharing import Neighbour
from drverify.errors import GuestError, HostError
from drverify.model.recovery import Network
from tests.conformance.host_suite import RecordingScope, spec_of
from tests.unit.adapters.proxmox.test_host_plan import SETTINGS


def test_an_exit_code_and_both_outputs_are_the_result():
    found = _result(ExecStatus(exited=True, exit_code=3, stdout="out\n", stderr="\u00fc"))
    assert (found.exit_code, found.stdout, found.stderr) == (3, b"out\n", "\u00fc".encode())


def test_a_command_that_was_killed_ends_as_a_shell_would_say():
    assert _result(ExecStatus(exited=True, exit_code=None, signal=9)).exit_code == 137


def test_a_command_of_which_nothing_is_said_is_no_result():
    with pytest.raises(GuestError, match="not how"):
        _result(ExecStatus(exited=True))


def test_output_that_was_cut_off_on_the_way_is_our_fault_and_no_answer_of_the_guest():
    with pytest.raises(GuestError, match="not whole"):
        _result(ExecStatus(exited=True, exit_code=0, stdout="abc", truncated=True))
    whole = _result(ExecStatus(exited=True, exit_code=0, stdout="a" * (KEPT + 5), truncated=True))
    assert len(whole.stdout) == KEPT, "as much as is kept of any output"


class Recording:
    """An agent that remembers on which loop it was asked."""

    node, vmid, may_run, is_container = "pve1", 9000, True, False

    def __init__(self) -> None:
        self.loops: list[object] = []

    async def ping(self, node: str, vmid: int) -> None:
        self.loops.append(asyncio.get_running_loop())

    async def exec(self, node: str, vmid: int, argv: object) -> int:
        self.loops.append(asyncio.get_running_loop())
        return 7

    async def exec_status(self, node: str, vmid: int, pid: int) -> ExecStatus:
        self.loops.append(asyncio.get_running_loop())
        return ExecStatus(exited=True, exit_code=pid)


async def test_the_api_is_asked_from_the_loop_that_the_sandbox_was_made_on():
    """A probe asks from a thread in a namespace from which no cluster is reached."""
    agent: Any = Recording()
    guest = ApiGuest(agent, agent)

    async def ask() -> int:
        await guest.ping()
        return (await guest.run(["true"], within=timedelta(seconds=5))).exit_code

    assert await asyncio.to_thread(lambda: asyncio.run(ask())) == 7
    assert await ask() == 7
    assert set(agent.loops) == {asyncio.get_running_loop()}


def test_a_group_is_admitted_as_a_whole():
    lan = Network(name="lan", subnet="10.0.0.0/24", gateway="10.0.0.1", dns="10.0.0.1", address="10.0.0.2")
    san = replace(lan, name="san", subnet="10.1.0.0/24")
    members = [
        Neighbour(workload="database", networks=(lan, san), memory_mib=100, disk_bytes=7),
        Neighbour(workload="app", networks=(lan,), memory_mib=200, disk_bytes=5),
    ]
    need = need_of_all(SETTINGS, members)
    assert (need.guests, need.bridges, need.memory_mib, need.disk_bytes) == (2, 2, 300, 12)
    assert need_of_all(replace(SETTINGS, hardware=(("memory", "96"),)), members).memory_mib == 192
    bridges = (DrillBridge(bridge="drill0"), DrillBridge(bridge="drill1"))
    check_settings(replace(SETTINGS, bridges=bridges, first_vmid=9000, last_vmid=9001), need)
    with pytest.raises(HostError, match="the group of 2 guests needs 2 VMIDs, and host pve has 1"):
        check_settings(replace(SETTINGS, first_vmid=9000, last_vmid=9000), need)
    with pytest.raises(HostError, match=r"the group of 2 guests has 2 networks, and host pve has 1 drill"):
        check_settings(replace(SETTINGS, bridges=bridges[:1]), need)


def test_memory_is_the_backups_unless_copies_get_another(tmp_path):
    spec = spec_of(RecordingScope(), tmp_path)
    need = need_of(SETTINGS, spec)
    assert need.memory_mib == spec.guest.memory_mib
    assert need_of(replace(SETTINGS, hardware=(("memory", "96"),)), spec).memory_mib == 96
    assert need_of(replace(SETTINGS, hardware=(("memory", "current=96,x=1"),)), spec).memory_mib == 96
    check_memory("pve1", 1000, replace(need, memory_mib=900), 100)
    with pytest.raises(HostError, match=r"wants 901 MiB .* 900 MiB are available on node pve1"):
        check_memory("pve1", 1000, replace(need, memory_mib=901), 100)
