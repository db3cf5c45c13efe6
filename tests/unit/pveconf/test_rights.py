import pytest

from drverify.pveconf.rights import WORST, Drills, Wants, compare, needed, rights_at

DRILLS = Drills(
    pool="drverify",
    storage="drills",
    bridges=("localnetwork/drill0", "drill/drlab"),
    first=9100,
    last=9199,
    console=True,
    mappings=("usb/dongle",),
)


def wants(release=(9, 1), drills=DRILLS, **more):
    return Wants(release=release, storages=("backup",), sources=("/vms/100",), drills=drills, **more)


def given(needs):
    """Exactly what is needed, as the node would answer."""
    found = {}
    for one in needs:
        found.setdefault(one.path, {})[one.privilege] = one.path != "/"
    return found


@pytest.mark.parametrize("release", [(8, 4), (9, 0), (9, 2)])
def test_what_is_needed_and_nothing_else_is_neither_missing_nor_in_excess(release):
    needs = needed(wants(release, nodes=("pve1",), coverage=True))
    done = compare(needs, given(needs), ours=range(9100, 9200))
    assert (done.missing, done.excess, done.suffices) == ((), (), True)


def test_a_source_alone_needs_no_right_to_change_anything():
    needs = needed(wants(drills=None))
    assert [(one.path, one.privilege) for one in needs if one.is_required] == [
        ("/storage/backup", "Datastore.AllocateSpace"),
        ("/vms/100", "VM.Backup"),
    ]


def test_the_agent_before_and_after_nine():
    def pool(release, agent):
        drills = Drills(pool="p", storage="s", bridges=(), first=1, last=2, agent=agent)
        return {one.privilege for one in needed(wants(release, drills)) if one.path == "/pool/p"}

    assert "VM.Monitor" in pool((8, 4), "run")
    assert not any("GuestAgent" in one for one in pool((8, 4), "run"))
    assert {"VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"} <= pool((9, 0), "run")
    assert "VM.GuestAgent.Unrestricted" not in pool((9, 0), "ask")
    assert not any("Agent" in one or "Monitor" in one for one in pool((9, 0), "none"))


def test_a_disk_comes_back_with_rights_on_copies_and_on_its_storage_alone():
    def asked(**more):
        drills = Drills(pool="p", storage="s", bridges=(), first=1, last=2, **more)
        return {(one.path, one.privilege) for one in needed(wants(drills=drills)) if one.is_required}

    more = asked(returns="handover") - asked()
    on_storage = {"Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate"}
    assert more == {("/pool/p", "VM.Backup"), *(("/storage/handover", name) for name in on_storage)}


def test_disks_are_sent_with_rights_to_make_machines_and_on_their_storage():
    def asked(**more):
        drills = Drills(pool="p", storage="s", bridges=(), first=1, last=2, **more)
        return {(one.path, one.privilege) for one in needed(wants(drills=drills)) if one.is_required}

    assert asked(imports="images") - asked() == {
        ("/storage/images", "Datastore.AllocateTemplate"),
        ("/storage/images", "Datastore.Audit"),
        ("/storage/images", "Datastore.Allocate"),
        *(("/pool/p", f"VM.Config.{name}") for name in ("CPU", "Memory", "HWType", "Disk")),
    }


def test_each_missing_right_is_named():
    needs = needed(wants())
    for one in needs:
        found = given(needs)
        del found[one.path][one.privilege]
        missing = compare(needs, found).missing
        assert one in missing or set(one.any_of) & set(found[one.path])
        assert compare(needs, found).suffices == (not any(gone.is_required for gone in missing))


def test_unrestricted_also_asks_whether_the_agent_is_there():
    needs = needed(wants())
    found = given(needs)
    del found["/pool/drverify"]["VM.GuestAgent.Audit"]
    assert compare(needs, found).missing == ()


@pytest.mark.parametrize(
    ("path", "privilege"),
    [
        ("/", "VM.Allocate"),
        ("/vms", "VM.Backup"),
        ("/vms/100", "VM.Config.Options"),
        ("/vms/500", "VM.Allocate"),
        ("/pool/drverify", "VM.Migrate"),
        ("/storage/backup", "Datastore.Allocate"),
        ("/access", "User.Modify"),
        ("/nodes/pve1", "Sys.Invented"),
    ],
)
def test_each_right_too_many_is_named_with_the_worst_it_can_do(path, privilege):
    needs = needed(wants())
    found = given(needs)
    found.setdefault(path, {})[privilege] = True
    (excess,) = compare(needs, found, ours=range(9100, 9200)).excess
    assert (excess.path, excess.privilege) == (path, privilege)
    assert excess.worst == WORST.get(privilege, "not known")


def test_a_right_that_goes_on_below_is_named_once_where_it_was_given():
    needs = needed(wants())
    found = given(needs)
    for path in ("/", "/vms", "/vms/100", "/vms/700", "/storage", "/nodes"):
        found.setdefault(path, {})["VM.Clone"] = True
    assert [(one.path, one.privilege) for one in compare(needs, found).excess] == [("/", "VM.Clone")]


def test_what_the_pool_hands_down_to_copies_is_no_excess_and_to_others_it_is():
    needs = needed(wants())
    found = given(needs)
    found["/vms/9105"] = dict(found["/pool/drverify"])
    assert compare(needs, found, ours=range(9100, 9200)).excess == ()
    found["/vms/700"] = {"VM.PowerMgmt": True}
    assert [one.path for one in compare(needs, found, ours=range(9100, 9200)).excess] == ["/vms/700"]


def test_guests_of_a_pool_of_sources():
    needs = needed(Wants(release=(9, 1), storages=("backup",), sources=("/pool/production",)))
    found = given(needs)
    found["/vms/100"] = {"VM.Audit": True, "VM.Backup": True}
    assert compare(needs, found).excess == ()


def test_rights_come_from_the_nearest_path_above_as_far_as_they_go_on():
    found = {"/": {"A": True, "B": False}, "/vms": {"C": True}, "/vms/1": {}}
    assert rights_at("/storage/x", found) == {"A"}
    assert rights_at("/", found) == {"A", "B"}
    assert rights_at("/vms/2", found) == {"C"}
    assert rights_at("/vms/1", found) == set()
    assert rights_at("/vms/2", {}) == set()


def test_every_right_that_is_needed_has_its_worst_and_its_purpose():
    for release in ((8, 4), (9, 1)):
        for one in needed(wants(release, nodes=("a",), coverage=True)):
            assert one.privilege in WORST
            assert one.purpose


def test_a_source_asks_for_the_clusters_state_only_for_coverage():
    def paths(**more):
        return {one.path for one in needed(wants(drills=None, **more))}

    assert "/" not in paths()
    assert "/" in paths(coverage=True)
    assert not any(one.is_required for one in needed(wants(drills=None, coverage=True)) if one.path == "/")
