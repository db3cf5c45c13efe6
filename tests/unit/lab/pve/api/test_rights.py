"""Roles, the tree of rules, pools, tokens: who may do what."""

import pytest

from lab.pve.api.people import Caller
from lab.pve.api.problems import ApiError
from lab.pve.api.releases import EIGHT, NINE
from lab.pve.api.rights import Rights
from lab.pve.api.store import Store

ANN = Caller(user="ann@pve")
SEPARATED = Caller(user="ann@pve", token="t", separated=True)
SHARED = Caller(user="ann@pve", token="u")


@pytest.fixture
def rights(tmp_path) -> Rights:
    made = Rights(Store(tmp_path / "db"), NINE)
    made.add_role("Look", ["VM.Audit"])
    made.add_role("Power", ["VM.PowerMgmt"])
    return made


def test_nobody_has_anything_at_first(rights: Rights) -> None:
    assert rights.on(ANN, "/vms/100") == {}
    with pytest.raises(ApiError, match=r"Permission check failed \(/vms/100, VM.Audit\)"):
        rights.check(ANN, "/vms/100", "VM.Audit")
    with pytest.raises(ApiError, match=r"\(/vms/100, VM.Audit\|VM.Backup\)"):
        rights.check(ANN, "/vms/100", "VM.Audit", "VM.Backup", any_of=True)


def test_rules_propagate_unless_told_not_to(rights: Rights) -> None:
    rights.allow("/vms", "ann@pve", "Look")
    assert rights.may(ANN, "/vms/100", "VM.Audit")
    rights.allow("/nodes", "ann@pve", "Look", propagate=False)
    assert rights.on(ANN, "/nodes") == {"VM.Audit": False}
    assert rights.on(ANN, "/nodes/pve1") == {}


def test_a_deeper_rule_replaces_those_above(rights: Rights) -> None:
    rights.allow("/", "ann@pve", "Administrator")
    rights.allow("/vms/100", "ann@pve", "Look")
    assert set(rights.on(ANN, "/vms/100")) == {"VM.Audit"}
    assert rights.may(ANN, "/vms/101", "VM.Allocate")
    rights.allow("/vms/102", "ann@pve", "NoAccess")
    rights.allow("/vms/102", "ann@pve", "Look")
    assert rights.on(ANN, "/vms/102") == {}


def test_a_pool_lends_its_rights_to_its_members_as_long_as_they_are(rights: Rights) -> None:
    rights.add_pool("drills")
    rights.allow("/pool/drills", "ann@pve", "Look")
    rights.join("drills", guest=9100)
    rights.join("drills", storage="fast")
    assert rights.may(ANN, "/vms/9100", "VM.Audit")
    assert rights.may(ANN, "/storage/fast", "VM.Audit")
    rights.allow("/vms/9100", "ann@pve", "Power")
    assert rights.may(ANN, "/vms/9100", "VM.Audit", "VM.PowerMgmt")
    rights.forget_guest(9100)
    assert rights.on(ANN, "/vms/9100") == {}
    with pytest.raises(ApiError, match="pool 'other' does not exist"):
        rights.join("other", guest=1)


def test_no_access_on_a_member_stands_against_its_pool(rights: Rights) -> None:
    rights.add_pool("drills")
    rights.join("drills", guest=9100)
    rights.allow("/pool/drills", "ann@pve", "Look")
    rights.allow("/vms/9100", "ann@pve", "NoAccess")
    assert rights.on(ANN, "/vms/9100") == {}


def test_a_guest_is_in_one_pool_only(rights: Rights) -> None:
    rights.add_pool("one")
    rights.add_pool("two")
    rights.join("one", guest=9100)
    rights.join("two", guest=9100)
    assert rights.pools()["one"]["guests"] == []
    assert rights.pool_of("guests", "9100") == "two"


def test_a_separated_token_has_what_both_have(rights: Rights) -> None:
    rights.allow("/vms", "ann@pve", "Look")
    assert rights.on(SEPARATED, "/vms/100") == {}
    assert rights.may(SHARED, "/vms/100", "VM.Audit")
    rights.allow("/vms", "ann@pve!t", "Administrator")
    assert set(rights.on(SEPARATED, "/vms/100")) == {"VM.Audit"}
    rights.allow("/storage", "ann@pve!t", "Administrator")
    assert rights.on(SEPARATED, "/storage/local") == {}


def test_roots_tokens_are_not_root(rights: Rights) -> None:
    token = Caller(user="root@pam", token="t")
    assert rights.may(token, "/", "Sys.Modify")
    assert not token.is_root
    with pytest.raises(ApiError):
        rights.check_root(token)
    assert rights.on(Caller(user="root@pam", token="t", separated=True), "/") == {}


def test_releases_name_the_agents_rights_apart(tmp_path) -> None:
    eight = Rights(Store(tmp_path / "eight"), EIGHT)
    assert "VM.Monitor" in EIGHT.privileges
    assert "VM.Monitor" not in NINE.privileges
    assert not any(name.startswith("VM.GuestAgent") for name in EIGHT.privileges)
    eight.add_role("Ask", ["VM.Monitor"])
    eight.allow("/vms", "ann@pve", "Ask")
    assert eight.may(ANN, "/vms/1", "VM.GuestAgent.Audit")
    with pytest.raises(ApiError, match=r"invalid privilege 'VM.GuestAgent.Audit'"):
        eight.add_role("Wrong", ["VM.GuestAgent.Audit"])


def test_unknown_roles_are_refused(rights: Rights) -> None:
    with pytest.raises(ApiError, match="role 'Nope' does not exist"):
        rights.allow("/", "ann@pve", "Nope")
