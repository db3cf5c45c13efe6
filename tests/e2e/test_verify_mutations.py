"""`drverify verify` on good evidence, and on every bad copy of it."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.cli import key, verify
from drverify.errors import Exit, InputError
from drverify.model.drill import ProbeStatus
from tests.support import records
from tests.support.evidence import LOG_TRUST, Sealed, logged, resigned, sealed, signer, trusted, write_trust
from tests.support.mutations import OUTSIDERS, UNLOGGED, lies, mutated

GOOD = sealed()
LOGGED = logged()
COPIES = 200


def cli(module: ModuleType, *argv: object) -> int:
    parser = argparse.ArgumentParser(prog="drverify", epilog=module.EXAMPLES)
    module.arguments(parser)
    return module.run(parser.parse_args([str(word) for word in argv]))


@pytest.fixture
def trust(tmp_path):
    return write_trust(tmp_path / "trust.json", trusted(signer()))


def exit_code(evidence: Sealed, directory: Path, trust: Path) -> int:
    """What `drverify verify` says of the evidence, laid out as a drill's directory."""
    try:
        return cli(verify, evidence.write(directory), "--trust", trust, "--json")
    finally:
        shutil.rmtree(directory)


def test_good_evidence_holds_and_says_what_it_shows(tmp_path, trust, capsys):
    drill = GOOD.write(tmp_path / "drill")
    assert cli(verify, drill, "--trust", trust) == Exit.OK
    shown = capsys.readouterr().out
    assert shown.startswith("The evidence HOLDS: ")
    assert "What it shows: 5 MET, 1 MISSED." in shown
    assert re.search(r"MISSED +clause 4.6 +retention-shop +limit 30 d, achieved 7 d 1 h", shown)
    assert re.search(r"MET +clause 6.1 +rto-shop +limit 4 h, achieved 2 min 14 s, allowance 30 min", shown)
    assert f"test runner ({signer().keyid})" in shown
    assert "10. 6 verdicts recomputed" in shown


def test_the_envelope_itself_may_be_named_and_json_is_for_programs(tmp_path, trust, capsys):
    drill = GOOD.write(tmp_path / "drill")
    assert cli(verify, drill / "evidence.dsse.json", "--trust", trust, "--json") == Exit.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["holds"] is True
    assert [one["outcome"] for one in shown["verdicts"]].count("MET") == 5


def test_logged_evidence_holds_and_says_where_it_is_logged(tmp_path, capsys):
    trust = write_trust(tmp_path / "trust.json", trusted(signer()), LOG_TRUST)
    assert cli(verify, LOGGED.write(tmp_path / "drill"), "--trust", trust) == Exit.OK
    shown = capsys.readouterr().out
    assert f"the log {LOG_TRUST.name} holds the start as entry 0, the result as 1" in shown
    assert "note:" not in shown


def test_200_mutated_copies_are_refused(tmp_path, capsys):
    trust = write_trust(tmp_path / "trust.json", trusted(signer()), LOG_TRUST)
    accepted, seen = [], set()
    for name, bad in mutated(LOGGED, COPIES):
        assert bad != LOGGED, f"{name} changes nothing"
        if exit_code(bad, tmp_path / name, trust) != Exit.EVIDENCE_INVALID:
            accepted.append(name)
        told = json.loads(capsys.readouterr().out)
        assert told["holds"] is False
        seen.add(told["refused"])
    assert accepted == []
    assert len(seen) > len(OUTSIDERS + UNLOGGED) / 2  # refused for what is wrong, not all for one reason


@pytest.mark.parametrize(("name", "bad"), list(lies(GOOD, signer())))
def test_lies_that_the_trusted_key_signed_are_refused(name, bad, tmp_path, trust, capsys):
    assert exit_code(bad, tmp_path / "drill", trust) == Exit.EVIDENCE_INVALID
    assert not json.loads(capsys.readouterr().out)["refused"].startswith(("signature", "envelope"))


def test_a_refusal_says_why_and_what_held_before(tmp_path, trust, capsys):
    (tmp_path / "other").mkdir()
    drill = sealed(by=signer(2)).write(tmp_path / "drill")
    assert cli(verify, drill, "--trust", trust) == Exit.EVIDENCE_INVALID
    shown = capsys.readouterr().out
    assert shown.startswith("The evidence DOES NOT HOLD: ")
    assert "is not trusted as runner" in shown
    assert "1. the envelope has its one strict form" in shown
    assert "2." not in shown
    broken = Sealed(envelope=b"{}").write(tmp_path / "broken")
    assert cli(verify, broken, "--trust", trust) == Exit.EVIDENCE_INVALID
    assert "Nothing held before that." in capsys.readouterr().out


def test_what_a_hostile_guest_said_does_not_reach_the_terminal(tmp_path, trust, capsys):
    said = "\x1b[2J\x1b]0;pwned\x07"
    dead = records.with_result(
        records.record(), "web", status=ProbeStatus.FAILED, settled=None, observed=said
    )
    drill = sealed(record=dead).write(tmp_path / "drill")
    assert cli(verify, drill, "--trust", trust) == Exit.OK
    shown = capsys.readouterr().out
    assert "never recovered" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_reworded_reasons_are_noted(tmp_path, trust, capsys):
    bad = resigned(GOOD, lambda it: it["predicate"]["obligations"][1].update(reason="all is well"))
    assert cli(verify, bad.write(tmp_path / "drill"), "--trust", trust) == Exit.OK
    shown = capsys.readouterr().out
    assert "note: the evidence words a reason differently" in shown
    assert "all is well" not in shown


@pytest.mark.parametrize("missing", ["evidence", "trust"])
def test_what_was_named_and_is_not_there_is_wrong_input(missing, tmp_path, trust):
    drill = GOOD.write(tmp_path / "drill")
    named = {"evidence": drill, "trust": trust, missing: tmp_path / "nothing"}
    with pytest.raises(InputError, match="nothing: cannot be read"):
        cli(verify, named["evidence"], "--trust", named["trust"])


@pytest.mark.parametrize("name", ["evidence.dsse.json", "started.dsse.json", "evidence.tlog-proof"])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir], ids=["pipe", "directory"])
def test_what_is_no_file_is_not_waited_for(name, make, tmp_path, trust):
    drill = LOGGED.write(tmp_path / "drill")
    (drill / name).unlink()
    make(drill / name)
    with pytest.raises(InputError, match=f"{name}: not a plain file"):
        cli(verify, drill, "--trust", trust)


def test_a_trust_file_may_come_through_a_pipe(tmp_path, trust):
    """As `--trust <(drverify key show runner.key)` does."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(trust.read_bytes(),))
    writer.start()
    assert cli(verify, GOOD.write(tmp_path / "drill"), "--trust", pipe) == Exit.OK
    writer.join()


def test_files_beyond_all_measure_are_wrong_input(tmp_path, trust):
    drill = GOOD.write(tmp_path / "drill")
    os.truncate(drill / "evidence.dsse.json", 33 * 1024 * 1024)
    with pytest.raises(InputError, match="larger than"):
        cli(verify, drill, "--trust", trust)


def test_keys_made_by_the_command_sign_and_verify(tmp_path, capsys):
    assert cli(key, "new", "--name", "site1", "--out", tmp_path / "keys") == Exit.OK
    assert "site1.key" in capsys.readouterr().out
    assert cli(key, "show", tmp_path / "keys" / "site1.key") == Exit.OK
    assert capsys.readouterr().out == (tmp_path / "keys" / "site1.trust.json").read_text()
    made = KeyfileSigner.read(tmp_path / "keys" / "site1.key")
    drill = sealed(by=made).write(tmp_path / "drill")
    assert cli(verify, drill, "--trust", tmp_path / "keys" / "site1.trust.json") == Exit.OK


def test_the_key_of_a_log_is_trusted_as_a_logs_and_never_as_a_runners(tmp_path, capsys):
    assert cli(key, "new", "--log", LOG_TRUST.name, "--out", tmp_path) == Exit.OK
    (made,) = json.loads((tmp_path / "log.trust.json").read_text())["keys"]
    assert (made["role"], made["name"]) == ("log", LOG_TRUST.name)
    capsys.readouterr()
    assert cli(key, "show", tmp_path / "log.key", "--log", LOG_TRUST.name) == Exit.OK
    assert json.loads(capsys.readouterr().out)["keys"] == [made]
    with pytest.raises(InputError, match="cannot be the name of a log"):
        cli(key, "new", "--log", "a b", "--out", tmp_path / "other")
    by_the_log = sealed(by=KeyfileSigner.read(tmp_path / "log.key")).write(tmp_path / "drill")
    assert cli(verify, by_the_log, "--trust", tmp_path / "log.trust.json") == Exit.EVIDENCE_INVALID


def test_keys_are_never_overwritten_and_have_plain_names(tmp_path):
    (tmp_path / "b.trust.json").write_text("")
    with pytest.raises(InputError, match=r"b\.trust\.json cannot be written"):
        cli(key, "new", "--name", "b", "--out", tmp_path)
    with pytest.raises(InputError, match="exists already"):
        cli(key, "new", "--name", "b", "--out", tmp_path)
    with pytest.raises(InputError, match="cannot be the name"):
        cli(key, "new", "--name", "../x", "--out", tmp_path)


LOADS = """
import sys
before = set(sys.modules)
import argparse
from pathlib import Path
from drverify.cli import verify
parser = argparse.ArgumentParser()
verify.arguments(parser)
code = verify.run(parser.parse_args(sys.argv[1:]))
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print("LOADED", code, "asyncio" in sys.modules, *sorted(loaded - set(sys.stdlib_module_names)))
"""
ALLOWED = {
    "drverify",
    "cattrs",
    "cattr",
    "attr",
    "attrs",
    "typing_extensions",
    "cryptography",
    "orjson",
    "_cffi_backend",
    "_openssl",
    "bcrypt",  # by cryptography, where it happens to be installed
}


def test_verifying_loads_nothing_but_what_the_base_brings(tmp_path, trust):
    drill = GOOD.write(tmp_path / "drill")
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(drill), "--trust", str(trust)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    mark, code, has_asyncio, *loaded = done.stdout.splitlines()[-1].split()
    assert (mark, code, has_asyncio) == ("LOADED", "0", "False")
    built = {
        name for name in loaded if name.startswith("_sysconfigdata")
    }  # the interpreter's own, by zoneinfo
    assert set(loaded) - built <= ALLOWED
