"""`drverify key`: a key for each role, and a trust file that says so."""

import argparse

import pytest

from drverify.cli import key
from drverify.errors import Exit, InputError
from drverify.model.evidence import ROLES
from drverify.sealing.keys import parse_trust


def cli(module, *argv):
    parser = argparse.ArgumentParser()
    module.arguments(parser)
    return module.run(parser.parse_args([str(word) for word in argv]))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "log"])
def test_every_role_has_its_key(role, tmp_path, capsys):
    assert cli(key, "new", "--role", role, "--out", tmp_path) == Exit.OK
    (made,) = parse_trust((tmp_path / f"{role}.trust.json").read_bytes(), what="it")
    assert (made.role, made.name) == (role, role)
    capsys.readouterr()
    assert (
        cli(key, "show", tmp_path / f"{role}.key", "--role", role, "--called", "acme.example/it") == Exit.OK
    )
    (shown,) = parse_trust(capsys.readouterr().out.encode(), what="it")
    assert (shown.role, shown.name, shown.public_der) == (role, "acme.example/it", made.public_der)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--role", "log"], "the log's own name"),
        (["--role", "runner", "--log", "a/b"], "says role and name already"),
        (["--log", "a/b", "--called", "c"], "says role and name already"),
        (["--role", "log", "--called", "a b"], "cannot be the name of a log"),
        (["--role", "witness", "--called", "a+b"], "cannot be the name of a witness"),
    ],
)
def test_words_that_do_not_go_together(words, why, tmp_path):
    with pytest.raises(InputError, match=why):
        cli(key, "new", *words, "--out", tmp_path)
    assert not list(tmp_path.iterdir())
