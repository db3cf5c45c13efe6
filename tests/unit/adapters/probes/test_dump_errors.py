"""Which errors of a load are the dump's, and which are ours."""

import io

import pytest

from drverify.adapters.probes import dump_child
from drverify.adapters.probes.dump_errors import of_archive, of_load, of_query
from drverify.errors import HostError

BROKEN = ("42P01", 'relation "public.extensions" does not exist')
LACKING = [
    ("0A000", 'extension "postgis" is not available'),
    ("42501", 'permission denied to create extension "dblink"'),
    ("42704", 'tablespace "fast" does not exist'),
    ("22023", 'invalid value for parameter "default_tablespace": "fast"'),
    ("42704", 'collation "public.de" for encoding "UTF8" does not exist'),
    ("22023", 'could not create locale "de_DE.utf8": No such file or directory'),
    ("42704", 'unrecognized configuration parameter "transaction_timeout"'),
]
OURS = [
    ("53100", 'could not extend file "base/16384/16385": No space left on device'),
    ("53200", "out of memory"),
    ("57P01", "terminating connection due to administrator command"),
    ("58P01", 'could not access file "$libdir/postgis-3": No such file or directory'),
    ("XX000", "could not read block 0"),
    ("08006", "connection to server failed"),
]


@pytest.mark.parametrize("ours", OURS)
def test_an_error_of_our_server_excuses_everything(ours: tuple[str, str]) -> None:
    for errors in ([ours], [BROKEN, ours], [ours, BROKEN]):
        with pytest.raises(HostError, match=f"SQLSTATE {ours[0]}"):
            of_load(errors)
    with pytest.raises(HostError):
        of_query(*ours)
    with pytest.raises(HostError):
        of_archive("could not read from input file: end of file", [ours], killed=False)


@pytest.mark.parametrize("lacking", LACKING)
def test_what_only_our_server_lacks_excuses_itself_and_what_follows(lacking: tuple[str, str]) -> None:
    for errors in ([lacking], [lacking, BROKEN], [lacking, ("42704", 'type "geometry" does not exist')]):
        with pytest.raises(HostError, match="cannot give it"):
            of_load(errors)
    doubled = ("23505", 'could not create unique index "a"')
    for errors in ([lacking, doubled], [BROKEN, lacking]):
        assert of_load(errors).startswith("the dump does not load: ")
    assert doubled[1] in of_load([lacking, doubled])


@pytest.mark.parametrize(
    "error",
    [
        BROKEN,
        ("0A000", 'cannot alter extension "postgis" of this kind'),
        ("42704", 'type "collation" does not exist'),
        ("22023", 'invalid value for parameter "x": "default_tablespace"'),
    ],
)
def test_a_word_of_the_dump_excuses_nothing(error: tuple[str, str]) -> None:
    assert error[1] in of_load([error])


def test_an_archive_that_there_was_no_room_for_is_not_damaged() -> None:
    assert "truncated" in of_archive("could not read from input file: end of file", [], killed=False)
    for error, killed in (("", True), ("out of memory", False)):
        with pytest.raises(HostError, match="unpacking the dump broke off"):
            of_archive(error, [], killed=killed)


def lines(*some: str) -> list[list[str]]:
    return dump_child._errors(io.BytesIO("".join(f"psql:<stdin>:1: {one}\n" for one in some).encode()))


def test_the_child_keeps_what_matters() -> None:
    assert lines("FATAL:  57P01: terminating connection") == [["57P01", "terminating connection"]]
    assert lines("error: \\connect: FATAL: no pg_hba.conf entry")[0][0] == "08006"
    assert lines("NOTICE:  42P07: exists", "ERROR:  42501: must be owner of extension plpgsql") == []
    found = lines(*["ERROR:  42P01: no"] * 99, "ERROR:  53100: full")
    assert len(found) == 21
    assert found[-1] == ["53100", "full"]


@pytest.fixture
def given_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []

    def give_up(why: str) -> None:
        said.append(why)
        raise SystemExit

    monkeypatch.setattr(dump_child, "_give_up", give_up)
    return said


def test_without_landlock_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch, given_up: list[str]) -> None:
    class Libc:
        def syscall(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(dump_child, "_LIBC", Libc())
    with pytest.raises(SystemExit):
        dump_child._shut_in()
    assert "no Landlock" in given_up[0]
