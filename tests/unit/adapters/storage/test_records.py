"""Records on disk: each is there whole before it is logged, and what is no record hides none."""

from pathlib import Path

import pytest

from drverify.adapters.storage.records import RecordDirectory
from drverify.errors import EvidenceError
from drverify.model.evidence import Blob
from drverify.sealing.records.building import kind_of
from tests.support import records, stated
from tests.support.stated import KEYS, every_kind, sealed


@pytest.fixture
def kept(tmp_path: Path) -> RecordDirectory:
    return RecordDirectory(tmp_path / "state" / "records", lambda: KEYS)


def test_every_kind_is_kept_under_its_name_and_found_again(kept: RecordDirectory) -> None:
    assert list(kept.entries()) == []
    paths = [kept.keep(sealed(one)) for one in every_kind()]
    assert paths == [kept.keep(sealed(one)) for one in every_kind()], "again is nothing new"
    assert all(
        path.name.startswith(f"{kind_of(one)}-") for path, one in zip(paths, every_kind(), strict=True)
    )
    found = {one.path: one.checked.record for one in kept.entries() if one.checked}
    assert found == dict(zip(paths, every_kind(), strict=True))
    assert len(kept.stated().checked) == len(every_kind())
    assert oct(kept.path.stat().st_mode & 0o777) == "0o700"


def test_files_lie_beside_by_their_digests_and_a_damaged_one_is_written_anew(kept: RecordDirectory) -> None:
    blob = Blob(name="contract.json", media_type="application/json", content=b"{}")
    kept.keep(sealed(stated.register()), [blob])
    path = kept.path / "artefacts" / "sha256" / records.digest(b"{}")
    path.write_bytes(b"{")
    kept.keep(sealed(stated.register()), [blob])
    assert path.read_bytes() == b"{}"


def test_another_envelope_of_the_same_statement_replaces_none(kept: RecordDirectory) -> None:
    path = kept.keep(sealed(stated.register()))
    with pytest.raises(EvidenceError, match="with other signatures already"):
        kept.keep(sealed(stated.register(), "provider"))
    assert path.read_bytes() == sealed(stated.register())


def test_what_is_no_record_is_left_out_and_what_does_not_hold_is_named(kept: RecordDirectory) -> None:
    good = kept.keep(sealed(stated.schedule()))
    half = kept.keep(sealed(stated.register(), "provider"))
    (kept.path / "notes.dsse.json").write_text("garbage")
    (kept.path / ".register-1.dsse.json.77.part").write_text("a writer was killed here")
    (kept.path / "folder.dsse.json").mkdir()
    found = {one.path: one.why for one in kept.entries()}
    assert found == {
        good: "",
        half: "signature: a register is signed by the provider and the customer, there are 1",
    }
    assert list(kept.stated().refused.values()) == [found[half]]


def test_keys_are_asked_for_when_records_are_read(tmp_path: Path) -> None:
    keys: list = []
    kept = RecordDirectory(tmp_path / "records", lambda: keys)
    kept.keep(sealed(stated.close()))
    assert [one.checked for one in kept.entries()] == [None]
    keys += KEYS
    assert [one.checked.kind for one in kept.entries() if one.checked] == ["period-close"]


def test_nothing_but_a_record_is_kept(kept: RecordDirectory) -> None:
    with pytest.raises(EvidenceError):
        kept.keep(b"{}")
    assert not kept.path.exists()
