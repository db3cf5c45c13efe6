import pytest

from drverify.pveconf.surroundings import BackupJob, Surroundings, around

QUIET = Surroundings(guests=frozenset({100}), ha=frozenset(), replicated=frozenset(), jobs=())


def said(vmid=9100, pool="drverify", **changed):
    values = {"guests": QUIET.guests, "ha": QUIET.ha, "replicated": QUIET.replicated, "jobs": QUIET.jobs}
    found = around(vmid, pool, Surroundings(**(values | changed)))
    return [(one.rule, one.key, one.action) for one in found]


def test_a_free_vmid_in_a_quiet_cluster():
    assert said() == []


def test_a_vmid_that_is_taken():
    assert said(vmid=100) == [("taken", "100", "refuse")]


def test_ha_that_outlived_its_guest_would_start_the_copy():
    assert said(ha=frozenset({"vm:9100", "vm:9101"})) == [("ha", "vm:9100", "refuse")]
    assert said(ha=frozenset({"ct:9100"})) == [("ha", "ct:9100", "refuse")]


def test_replication():
    assert said(replicated=frozenset({9100, 5})) == [("replication", "9100", "refuse")]


@pytest.mark.parametrize(
    ("job", "takes"),
    [
        (BackupJob(id="j", takes_all=True), True),
        (BackupJob(id="j", takes_all=True, excluded=frozenset({9100})), False),
        (BackupJob(id="j", takes_all=True, is_enabled=False), False),
        (BackupJob(id="j", vmids=frozenset({9100})), True),
        (BackupJob(id="j", vmids=frozenset({100})), False),
        (BackupJob(id="j", pool="drverify"), True),
        (BackupJob(id="j", pool="production"), False),
        (BackupJob(id="j"), False),
    ],
)
def test_backup_jobs(job, takes):
    assert said(jobs=(job,)) == ([("backup-job", "j", "note")] if takes else [])
    assert said(pool="", jobs=(BackupJob(id="j"),)) == []


def test_what_may_not_be_seen_is_said():
    assert said(ha=None, replicated=None, jobs=None) == [
        ("ha", "ha", "note"),
        ("replication", "replication", "note"),
        ("backup-job", "backup-job", "note"),
    ]
