"""The host's table in the settings: what is asked for, and what is said when it is wrong."""

from pathlib import Path
from typing import Any

import pytest

from drverify.adapters import table
from drverify.adapters.proxmox import host as cluster_host
from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.host_factory import host
from drverify.adapters.proxmox.host_settings import Returns
from drverify.engine.drills import commons
from drverify.engine.sources import RestoringHost
from drverify.errors import InputError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx5bmcgZXhhbXBsZSBrZXkgZm9yIGEgdGVzdA"
GOOD: dict[str, Any] = {
    "address": "pve1.example:8006",
    "token": "drverify@pve!drill",
    "token_secret": "file:pve.token",
    "run_on": ["pve1"],
    "vmids": [9000, 9099],
    "pool": "drverify",
    "storage": "drill",
    "restores_from": ["pve"],
    "bridges": [{"bridge": "drill0", "tap": 0}, {"bridge": "drill1", "tap": 1, "key": "file:one.key"}],
    "ssh": {"pve1": {"address": "10.0.0.1", "key": "file:vantage.key", "host_key": KEY}},
}


def made(**changes: Any) -> ProxmoxHost:
    options = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return host("pve", options, Path("/state"), lambda ref: ref.encode())


def test_a_host_is_made_and_is_a_restoring_one():
    found = made()
    assert isinstance(found, RestoringHost)
    assert found.restores("pve")
    assert not found.restores("restic")
    assert found.settings.vmids == range(9000, 9100)
    assert found.settings.ssh["pve1"].user == "drverify"
    assert [one.bridge for one in found.settings.bridges] == ["drill0", "drill1"]


def test_the_table_leads_here():
    assert table.load(table.HOSTS, "proxmox", "host") is host
    assert "pve-guest" in table.reclaimers({"pve-guest"}, lambda _: made())  # type: ignore[arg-type,return-value]


def test_where_a_disk_comes_back_from_is_said_or_it_does_not():
    assert made().settings.returns is None
    found = made(returns={"storage": "handover", "directory": "/mnt/h/dump"}).settings.returns
    assert found == Returns(storage="handover", directory=Path("/mnt/h/dump"), mount=None)


def test_each_bridge_may_have_a_key_of_its_own():
    found = made()
    first, second = found.settings.bridges
    assert found.door("pve1", first).key == b"file:vantage.key"
    assert found.door("pve1", second).key == b"file:one.key"
    assert found.door("pve1", second).unit == 1


def test_without_a_tunnel_neither_ssh_nor_taps_are_needed():
    found = made(vantage="agent", ssh=None, bridges=[{"bridge": "drill0"}])
    assert found.settings.bridges[0].tap is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vmids": [9099, 9000]}, r"hosts\.pve\.vmids.*\[first, last\]"),
        ({"vmids": [10, 20]}, r"hosts\.pve\.vmids"),
        ({"run_on": []}, r"hosts\.pve\.run_on"),
        ({"run_on": ["../x"]}, r"hosts\.pve\.run_on.*no name of a node"),
        ({"run_on": ["pve1", "pve2"]}, r"no table \[hosts\.pve\.ssh\.pve2\].*vantage = \"agent\""),
        ({"bridges": [{"bridge": "drill0"}]}, r"bridge drill0 has no `tap`"),
        ({"bridges": [{"bridge": "a", "tap": 0}, {"bridge": "b", "tap": 0}]}, r"hosts\.pve\.bridges.*once"),
        ({"bridges": []}, r"hosts\.pve\.bridges"),
        ({"bridges": [{"bridge": "drill0,tag=1", "tap": 0}]}, r"hosts\.pve\.bridges\.0\.bridge"),
        ({"restores_from": []}, r"hosts\.pve: it needs `restores_from`, `import_storage` or both"),
        ({"pool": None}, r"hosts\.pve\.pool.*required"),
        ({"storage": "a b"}, r"hosts\.pve\.storage"),
        ({"vantage": "telnet"}, r"hosts\.pve\.vantage"),
        ({"returns": {"storage": "h", "directory": "dump"}}, r"hosts\.pve\.returns\.directory.*full path"),
        ({"returns": {"directory": "/dump"}}, r"hosts\.pve\.returns\.storage"),
        ({"colour": "red"}, r"hosts\.pve\.colour"),
        ({"token": "drverify"}, r"hosts\.pve: token: expected user@realm!id"),
        (
            {"ssh": {"pve1": {"address": "a", "key": "file:k", "host_key": "sha256 of mine"}}},
            r"hosts\.pve\.ssh\.pve1\.host_key.*ssh-keyscan",
        ),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], says: str):
    with pytest.raises(InputError, match=says):
        made(**changes)


def test_no_secret_is_shown():
    with pytest.raises(InputError) as caught:
        made(token_secret={"plain": "5f1c3a52"})
    assert "5f1c3a52" not in str(caught.value)


def test_a_group_waits_longer_for_its_end_than_a_cluster_takes_for_it() -> None:
    """Else a group is told to be left behind while its host is still taking it back."""
    assert commons.TAKE_DOWN > cluster_host.TAKE_DOWN
