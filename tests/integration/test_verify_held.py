"""`verify --held`: whoever holds a checkpoint sees whether evidence is in that log, or in another one."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from drverify.adapters.storage.log import LogDirectory
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.model.drill import LoggedStart
from drverify.sealing.logged import leaf_of, note_key
from drverify.sealing.started import seal_start
from drverify.transparency import leaf, proof
from tests.support import records
from tests.support.evidence import (
    LOG,
    LOG_TRUST,
    ORIGIN,
    RESULT_PROOF,
    START,
    START_PROOF,
    sealed,
    signer,
    trusted,
    write_trust,
)


class Provider:
    """A log on disk and one drill in it, with other entries around."""

    def __init__(self, root: Path, *, before: Sequence[bytes], between: int = 0) -> None:
        self.root = root
        self.log = LogDirectory(root / "log", note_key(LOG_TRUST))
        self.log.append(list(before), LOG.sign)
        plan = records.plan(records.agreed().register(records.INCIDENT))
        start = seal_start(plan, signer())
        found = leaf_of("drill-started", start)
        begun = LoggedStart(origin=ORIGIN, index=self.add(leaf.encode(found)), payload=found.payload)
        start_proof = self.prove(begun.index)
        made = sealed(plan, replace(records.record(), start=begun, drill_id=plan.drill_id))
        self.checkpoints = {self.log.size: self.checkpoint()}
        for number in range(between):
            self.add(b"between %d" % number)
            self.checkpoints[self.log.size] = self.checkpoint()
        index = self.add(leaf.encode(leaf_of("restore-drill", made.envelope)))
        made.logged = {START: start, START_PROOF: start_proof, RESULT_PROOF: self.prove(index)}
        self.checkpoints[self.log.size] = self.checkpoint()
        self.drill = made.write(root / "drill")

    def add(self, entry: bytes) -> int:
        return self.log.append([entry], LOG.sign).start

    def prove(self, index: int) -> bytes:
        return proof.render(self.log.proof(index))

    def checkpoint(self) -> bytes:
        return (self.root / "log" / "checkpoint").read_bytes()


@pytest.fixture
def honest(tmp_path: Path) -> Provider:
    return Provider(tmp_path / "honest", before=[b"one", b"two"], between=1)


def verify(
    drill: Path, tmp_path: Path, held: bytes, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, str]:
    (tmp_path / "held").write_bytes(held)
    trust = write_trust(tmp_path / "trust.json", trusted(signer()), LOG_TRUST)
    code = main(["verify", str(drill), "--trust", str(trust), "--held", str(tmp_path / "held"), *more])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_held_checkpoint_of_any_age_is_of_the_same_log(honest: Provider, tmp_path: Path, capsys) -> None:
    first = LogDirectory(tmp_path / "first", note_key(LOG_TRUST))
    first.append([b"one", b"two"], LOG.sign)
    honest.add(b"later")
    copy = ("--log", str(honest.root / "log"))
    said = {
        2: "of which 2 entries are held; this drill came later",
        3: "of which 3 entries are held; the start is among them, the result came later",
        5: "of which 5 entries are held; both entries are among them",
        6: "of which 6 entries are held; both entries are among them",
    }
    contents = {
        **honest.checkpoints,
        2: (tmp_path / "first" / "checkpoint").read_bytes(),
        6: honest.checkpoint(),
    }
    for size, text in said.items():
        code, out = verify(honest.drill, tmp_path, contents[size], capsys, *copy)
        assert (code, text in out) == (Exit.OK, True), out


def test_sizes_that_differ_show_nothing_without_a_copy_and_that_is_no_green(
    honest: Provider, tmp_path: Path, capsys
) -> None:
    code, out = verify(honest.drill, tmp_path, honest.checkpoints[5], capsys)
    assert (code, "the evidence of 3 and 5" in out, "HOLDS" in out) == (
        Exit.WRONG_INPUT,
        True,
        False,
    ), out


def test_a_second_history_is_refused(honest: Provider, tmp_path: Path, capsys) -> None:
    """A provider that dropped the failed drill before this one and logged this one anew."""
    other = Provider(tmp_path / "other", before=[b"one"], between=2)
    for copy in (honest, other):
        code, out = verify(
            other.drill, tmp_path, honest.checkpoints[4], capsys, "--log", str(copy.root / "log")
        )
        assert (code, "DOES NOT HOLD" in out) == (Exit.EVIDENCE_INVALID, True), out
    code, out = verify(other.drill, tmp_path, honest.checkpoints[5], capsys)
    assert (code, "the log signed two trees of 5 entries" in out) == (Exit.EVIDENCE_INVALID, True), out
    assert "together they show it" in out


def test_a_copy_that_is_damaged_or_too_old_shows_nothing(honest: Provider, tmp_path: Path, capsys) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(honest.root / "log", damaged)
    for tile in (damaged / "tile" / "0").glob("**/*"):
        if tile.is_file():
            tile.write_bytes(bytes(len(tile.read_bytes())))
    empty = tmp_path / "empty"
    empty.mkdir()
    for copy in (damaged, empty):
        code, out = verify(honest.drill, tmp_path, honest.checkpoints[5], capsys, "--log", str(copy))
        assert (code, "DOES NOT HOLD" in out) == (Exit.EVIDENCE_INVALID, True), out


def test_what_is_wrong_with_the_arguments(honest: Provider, tmp_path: Path, capsys) -> None:
    text = honest.checkpoints[5]
    assert verify(honest.drill, tmp_path, text[:-9] + b"AAAAAAA=\n", capsys)[0] == Exit.WRONG_INPUT
    assert verify(honest.drill, tmp_path, b"hello", capsys)[0] == Exit.WRONG_INPUT
    code, out = verify(honest.drill, tmp_path, text, capsys, "--log", str(tmp_path / "absent"))
    assert (code, "not a directory" in out) == (Exit.WRONG_INPUT, True)
    trust = write_trust(tmp_path / "runner.json", trusted(signer()))
    words = ["verify", str(honest.drill), "--trust", str(trust)]
    assert main([*words, "--held", str(tmp_path / "held")]) == Exit.WRONG_INPUT
    assert "signed by no log of the trust file" in capsys.readouterr().err
    assert main([*words, "--log", str(tmp_path)]) == Exit.WRONG_INPUT
    assert "--log is for --held" in capsys.readouterr().err


def test_json_says_it_too(honest: Provider, tmp_path: Path, capsys) -> None:
    code, out = verify(
        honest.drill, tmp_path, honest.checkpoints[5], capsys, "--log", str(honest.root / "log"), "--json"
    )
    assert (code, json.loads(out)["held"][-1].startswith("the log is the one of which 5")) == (Exit.OK, True)
