"""An auditor demands time stamps (`--stamped`): what a provider may do about it, shown to both verifiers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import create
from drverify.sealing import envelope
from lab.authority.making import Authority, make_authority
from tests.support import attack_stamps as ways
from tests.support.attack_stamps import Honest
from tests.support.attack_tables import HOLDS, REFUSED, WRONG, Attack, named_by_both
from tests.support.attacks import by_drverify

NONE, LATE = "no time authority that you trust stamped it", "it was stamped too late"
FEW = "fewer than 2 time authorities that you trust stamped it"
TABLE = (
    Attack(0, "nobody attacks", ways.nothing, HOLDS, "trusted time authorities stamped 1 starts and 1 results", ""),
    Attack(0, "a stamp is missing that nobody demands", ways.stripped_not_demanded, HOLDS, "no-time-stamp", ""),
    Attack(9, "take the stamp over the result away", ways.stripped_of_the_result, REFUSED, "not-stamped", NONE),
    Attack(9, "take the stamp over the start away", ways.stripped_of_the_start, REFUSED, "not-stamped", LATE),
    Attack(0, "a late stamp over the start, and patience", ways.stripped_of_the_start_patiently, HOLDS, "none later than 10 min", ""),
    Attack(9, "take all stamps away", ways.stripped_of_all, REFUSED, "not-stamped", NONE),
    Attack(9, "stamp too late", ways.too_late, REFUSED, "not-stamped", LATE),
    Attack(0, "stamp late, as was allowed", ways.late_and_allowed, HOLDS, "none later than 2 h", ""),
    Attack(9, "log a start, and have it stamped by nobody", ways.begun_and_never_stamped, REFUSED, "not-stamped", NONE),
    Attack(12, "a stamp over another tree", ways.of_another_tree, REFUSED, "bad-time-stamp", "it is over something else"),
    Attack(19, "stamps of an authority that is not trusted", ways.of_nobody_trusted, REFUSED, "not-stamped", NONE),
    Attack(19, "the same, under a trusted name", ways.of_nobody_trusted_renamed, REFUSED, "bad-time-stamp", "does not lead to a trusted root"),
    Attack(19, "stamp with a certificate that is over", ways.expired_when_it_stamped, REFUSED, "bad-time-stamp", "was not valid then"),
    Attack(19, "a stamp that was not granted as asked", ways.granted_with_changes, REFUSED, "bad-time-stamp", "the authority refused"),
    Attack(0, "both of two stamped", ways.both_stamped, HOLDS, "2 trusted time authorities each stamped 1 starts and 1 results", ""),
    Attack(0, "one of two fails", ways.one_failed, HOLDS, "trusted time authorities stamped 1 starts and 1 results", ""),
    Attack(0, "the other of two fails", ways.the_other_failed, HOLDS, "trusted time authorities stamped 1 starts and 1 results", ""),
    Attack(0, "one of two fails, and both are demanded", ways.one_failed_and_both_demanded, REFUSED, "fewer than 2 trusted authorities stamped it", FEW),
    Attack(0, "one of two is an hour late", ways.one_lies_late, HOLDS, "trusted time authorities stamped 1 starts and 1 results", ""),
    Attack(0, "one of two is an hour late, and both are demanded", ways.one_lies_late_and_both_demanded, REFUSED, "not-stamped", LATE),
    Attack(24, "one of two is an hour early", ways.one_lies_early, REFUSED, "time-contradiction", "was in the log before it can have been"),
    Attack(9, "one of two helps to date back: NOT SHOWN", ways.one_helps_to_date_back, HOLDS, "trusted time authorities stamped 1 starts and 1 results", ""),
    Attack(9, "one of two helps to date back, and both are demanded", ways.one_helps_to_date_back_and_both_demanded, REFUSED, "not-stamped", LATE),
    Attack(9, "one of two helps, the other's stamps are left out", ways.one_helps_and_the_other_is_not_shown, REFUSED, "fewer than 2 trusted authorities stamped it", FEW),
    Attack(0, "demand more authorities than are trusted", ways.of_more_than_are_trusted, WRONG, "what --trust names has 1 time authorities", "what --trust names has 1 time authorities"),
    Attack(0, "say of how many, and demand nothing", ways.by_whom, WRONG, "give both", "give both"),
    Attack(0, "say no number", ways.by_no_number, WRONG, "must be a number from 1 to 99", "is not a number from 1 to 99"),
    Attack(0, "demand stamps, and trust no authority", ways.nobody_could_stamp, WRONG, "needs a time authority", "needs a time authority"),
    Attack(0, "say how late, and demand nothing", ways.within_what, WRONG, "give both", "give both"),
    Attack(0, "say no time", ways.within_no_time, WRONG, "is not a duration", "is not a duration"),
)  # fmt: skip


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    root = tmp_path_factory.mktemp("authorities")
    return make_authority(root / "first", "first"), make_authority(root / "second", "second")


@pytest.fixture(scope="module")
def made(authorities: tuple[Authority, Authority], tmp_path_factory: pytest.TempPathFactory) -> Honest:
    return ways.honest(tmp_path_factory.mktemp("honest"), authorities[0])


@pytest.mark.parametrize("attack", TABLE, ids=str)
def test_both_verifiers_name_it(
    attack: Attack, made: Honest, authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    named_by_both(attack, attack.way(made, authorities[1]), tmp_path)


@pytest.mark.parametrize(("by", "said"), [("1", False), ("2", True)])
def test_an_attestation_says_how_many_were_demanded(
    by: str, said: bool, made: Honest, authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    create(tmp_path / "auditor.key")
    target = tmp_path / "audit.dsse.json"
    words = (
        *ways.STAMPED,
        "--by",
        by,
        "--within",
        "90s",
        "--attest",
        str(tmp_path / "auditor.key"),
        "-o",
        str(target),
    )
    found = by_drverify(replace(ways.both_stamped(made, authorities[1]), words=words), tmp_path)
    assert found.code == HOLDS, found.text
    properties = json.loads(envelope.decode(target.read_bytes()).payload)["predicate"]["properties"]
    assert "DRVERIFY_STAMPED_WITHIN_90_S" in properties
    assert ("DRVERIFY_STAMPED_BY_2" in properties) is said
