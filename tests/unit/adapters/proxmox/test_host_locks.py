"""Locks of drill bridges, and what the ledger says of a copy."""

from pathlib import Path

import pytest

from drverify.adapters.proxmox.host_locks import try_lock
from drverify.adapters.proxmox.host_settings import DrillBridge
from drverify.adapters.proxmox.restoring_removal import Owned
from drverify.errors import HostError, TeardownError

BRIDGE = DrillBridge(bridge="drill0", tap=0)


def test_a_bridge_is_locked_once_and_free_again(tmp_path: Path):
    place = tmp_path / "state" / "locks"
    first = try_lock(place, "pve", "pve1", BRIDGE)
    assert first is not None
    assert try_lock(place, "pve", "pve1", BRIDGE) is None
    other = try_lock(place, "pve", "pve2", BRIDGE)
    assert other is not None, "the same name on another node is another bridge"
    first.release()
    first.release()
    again = try_lock(place, "pve", "pve1", BRIDGE)
    assert again is not None
    for lock in (again, other):
        lock.release()


def test_a_state_directory_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "locks").write_text("in the way")
    with pytest.raises(HostError, match="cannot make the lock"):
        try_lock(tmp_path / "locks", "pve", "pve1", BRIDGE)


def test_a_ledger_entry_is_read_back():
    facts = {"node": "pve1", "vmid": "9001", "mark": "drverify:0 1", "guest": "lxc", "claimed": "yes"}
    assert Owned.of("pve:9001", facts) == Owned(
        node="pve1", vmid=9001, mark="drverify:0 1", kind="lxc", claimed=True
    )
    assert not Owned.of("pve:9001", {**facts, "claimed": "", "guest": "qemu"}).claimed


@pytest.mark.parametrize("gone", ["node", "vmid", "mark"])
def test_an_entry_that_does_not_say_which_guest_removes_none(gone: str):
    facts = {"node": "pve1", "vmid": "9001", "mark": "drverify:0 1"}
    del facts[gone]
    with pytest.raises(TeardownError, match="pve:9001"):
        Owned.of("pve:9001", facts)
    with pytest.raises(TeardownError):
        Owned.of("pve:9001", {**facts, gone: "x", "vmid": "nine"})
