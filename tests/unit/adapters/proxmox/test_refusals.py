"""Every text of the table, and what it is to us."""

import pytest

from drverify.adapters.proxmox.errors import (
    AgentRefused,
    AlreadyThere,
    ApiError,
    AuthenticationFailed,
    BadParameters,
    ConfigChanged,
    DamagedArchive,
    GuestLocked,
    LockTimeout,
    NoAgent,
    NodeUnreachable,
    NoQuorum,
    NoSpace,
    NotPermitted,
    NotRunning,
    NotThere,
    Protected,
    StillRunning,
    StorageOffline,
    TaskFailed,
    for_host,
    for_source,
)
from drverify.adapters.proxmox.refusals import LONGEST, Refusal, failed_task, one_line, translate
from drverify.errors import DefectError, HarnessError, HostError, SourceError

TEXTS: list[tuple[type[Exception], str]] = [
    (NoQuorum, "cluster not ready - no quorum?"),
    (NoQuorum, "error during cfs-locked 'file-user_cfg' operation: no quorum!"),
    (LockTimeout, "can't lock file '/var/lock/qemu-server/lock-9100.conf' - got timeout"),
    (
        LockTimeout,
        "unable to restore VM 9100 - can't lock file '/var/lock/qemu-server/lock-9100.conf' - got timeout",
    ),
    (LockTimeout, "error during cfs-locked 'storage-drill' operation: got lock request timeout"),
    (LockTimeout, "can't acquire lock '/run/lock/lxc/pve-config-200.lock' - got timeout"),
    (GuestLocked, "VM is locked (backup)"),
    (GuestLocked, "unable to restore VM 9100 - VM is locked (create)"),
    (GuestLocked, "CT is locked (snapshot-delete)"),
    (AlreadyThere, "unable to create VM 9100 - VM 9100 already exists on node 'pve1'"),
    (AlreadyThere, "unable to restore CT 9100 - CT 9100 already exists on node 'pve2'"),
    (AlreadyThere, "unable to create VM 9100: config file already exists"),
    (NoSpace, "unable to write: No space left on device"),
    (NoSpace, "vma: restore failed - blk_pwrite to /dev/drill/vm-9100-disk-0 failed (-28)"),
    (NoSpace, "zfs error: cannot create 'rpool/data/vm-9100-disk-0': out of space"),
    (
        NoSpace,
        "lvcreate 'pve/vm-9100-disk-0' error: Volume group \"pve\" has insufficient free space (1 extents)",
    ),
    (NoSpace, "Insufficient free extents"),
    (NoSpace, "write: Disk quota exceeded"),
    (StorageOffline, "storage 'nas' is not online"),
    (StorageOffline, "storage 'nas' is not available on node 'pve1'"),
    (StorageOffline, "storage 'nas' is disabled"),
    (StorageOffline, "unable to activate storage 'nas' - directory is expected to be a mount point"),
    (StorageOffline, "pbs: error fetching datastores - 500 Can't connect to pbs.example:8007 (timeout)"),
    (StorageOffline, "error listing snapshots - 401 Unauthorized"),
    (StorageOffline, "read failed: Stale file handle"),
    (StorageOffline, "zstd: /mnt/pve/nas/dump/x.vma.zst: Input/output error"),
    (StorageOffline, "mount error: mount.nfs: Connection timed out"),
    (BadParameters, "Content type 'images' is not available on storage 'local'"),
    (NotPermitted, "only root can set 'hookscript' config"),
    (NotPermitted, "only root can set 'hostpci0' config for non-mapped devices"),
    (NotThere, "Failed to extract config from VMA archive: stat: No such file or directory"),
    (NotThere, "volume 'local:iso/debian.iso' does not exist"),
    (
        ApiError,
        "Failed to extract config from VMA archive: Error: missing key - manifest was created with key d3:ad",
    ),
    (DamagedArchive, "vma: restore failed - detected missing cluster 12 for stream drive-scsi0"),
    (DamagedArchive, "vma: restore failed - short vma extent"),
    (DamagedArchive, "archive does not contain data for drive 'scsi1'"),
    (DamagedArchive, "vma: restore failed - wrong vma header chechsum"),
    (DamagedArchive, "vma: restore failed - wrong vma extend header chechsum"),
    (DamagedArchive, "got timeout reading VMA header - corrupted?"),
    (
        DamagedArchive,
        "Failed to extract config from VMA archive: command 'vma config x' failed: exit code 133",
    ),
    (DamagedArchive, "zstd: /*stdin*\\: Decoding error (36) : Restored data doesn't match checksum"),
    (DamagedArchive, "zstd: x.vma.zst: unexpected end of file"),
    (DamagedArchive, "zstd: x.vma.zst: unsupported format"),
    (DamagedArchive, "gzip: x.vma.gz: unexpected end of file"),
    (DamagedArchive, "gzip: stdin: invalid compressed data--crc error"),
    (DamagedArchive, "lzop: x.vma.lzo: Checksum error (lzo-file corrupted)"),
    (DamagedArchive, "tar: Unexpected EOF in archive"),
    (ConfigChanged, "checksum mismatch (file change by other user?)"),
    (ConfigChanged, "detected modified configuration - file changed by other user? Try again."),
    (Protected, "can't remove VM 9100 - protection mode enabled"),
    (NoAgent, "No QEMU guest agent configured"),
    (NoAgent, "QEMU guest agent is not running"),
    (NoAgent, "VM 9100 qga command 'guest-exec' failed - got timeout"),
    (NoAgent, "VM 9100 qmp command 'guest-ping' failed - got timeout"),
    (AgentRefused, "Agent error: Invalid parameter 'pid'"),
    (AgentRefused, "Command guest-exec has been disabled: the command is not allowed"),
    (AgentRefused, "The command guest-exec has not been found"),
    (NotRunning, "VM 9100 is not running"),
    (NotRunning, "VM 9100 not running"),
    (NotRunning, "CT 9100 not running"),
    (StillRunning, "VM 9100 is running - destroy failed"),
    (StillRunning, "VM 9100 already running"),
    (StillRunning, "unable to restore vm: vm is running"),
    (NotThere, "Configuration file 'nodes/pve1/qemu-server/9100.conf' does not exist"),
    (NotThere, "storage 'drill' does not exist"),
    (NotThere, "bridge 'drill0' does not exist"),
    (NotThere, "unable to parse worker upid 'UPID:x'"),
    (NotThere, "no such cluster node 'pve9'"),
    (
        NotThere,
        "hostname lookup 'pve9' failed - failed to get address info for: pve9: Name or service not known",
    ),
]


def test_a_configuration_that_was_not_read_for_unknown_reasons_says_nothing_about_the_backup() -> None:
    said = "Failed to extract config from VMA archive: unheard of"
    assert type(translate(Refusal(doing=DOING, status=500, said=said))) is ApiError


DOING = "GET /nodes/pve1/qemu/9100/config"


@pytest.mark.parametrize(("kind", "text"), TEXTS, ids=[text[:50] for _, text in TEXTS])
def test_a_text_has_its_type_wherever_it_is_said(kind: type[Exception], text: str) -> None:
    answered = translate(Refusal(doing=DOING, status=500, said=f"{text}\n"))
    assert type(answered) is kind
    assert text in str(answered)
    assert DOING in str(answered)
    assert type(failed_task("task qmrestore 9100", text, ())) is kind
    in_log = failed_task(
        "task qmrestore 9100", "command 'set -o pipefail' failed: exit code 1", ["x", text, "y"]
    )
    assert type(in_log) is kind


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in TEXTS}, key=str))
def test_only_a_damaged_archive_counts_against_the_backup(kind: type[Exception]) -> None:
    assert issubclass(kind, DefectError) == (kind is DamagedArchive)
    assert issubclass(kind, HarnessError) != (kind is DamagedArchive)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationFailed),
        (403, NotPermitted),
        (400, BadParameters),
        (501, NotThere),
        (502, NodeUnreachable),
        (504, NodeUnreachable),
        (595, NodeUnreachable),
        (596, NodeUnreachable),
        (597, NodeUnreachable),
        (599, NodeUnreachable),
        (500, ApiError),
    ],
)
def test_a_status_counts_for_more_than_the_text(status: int, kind: type[ApiError]) -> None:
    error = translate(Refusal(doing=DOING, status=status, said="something else"))
    assert type(error) is kind
    assert isinstance(error, ApiError)
    assert error.status == status
    assert error.said == "something else" or status == 400


def test_the_lock_is_named() -> None:
    error = translate(Refusal(doing=DOING, status=500, said="VM is locked (backup)"))
    assert isinstance(error, GuestLocked)
    assert error.lock == "backup"


@pytest.mark.parametrize(
    ("said", "where", "privileges"),
    [
        ("Permission check failed (/vms/100, VM.Backup)", "/vms/100", ("VM.Backup",)),
        (
            "Permission check failed (/storage/drill, Datastore.AllocateSpace|Datastore.Audit)",
            "/storage/drill",
            ("Datastore.AllocateSpace", "Datastore.Audit"),
        ),
        ("Permission check failed", "", ()),
        ("Permission check failed (/access not available with API token)", "", ()),
    ],
)
def test_a_missing_right_is_named(said: str, where: str, privileges: tuple[str, ...]) -> None:
    error = translate(Refusal(doing=DOING, status=403, said=said))
    assert isinstance(error, NotPermitted)
    assert (error.where, error.privileges) == (where, privileges)
    assert error.hint


def test_wrong_parameters_are_listed() -> None:
    fields = {"vmid": "value must have a minimum of 100", "bogus": "property is not defined in schema\n"}
    error = translate(
        Refusal(doing=DOING, status=400, said="Parameter verification failed.\n", fields=fields)
    )
    assert isinstance(error, BadParameters)
    assert error.fields == {
        "vmid": "value must have a minimum of 100",
        "bogus": "property is not defined in schema",
    }
    assert "vmid: value must have a minimum of 100" in str(error)


def test_a_task_that_nobody_knows_the_end_of() -> None:
    killed = failed_task("task qmrestore 9100", "unexpected status", ())
    assert type(killed) is TaskFailed
    assert "killed" in killed.hint
    assert type(failed_task("task qmstart 9100", "start failed: QEMU exited with code 1", ())) is TaskFailed


def test_the_exit_status_counts_for_more_than_the_log() -> None:
    log = ["some line about a volume that does not exist", "short vma extent"]
    assert type(failed_task("task", "VM is locked (backup)", log)) is GuestLocked


def test_only_the_end_of_a_log_is_looked_at() -> None:
    assert type(failed_task("task", "exit code 1", ["short vma extent", *["x"] * 60])) is TaskFailed


def test_words_are_bounded_and_printable() -> None:
    assert one_line("a\nb\x1b[31mc\u202e") == "a b [31mc"
    assert len(one_line("x" * 10_000)) == LONGEST
    error = translate(Refusal(doing=DOING, status=500, said="y" * 100_000))
    assert len(str(error)) < LONGEST + 100


def test_the_side_that_asks_is_to_blame() -> None:
    with pytest.raises(SourceError, match="no quorum") as source, for_source():
        raise NoQuorum("no quorum", hint="wait")
    assert source.value.hint == "wait"
    assert isinstance(source.value.__cause__, NoQuorum)
    with pytest.raises(HostError), for_host():
        raise NoQuorum("no quorum")
    with pytest.raises(DamagedArchive), for_host():
        raise DamagedArchive("broken")
