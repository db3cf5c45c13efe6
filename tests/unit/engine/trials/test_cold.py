"""The escrow gives what is listed and as it was put there, and notes everything else."""

import hashlib
from dataclasses import replace

import pytest

from drverify.engine.trials.cold import Escrow, EscrowError
from drverify.errors import HarnessError, InputError
from drverify.model.access import Access
from drverify.model.agreement import Sha256
from drverify.model.cold import Asked, ColdStart, EscrowedFile, EscrowedKey
from drverify.model.recovery import SecretRef
from drverify.model.steps import PutStep

KEY = EscrowedKey(ref=SecretRef("file:pw"), escrow=SecretRef("file:envelope"), kept="a safe")
STEP = PutStep(id="conf", access=Access(via="agent"), source="nginx.conf", path="/etc/nginx.conf")
CONTENT = b"worker_processes 1;"


def digest(content: bytes) -> Sha256:
    return Sha256(hashlib.sha256(content).hexdigest())


def read(ref: SecretRef) -> bytes:
    if ref != "file:envelope":
        raise InputError(f"{ref} cannot be read")
    return b"hush"


def test_a_listed_key_is_read_where_its_copy_lies() -> None:
    escrow = Escrow(ColdStart(keys=(replace(KEY, sha256=digest(b"hush")),)), read)
    assert escrow.secret(SecretRef("file:pw")) == b"hush"
    assert escrow.secret(SecretRef("file:pw")) == b"hush"
    assert escrow.asked == (Asked(what="file:pw", answer="given"),)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ((), "not in escrow"),
        ((replace(KEY, sha256=digest(b"another")),), "another than was put there"),
        ((replace(KEY, escrow=SecretRef("file:lost")),), "cannot be read"),
    ],
)
def test_what_it_does_not_give_is_ours_to_mend(keys: tuple[EscrowedKey, ...], answer: str) -> None:
    escrow = Escrow(ColdStart(keys=keys), read)
    with pytest.raises(EscrowError, match="the escrow is incomplete") as raised:
        escrow.secret(SecretRef("file:pw"))
    assert isinstance(raised.value, HarnessError)
    assert [(one.what, one.answer) for one in escrow.asked] == [("file:pw", answer)]
    assert "hush" not in str(raised.value)


def test_files_that_steps_put() -> None:
    listed = EscrowedFile(path="nginx.conf", sha256=digest(CONTENT), kept="the same")
    escrow = Escrow(ColdStart(files=(listed,)), read)
    assert escrow.put(lambda _: CONTENT)(STEP) == CONTENT
    with pytest.raises(EscrowError, match="is not the one that was put there"):
        escrow.put(lambda _: b"changed")(STEP)
    assert escrow.asked[-1].answer == "another than was put there"
    with pytest.raises(EscrowError, match=r"the file nginx\.conf is not in it"):
        Escrow(ColdStart(), read).put(lambda _: CONTENT)(STEP)
