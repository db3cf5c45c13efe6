"""Recordings hold no secret and are played again as they were."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.proxmox.errors import NodeUnreachable, NotThere, OutcomeUnknown
from drverify.adapters.proxmox.recording import REMOVED, RecordingWire, ReplayingWire, clean
from drverify.adapters.proxmox.wire import Answer, Question
from drverify.errors import HostError, InputError
from tests.support.pve_script import lost, refused, said

TICKET = "PVE:root@pam:6553F100::c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl"
WITHIN = timedelta(seconds=1)


class Cluster:
    """Says one thing."""

    def __init__(self, data: Any, status: int = 200) -> None:
        self.answer = Answer(status=status, reason="OK", body=json.dumps(data).encode())
        self.closed = False

    def send(self, question: Question, *, within: timedelta) -> Answer:
        return self.answer

    def hide(self, text: str) -> str:
        return text.replace("our-own-secret", "***")

    def close(self) -> None:
        self.closed = True


def question(path: str = "/version", **params: Any) -> Question:
    return Question(method="GET", path=path, params=params, node="")


@pytest.mark.parametrize(
    "data",
    [
        {"ticket": TICKET, "CSRFPreventionToken": "6553F100:abc", "username": "root@pam"},
        {"password": "hunter2", "ticket": TICKET, "port": "5900"},
        {"cipassword": "hunter2", "sshkeys": "ssh-ed25519%20hunter2"},
        [{"key": "cipassword", "value": "hunter2", "pending": "hunter2"}, {"key": "memory", "value": "512"}],
        "memory: 512\ncipassword: hunter2\nname: shop\n",
        {"exited": 1, "out-data": "hunter2", "err-data": "hunter2"},
        {"note": f"somebody pasted {TICKET} here"},
        {"note": "PVEAPIToken=root@pam!x=hunter2-5f1c3a52-90f4"},
        {"note": "our-own-secret"},
        {"deep": [{"er": {"Password": "hunter2"}}]},
    ],
)
def test_no_secret_is_written_down(tmp_path: Path, data: Any) -> None:
    file = tmp_path / "cluster.jsonl"
    wire = RecordingWire(Cluster({"data": data}), file)
    wire.send(question(password="hunter2"), within=WITHIN)
    wire.close()
    written = file.read_text()
    for secret in ("hunter2", "c2lnbmF0dXJl", "6553F100:abc", "our-own-secret"):
        assert secret not in written
    assert len(written.splitlines()) == 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_no_secret_stays() -> None:
    config = {"memory": "512", "name": "shop", "description": "call me", "net0": "virtio=BC:24:11:0:0:1"}
    assert clean(config) == config
    assert clean({"ticket": None}) == {"ticket": None}
    assert clean([{"key": "cipassword", "value": "x"}]) == [{"key": "cipassword", "value": REMOVED}]


def test_a_recording_is_played_again_with_refusals_and_losses(tmp_path: Path) -> None:
    file = tmp_path / "cluster.jsonl"
    cluster = Cluster({"data": {"version": "9.1"}})
    wire = RecordingWire(cluster, file)
    assert wire.send(question(), within=WITHIN) == cluster.answer
    cluster.answer = Answer(status=500, reason="no quorum", body=b'{"data":null,"message":"no quorum\\n"}')
    wire.send(question(), within=WITHIN)
    cluster.answer = Answer(status=502, reason="Bad Gateway", body=b"<html>")
    wire.send(question(), within=WITHIN)
    wire.close()
    assert cluster.closed
    again = ReplayingWire.read(file)
    assert json.loads(again.send(question(), within=WITHIN).body) == {"data": {"version": "9.1"}}
    assert again.send(question(), within=WITHIN).status == 500
    for _ in range(2):  # the last one stays
        assert again.send(question(), within=WITHIN) == cluster.answer


def test_what_was_not_recorded_is_not_made_up() -> None:
    wire = ReplayingWire([said("/version", 1), lost("/nodes"), lost("/x", kind="NodeUnreachable")])
    with pytest.raises(NotThere, match="not in the recording"):
        wire.send(question("/version", node="pve1"), within=WITHIN)
    with pytest.raises(OutcomeUnknown):
        wire.send(question("/nodes"), within=WITHIN)
    with pytest.raises(NodeUnreachable):
        wire.send(question("/x"), within=WITHIN)
    assert [one.path for one in wire.asked] == ["/version", "/nodes", "/x"]


def test_truth_and_one_are_the_same_parameter() -> None:
    wire = ReplayingWire([refused("/x", 500, "no", pending=1)])
    assert wire.send(question("/x", pending=True), within=WITHIN).reason == "no"


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "there.jsonl"
    file.write_text("precious")
    with pytest.raises(HostError, match="File exists"):
        RecordingWire(Cluster({}), file)
    assert file.read_text() == "precious"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        '{"recording": 99}',
        '{"a": 1}',
        '{"recording": 1}\n{"method": "GET"}',
        '{"recording": 1}\n[]',
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    with pytest.raises(InputError):
        ReplayingWire.read(file)
