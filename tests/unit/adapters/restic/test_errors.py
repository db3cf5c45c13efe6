"""Each text that restic was seen to write becomes an error of its own."""

import pytest

from drverify.adapters.restic.abilities import Abilities
from drverify.adapters.restic.errors import (
    CutOff,
    DamagedData,
    Failure,
    Killed,
    Locked,
    NoRepository,
    NoSpace,
    NoSuchPoint,
    NotInPoint,
    WrongPassword,
    lines,
    translate,
)
from drverify.errors import DefectError, HarnessError, HostError, SourceError

OLD = Abilities(version=(0, 14, 0))
NEW = Abilities(version=(0, 18, 0))
PACK = "7e3a384e912f86d9965aa1d2aee19337c1f96e52f91acbf968f9bace1da2dd14"
BLOB = "7831ec4e27c63a3eabb8f5a33288d14ab6e25c06e5175ecad4147ce10484cbac"

SEEN = [
    ("Fatal: wrong password or no key found", WrongPassword),
    (
        (
            "Fatal: unable to open config file: stat /r/config: no such file or directory\n"
            "Is there a repository at the following location?\n/r"
        ),
        NoRepository,
    ),
    (
        (
            'Fatal: unable to open config file: client.Head: Head "http://u:***@h/x/config": dial tcp 127.0.0.1:9:'
            " connect: connection refused\nIs there a repository at the following location?\nrest:http://u:***@h/x/"
        ),
        CutOff,
    ),
    (
        'Fatal: unable to open config file: client.Head: Head "http://h/x/config": EOF\nIs there a repository',
        CutOff,
    ),
    (
        "Fatal: unable to open config file: open /r/config: permission denied\nIs there a repository at",
        CutOff,
    ),
    (
        "subprocess ssh: ssh: connect to host h port 22: Connection refused\nFatal: unable to open repository",
        CutOff,
    ),
    (
        (
            "Fatal: unable to open repository at sftp:h:/r: unable to start the sftp session, error: EOF\n"
            "subprocess ssh: Host key verification failed."
        ),
        CutOff,
    ),
    (
        (
            "Fatal: unable to open config file: Stat: The AWS Access Key Id you provided does not exist in our "
            "records.\nIs there a repository at the following location?\ns3:http://h/vault"
        ),
        CutOff,
    ),
    (
        (
            f"subprocess ssh: Warning: Permanently added 'h' to the list of known hosts.\nid {BLOB} not found in "
            "repository"
        ),
        DamagedData,
    ),
    ('cannot dump file: path "/nope" not found in snapshot', NotInPoint),
    ('invalid id "deadbeef": no matching ID found for prefix "deadbeef"', NoSuchPoint),
    (f"cannot dump file: decrypting blob {BLOB} failed: ciphertext verification failed", DamagedData),
    ("Fatal: load <index/680136c0bd>: invalid data returned", DamagedData),
    ("Fatal: config or key e11a48e4 is damaged: ciphertext verification failed", DamagedData),
    (
        f"id {BLOB} not found in repository\ngithub.com/restic/restic/internal/repository.go\n\t/x.go:1",
        DamagedData,
    ),
    ("unable to create lock in backend: repository is already locked exclusively by PID 5", Locked),
    ("ignoring error for /x: write /s/x: no space left on device\nFatal: There were 1 errors", NoSpace),
    ('fusermount: exec: "fusermount": executable file not found in $PATH', HostError),
    ("Fatal: something that nobody has seen yet", SourceError),
    ("", SourceError),
]


def failed(text: str, code: int = 1) -> Failure:
    return Failure(exit_code=code, stderr=text, doing="restoring /disk", file="/disk")


@pytest.mark.parametrize(
    ("text", "kind"), SEEN, ids=[kind.__name__ + str(at) for at, (_, kind) in enumerate(SEEN)]
)
def test_each_text_has_its_type(text: str, kind: type[Exception]) -> None:
    assert type(translate(failed(text), OLD)) is kind


@pytest.mark.parametrize(("code", "kind"), [(10, NoRepository), (11, Locked), (12, WrongPassword)])
def test_codes_count_from_0_17_on(code: int, kind: type[Exception]) -> None:
    assert type(translate(failed("Fatal: anything", code), NEW)) is kind
    assert type(translate(failed("Fatal: anything", code), OLD)) is SourceError


def test_no_answer_is_not_no_repository() -> None:
    assert (
        type(translate(failed("Fatal: repository does not exist: dial tcp: connection refused", 10), NEW))
        is CutOff
    )


def test_a_signal_is_ours_whatever_was_said() -> None:
    error = translate(failed("ciphertext verification failed", -9), NEW)
    assert type(error) is Killed
    assert "SIGKILL" in str(error)


@pytest.mark.parametrize(
    ("text", "pack", "blob"),
    [
        (f"decrypting blob {BLOB} failed: ciphertext verification failed", "", BLOB),
        (
            "decrypting blob <data/7831ec4e> from 7e3a384e failed: ciphertext verification failed",
            "7e3a384e",
            "7831ec4e",
        ),
        (f"ReadFull(<data/7e3a384e91>): open /r/data/7e/{PACK}: no such file or directory", PACK, ""),
        ("ReadFull(<data/7e3a384e91>): unexpected EOF", "7e3a384e91", ""),
    ],
)
def test_damage_says_where(text: str, pack: str, blob: str) -> None:
    error = translate(failed(f"Fatal: cannot dump file: {text}"), NEW)
    assert isinstance(error, DamagedData)
    assert (error.file, error.pack, error.blob) == ("/disk", pack, blob)
    assert "/disk" in str(error)


def test_damage_in_a_set_of_files_names_the_file() -> None:
    error = translate(
        failed("ignoring error for /srv/a: b.txt: ReadFull(<data/7e3a384e91>): unexpected EOF"), OLD
    )
    assert isinstance(error, DamagedData)
    assert error.file == "/srv/a"  # restic's line is ambiguous: the shortest reading


def test_a_full_disk_outweighs_what_follows_from_it() -> None:
    text = "ReadFull(<data/7e3a384e91>): unexpected EOF\nwrite /s/x: no space left on device"
    assert type(translate(failed(text), OLD)) is NoSpace


def test_a_lost_network_is_never_a_damaged_backup() -> None:
    text = "Load(<data/7e3a384e91>, 10, 0) returned error, retrying after 1s: read: connection reset by peer"
    error = translate(failed(text), OLD)
    assert type(error) is CutOff
    assert isinstance(error, HarnessError)
    assert not isinstance(error, DefectError)


def test_json_errors_are_unwrapped_and_traces_dropped() -> None:
    text = (
        '{"message_type":"exit_error","code":1,"message":"Fatal: first\\ngithub.com/restic/x\\n\\t/y.go:3"}\n'
        '{"message_type":"error","error":{"message":"bad"},"during":"restore","item":"/a"}\n{not json\n\x1bplain'
    )
    assert lines(text) == ["first", "ignoring error for /a: bad", "{not json", "?plain"]
