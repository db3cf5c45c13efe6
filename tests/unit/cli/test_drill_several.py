"""Several drills, one after the other, of which one cannot be run."""

import json
from types import SimpleNamespace

import pytest

from drverify.cli import drill
from drverify.errors import HostError


@pytest.mark.parametrize("as_json", [True, False])
async def test_an_error_leaves_the_report_of_what_was_done(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def drilled(_workshop, order, _slot, _shown):
        if order == "b":
            raise HostError("no room")
        return SimpleNamespace(name=order), 0

    monkeypatch.setattr(drill, "_drilled", drilled)
    monkeypatch.setattr(drill.machine, "concluded", lambda one: {"drill": one.name})
    monkeypatch.setattr(drill, "hardware_table", lambda done: f"table of {[one.name for one in done]}")
    with pytest.raises(HostError, match="no room"):
        await drill._run(
            SimpleNamespace(), ["a", "b", "c"], "", drill._Shown(as_json=as_json, log=False, span=None)
        )
    out = capsys.readouterr().out
    if as_json:
        assert json.loads(out) == [{"drill": "a"}]
    else:
        assert "table of ['a']" in out
    with pytest.raises(HostError):
        await drill._run(
            SimpleNamespace(), ["b", "a"], "", drill._Shown(as_json=as_json, log=False, span=None)
        )
    assert capsys.readouterr().out == ""
