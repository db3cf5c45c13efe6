"""Real time stamps in a bundle: openssl's authority, and the library that reads them."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.stamping.tokens import check_token
from drverify.auditing.audit import audit
from drverify.auditing.question import Question
from drverify.model.audit import Audit, Weight
from drverify.transparency.stamping import stamped_bytes
from lab.authority.making import Authority, opened
from tests.support import periods
from tests.support.authorities import token_of, trusted_root


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return opened(tmp_path_factory.mktemp("authority") / "first", "first")


@pytest.fixture
def kept(tmp_path: Path, authority: Authority) -> Iterator[periods.Kept]:
    """Agreed and planned; stamped, drilled, stamped again."""
    made = periods.Kept(tmp_path / "state", points=9)
    made.register()
    made.schedule([periods.slot(0)])
    _stamp(made, authority, tmp_path)
    made.drill(0)
    _stamp(made, authority, tmp_path)
    yield made
    shutil.rmtree(made.root)


def _stamp(kept: periods.Kept, authority: Authority, scratch: Path) -> None:
    head = kept.log.tiles.head()
    assert head is not None
    content = stamped_bytes(head[1], kept.log.tiles.key)
    for folder, name, data in (
        ("checkpoints", str(head[0].size), content),
        ("timestamps", f"{head[0].size}.first.tsr", token_of(authority, content, scratch)),
    ):
        (kept.log.path / folder).mkdir(exist_ok=True)
        (kept.log.path / folder / name).write_bytes(data)


def _audited(kept: periods.Kept, authority: Authority) -> Audit:
    trust = replace(periods.TRUST, authorities=(trusted_root(authority),))
    at = datetime.now(UTC) + timedelta(days=1)
    return audit(periods.MemoryBundle.of(kept.gather()), Question(trust=trust, at=at, check=check_token))


def test_stamps_that_hold_date_every_entry(kept: periods.Kept, authority: Authority) -> None:
    found = _audited(kept, authority)
    assert any("2 time stamps over 2 of its checkpoints hold, by first" in one for one in found.held)
    assert not {"no-time-stamp", "bad-time-stamp"} & {one.code for one in found.findings}


def test_tokens_that_changed_places_are_refused(kept: periods.Kept, authority: Authority) -> None:
    folder = kept.log.path / "timestamps"
    one, other = sorted(folder.iterdir())
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    found = _audited(kept, authority)
    assert [one.code for one in found.findings if one.weight is Weight.REFUSED] == ["bad-time-stamp"] * 2


def test_a_flipped_byte_of_a_token_is_refused(kept: periods.Kept, authority: Authority) -> None:
    one = next(iter(sorted((kept.log.path / "timestamps").iterdir())))
    content = bytearray(one.read_bytes())
    content[len(content) // 2] ^= 1
    one.write_bytes(content)
    assert not _audited(kept, authority).holds
