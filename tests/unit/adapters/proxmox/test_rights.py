"""An account's rights, read and compared."""

import pytest

from drverify.adapters.proxmox.errors import Malformed
from drverify.adapters.proxmox.rights import read_rights, release_of
from drverify.adapters.proxmox.values import Version
from drverify.pveconf.rights import Wants
from tests.support.pve_script import Said, client, said

ROLES = said(
    "/access/roles", [{"roleid": "Administrator", "privs": "VM.Backup,VM.GuestAgent.Audit,Sys.Audit"}]
)
OLD_ROLES = said("/access/roles", [{"roleid": "Administrator", "privs": "VM.Backup,VM.Monitor"}])


def version(text: str) -> Said:
    return said("/version", {"version": text, "release": text[:3], "repoid": "x"})


def wants(release: tuple[int, int]) -> Wants:
    return Wants(release=release, storages=("nas",), sources=("/vms/100",))


async def test_missing_and_excessive_rights_are_named() -> None:
    pve = client(
        version("9.1.4"),
        ROLES,
        said("/access/permissions", {"/storage/nas": {"Datastore.Audit": 1}, "/vms/200": {"VM.Backup": 1}}),
        said("/access/permissions", {"/vms/100": {"VM.Backup": 1}}, path="/vms/100"),
    )
    found = await read_rights(pve, wants)
    assert (found.account, found.release) == ("drill@pve!one", (9, 1))
    missing = {(need.path, need.privilege): need.is_required for need in found.comparison.missing}
    assert missing[("/storage/nas", "Datastore.AllocateSpace")] is True
    assert missing[("/vms/100", "VM.Audit")] is False
    assert ("/vms/100", "VM.Backup") not in missing
    assert not found.comparison.suffices
    assert [(one.path, one.privilege) for one in found.comparison.excess] == [("/vms/200", "VM.Backup")]


async def test_what_a_pool_or_a_parent_hands_down_is_asked_for_path_by_path() -> None:
    pve = client(
        version("9.1.4"),
        ROLES,
        said("/access/permissions", {"/": {"Sys.Audit": 0}}),
        said(
            "/access/permissions",
            {"/storage/nas": {"Datastore.AllocateSpace": 1, "Datastore.Audit": 1}},
            path="/storage/nas",
        ),
        said("/access/permissions", {"/vms/100": {"VM.Backup": 1, "VM.Audit": 1}}, path="/vms/100"),
    )
    assert (await read_rights(pve, wants)).comparison.suffices


async def test_a_privilege_that_exists_counts_for_more_than_the_version() -> None:
    nothing = [said("/access/permissions", {path: {}}, path=path) for path in ("/storage/nas", "/vms/100")]
    releases = []
    pve = client(version("9.0.0~beta"), OLD_ROLES, said("/access/permissions", {}), *nothing)
    await read_rights(pve, lambda release: releases.append(release) or wants(release))  # type: ignore[func-returns-value]
    assert releases == [(8, 4)]


@pytest.mark.parametrize(
    ("text", "release"), [("9.1.4", (9, 1)), ("8.4-1", (8, 4)), ("10.0", (10, 0)), ("9.0.0~beta", (9, 0))]
)
def test_releases(text: str, release: tuple[int, int]) -> None:
    assert release_of(Version(version=text, release="", repoid="")) == release


def test_what_is_no_version() -> None:
    with pytest.raises(Malformed):
        release_of(Version(version="", release="", repoid=""))
