"""The attacks of the threat model, each carried out on a bundle and shown to both verifiers.

What is asked is what an auditor runs: `drverify audit`, and the one file that is in every bundle, as a
program with nothing beside it. Both have to give the same exit code, and the reason that is named here.

Rows of number 0 are nobody's attack: what must not be refused. NOT SHOWN are those that no signature solves;
docs/trust.md says so. What is about time (9, 12, 17, 19, 24) is in `test_attacks_in_time`; the log that was
rewritten (3), shown to Go's checker and to `customer pin`, in `test_foreign_go`, and to a witness, which answers
422, in `test_witness`; two signed histories (4) in `test_verify_held`; the pages that were painted over (20),
shown to pyHanko, in `test_annex_pdf`; a guessed salt (22) in `unit/sealing/test_redaction`.
"""

import base64
import hashlib
import json
import re
import secrets
from pathlib import Path

import pytest

from drverify.sealing.redaction import Concealer
from drverify.sealing.strict_json import canonical
from tests.support import attack_ways as ways
from tests.support import series
from tests.support.attack_tables import HOLDS, INCOMPLETE, REFUSED, WRONG, Attack, named_by_both
from tests.support.attacks import lines_of
from tests.support.mutations import LIES
from tests.support.periods import MemoryBundle, audited

TABLE = (
    Attack(0, "nobody attacks", ways.nothing, HOLDS, "unsigned-files", ""),
    Attack(0, "nobody attacks a pinned root", ways.true_root, HOLDS, "unsigned-files", ""),
    Attack(1, "edit a verdict", ways.edited_figure, REFUSED, "foreign-envelope", "its envelope is not"),
    Attack(1, "edit a verdict, log it with the log's key", ways.edited_and_logged, REFUSED, "bad-result", "does not verify with the runner key"),
    Attack(2, "edit a verdict, sign it again", ways.signed_again, REFUSED, "foreign-envelope", "its envelope is not"),
    Attack(2, "a verdict better than the facts, signed and logged", ways.better_than_the_facts, REFUSED, "bad-result", "is said to be MET"),
    Attack(3, "rewrite the log without the failed drill", ways.rewritten_log, REFUSED, "forked-log", "signed another tree"),
    Attack(4, "two histories", ways.two_logs, REFUSED, "forked-log", "signed another tree"),
    Attack(5, "start, suppress the failed result", ways.suppressed_result, INCOMPLETE, "open-start", "has no result: it failed"),
    Attack(5, "log a result, leave its envelope out", ways.suppressed_envelope, REFUSED, "missing-envelope", "its envelope is not"),
    Attack(5, "log the result after the quarter was counted", ways.late_result, INCOMPLETE, "open-start", "has no result: it failed"),
    Attack(6, "never start a scheduled slot", ways.never_started, INCOMPLETE, "not-started", "was never started"),
    Attack(7, "a second result of one start", ways.second_result, INCOMPLETE, "second-result", "has 2 results"),
    Attack(7, "drill a slot again that has a result", ways.slot_repeated, INCOMPLETE, "repeated-slot", "was started again"),
    Attack(0, "two attempts at once", ways.two_at_once, HOLDS, "retried", ""),
    Attack(7, "drill outside of the schedule until it passes", ways.repeated_off_schedule, HOLDS, "unplanned-start", ""),
    Attack(8, "show what was restored last night", ways.rehearsed_copy, HOLDS, "remark", ""),
    Attack(8, "the same, said to be fresh", ways.rehearsed_copy_said_to_be_fresh, REFUSED, "bad-result", "the challenge came back, and did not"),
    Attack(8, "the same, said to be MET", ways.rehearsed_copy_said_to_be_met, REFUSED, "bad-result", "is said to be MET"),
    Attack(8, "rehearse in secret, restore again officially: NOT SHOWN", ways.rehearsed_and_restored_again, HOLDS, "unsigned-files", ""),
    Attack(10, "drop the tail, leave the checkpoint", ways.cut_bundle, REFUSED, "changed-log", "is not there"),
    Attack(10, "an older bundle", ways.older_bundle, REFUSED, "cut-log", "it was cut"),
    Attack(10, "an older bundle, to one who holds nothing", ways.older_bundle_unheld, INCOMPLETE, "not-started", "was never started"),
    Attack(11, "swap transcripts", ways.swapped_transcripts, REFUSED, "bad-result", "does not have the digest"),
    Attack(11, "another picture of the console", ways.another_console, REFUSED, "bad-result", "does not have the digest"),
    Attack(13, "judge by a softer contract", ways.softer_contract, REFUSED, "other-contract", "another contract than was agreed"),
    Attack(13, "a register that the customer did not sign", ways.softer_register_of_one, REFUSED, "bad-record", "not signed by"),
    Attack(13, "a softer limit in the drill's register", ways.softer_limit, REFUSED, "bad-result", "the contract's figure is"),
    Attack(13, "another text of the agreement", ways.another_agreement_text, REFUSED, "unreadable", "does not have the digest"),
    Attack(14, "one key signs for both", ways.one_key_twice, REFUSED, "bad-record", "signed twice"),
    Attack(14, "one key under two ids in the root", ways.one_key_under_two_ids, REFUSED, "under two ids", "not signed by both"),
    Attack(14, "one key in two roles of the trust file", ways.one_key_in_two_roles, WRONG, "twice", "stands in it twice"),
    Attack(15, "the customer's key as a runner's", ways.customer_as_runner, REFUSED, "bad-result", "is not trusted to sign it"),
    Attack(16, "a duplicate key", ways.duplicate_key, REFUSED, "bad-result", "duplicate key"),
    Attack(16, "a float", ways.floating_number, REFUSED, "bad-result", "is not an integer"),
    Attack(16, "odd base64", ways.odd_base64, REFUSED, "unreadable", "not base64"),
    Attack(18, "a next root that the customer did not sign", ways.swapped_root, REFUSED, "lacks a signature of the customer", "not signed by both"),
    Attack(18, "a whole other root", ways.another_root, REFUSED, "is not among the roots", "not among the roots"),
    Attack(20, "paint over the report", ways.report_painted_over, REFUSED, "changed-file", "changed"),
    Attack(20, "paint over the report and list it: its signature shows it", ways.report_painted_over_and_listed, HOLDS, "unsigned-files", ""),
    Attack(20, "paint over a report that was logged", ways.logged_report_painted_over, REFUSED, "changed-file", "does not have the digest"),
    Attack(0, "hide names, as agreed", ways.hidden_names, HOLDS, "unsigned-files", ""),
    Attack(21, "hide a failed probe's status", ways.hidden_status, REFUSED, "bad-result", "not to be hidden"),
    Attack(21, "hide another probe's status", ways.hidden_observation, REFUSED, "bad-result", "not to be hidden"),
    Attack(21, "hide, and do not say so", ways.hidden_without_a_list, REFUSED, "bad-result", "lists as hidden"),
    Attack(21, "hide a limit", ways.hidden_limit, REFUSED, "bad-result", "another limit"),
    Attack(21, "hide a time", ways.hidden_time, REFUSED, "bad-result", "not a time in UTC"),
    Attack(23, "invent what the guest answered: NOT SHOWN", ways.invented_answers, HOLDS, "unsigned-files", ""),
    Attack(23, "invent the guest's answer to the challenge: NOT SHOWN", ways.rehearsed_and_restored_again, HOLDS, "unsigned-files", ""),
    Attack(0, "the customer's heartbeat was read back", ways.heartbeat, HOLDS, "unsigned-files", ""),
    Attack(23, "invent the customer's heartbeat", ways.invented_heartbeat, REFUSED, "bad-result", "a heartbeat is signed by nobody"),
    Attack(23, "make the customer's heartbeat younger", ways.younger_heartbeat, REFUSED, "bad-result", "the signature of a heartbeat does not hold"),
)  # fmt: skip


def test_attack_22_hidden_names_cannot_be_guessed(tmp_path: Path) -> None:
    """Somebody with the whole bundle and a list in which the true names stand finds nothing without the salts."""
    hiding = Concealer(lambda: secrets.token_bytes(16))
    said = ways.hidden_names(tmp_path, hiding).files
    text = b"".join(base64.b64decode(json.loads(line)["payload"]) for line in lines_of(said))
    stated = set(re.findall(rb"sd:([A-Za-z0-9_-]{43})", text))
    told = [json.loads(_unbase64(one)) for one in hiding.disclosures]
    assert {_digest(one) for one in hiding.disclosures} == stated
    for salt, path, name in told:
        assert len(_unbase64(salt)) == 16
        guesses = [name, *(_base64url(canonical(one)) for one in ([path, name], ["", path, name], [name]))]
        guesses += [
            _base64url(canonical([_base64url(bytes(15) + bytes([n])), path, name])) for n in range(99)
        ]
        assert not {_digest(one) for one in guesses} & stated
    again = Concealer(lambda: secrets.token_bytes(16))
    again.plan(series.planned(0))
    assert len(again.disclosures) == len(told)
    assert not {_digest(one) for one in again.disclosures} & stated


def _digest(text: str) -> bytes:
    return _base64url(hashlib.sha256(text.encode()).digest()).encode()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("name", LIES)
def test_neither_believes_whatever_a_runner_signs(name: str, tmp_path: Path) -> None:
    """Attack 2, by the runner itself: its own key, logged in order, and not what follows from the facts."""
    shown = ways.lie(name, tmp_path)
    bundle = MemoryBundle(shown.files)
    assert not audited(bundle).holds  # which asks the second verifier, too, and compares


@pytest.mark.parametrize("attack", TABLE, ids=str)
def test_both_verifiers_name_it(attack: Attack, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    named_by_both(attack, attack.way(tmp_path / "made"), tmp_path)
