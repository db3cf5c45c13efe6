"""How the child is started, and what its failures are told as."""

import json
from pathlib import Path

import pytest

from drverify.adapters.workbench import launching
from drverify.adapters.workbench.launching import BenchFailed
from drverify.errors import HostError


def test_a_missing_python_or_kernel_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launching._installed()
    monkeypatch.setattr(launching, "PYTHON", tmp_path / "python3")
    with pytest.raises(HostError, match="for libguestfs's binding") as raised:
        launching._installed()
    assert "python3-guestfs" in raised.value.hint


@pytest.mark.parametrize(
    ("kind", "words", "hint"),
    [
        ("missing", "cannot be loaded", "python3-guestfs"),
        ("launch", "does not start", "libguestfs-test-tool"),
        ("crashed", "died", "OOM"),
    ],
)
def test_what_is_ours_has_advice(kind: str, words: str, hint: str) -> None:
    with pytest.raises(HostError, match=words) as raised:
        launching._answer({"failed": "it cannot be loaded, or died", "kind": kind})
    assert hint in raised.value.hint
    assert not isinstance(raised.value, BenchFailed)


def test_a_step_that_failed_is_for_whoever_asked() -> None:
    with pytest.raises(BenchFailed, match="mount: bad superblock") as raised:
        launching._answer({"failed": "mount: bad\x1bsuperblock", "kind": "command"})
    assert raised.value.kind == "command"
    assert launching._answer({"answer": None}) is None


def test_the_child_stands_apart_and_is_told_where_it_may_look() -> None:
    argv = launching._argv(Path("/room/tmp"), [Path("/room"), Path("/room"), Path("/cache")], 19)
    wanted = json.loads(argv[4])
    assert wanted == {"temporary": "/room/tmp", "seen": ["/room", "/cache"], "nice": 19}
    assert argv[5:8] == ["/usr/bin/python3", "-I", "-B"]
    assert "secret" not in " ".join(argv)
