"""What a listing may not be: larger than an audit reads again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.filesets import drawing
from drverify.auditing.layout import LARGEST_LOADED
from drverify.errors import HostError
from drverify.model.files import Sample
from drverify.planning.drawing import Listed

NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def drawn(directory: Path) -> bytes:
    async def listing():
        yield [Listed(f"f{at}", at, at) for at in range(1000)]

    found = await drawing.draw(
        listing(), Sample(files=10), seed="challenge", as_of=NOW, directory=directory, hidden=True
    )
    return found.artefact.content


async def test_a_listing_larger_than_an_audit_reads_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drawing.LARGEST_LOADED == LARGEST_LOADED
    whole = await drawn(tmp_path)
    monkeypatch.setattr(drawing, "LARGEST_LOADED", len(whole))
    assert await drawn(tmp_path) == whole
    monkeypatch.setattr(drawing, "LARGEST_LOADED", len(whole) - 1)
    with pytest.raises(HostError, match="larger than an audit reads") as error:
        await drawn(tmp_path)
    assert "smaller `path`" in error.value.hint
