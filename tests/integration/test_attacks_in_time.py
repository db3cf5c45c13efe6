"""The attacks of the threat model that are about time, in front of real authorities: see `test_attacks`."""

from pathlib import Path

import pytest

from lab.authority.making import Authority, make_authority
from tests.support import attack_times as ways
from tests.support.attack_tables import HOLDS, INCOMPLETE, REFUSED, Attack, named_by_both

TABLE = (
    Attack(0, "nobody attacks", ways.nothing, HOLDS, "time stamps over 3 of its checkpoints hold, by first, second", ""),
    Attack(0, "an authority is slow", ways.slow_authority, HOLDS, "unsigned-files", ""),
    Attack(9, "date a drill back", ways.dated_back, REFUSED, "in the challenge: it is of", "the challenge is younger than the drill"),
    Attack(9, "date a drill back, nothing fresh in its challenge", ways.dated_back_unchallenged, HOLDS, "late-time-stamps", ""),
    Attack(9, "date a drill back, behind a fresh one", ways.dated_back_after_another, REFUSED, "time-contradiction", "was not in the log when"),
    Attack(9, "an authority helps, nothing fresh in the challenge: NOT SHOWN", ways.dated_back_by_an_accomplice, HOLDS, "unsigned-files", ""),
    Attack(9, "an authority helps, the challenge has the other's stamp", ways.dated_back_by_an_accomplice_challenged, REFUSED, "in the challenge: it is of", "the challenge is younger than the drill"),
    Attack(9, "date a drill ahead", ways.dated_ahead, REFUSED, "time-contradiction", "was in the log before it can have been"),
    Attack(9, "drill a slot before its window", ways.early_for_its_slot, INCOMPLETE, "outside-window", "outside of its"),
    Attack(9, "begin a slot after its window", ways.late_for_its_slot, INCOMPLETE, "outside-window", "outside of its"),
    Attack(9, "agree on a schedule afterwards", ways.schedule_afterwards, REFUSED, "contradiction", "after its first slot opened"),
    Attack(12, "swap two tokens", ways.swapped_tokens, REFUSED, "bad-time-stamp", "it is over something else"),
    Attack(12, "another authority's token", ways.another_authoritys_token, REFUSED, "bad-time-stamp", "does not lead to a trusted root"),
    Attack(17, "sign with a stolen key", ways.stolen_key, REFUSED, "bad-key-time", "a key of another time"),
    Attack(17, "sign with a stolen key, stamp nothing", ways.stolen_key_unstamped, REFUSED, "bad-key-time", "a key of another time"),
    Attack(0, "a key is stolen later", ways.stolen_key_later, HOLDS, "unsigned-files", ""),
    Attack(17, "sign with a key before its time", ways.key_before_its_time, REFUSED, "bad-key-time", "a key of another time"),
    Attack(17, "sign with a key that was rotated out", ways.old_key_that_comes_back, REFUSED, "bad-key-time", "a key of another time"),
    Attack(0, "an authority is gone for years", ways.expired_authority, HOLDS, "unsigned-files", ""),
    Attack(19, "stamp with an expired authority's key", ways.token_of_an_expired_authority, REFUSED, "bad-time-stamp", "was not valid then"),
    Attack(19, "an authority is broken: the second one counts", ways.broken_authority, HOLDS, "unknown-authority", "you do not trust it"),
    Attack(19, "an authority of one's own", ways.own_authority, REFUSED, "bad-time-stamp", "does not lead to a trusted root"),
    Attack(24, "a clock that is wrong by an hour, ahead", ways.dated_ahead, REFUSED, "time-contradiction", "was in the log before it can have been"),
    Attack(24, "a clock that is wrong, behind: not confirmed", ways.dated_back_unchallenged, HOLDS, "late-time-stamps", ""),
)  # fmt: skip


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    root = tmp_path_factory.mktemp("authorities")
    return make_authority(root / "first", "first"), make_authority(root / "second", "second")


@pytest.mark.parametrize("attack", TABLE, ids=str)
def test_both_verifiers_name_it(
    attack: Attack, authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    (tmp_path / "made").mkdir()
    named_by_both(attack, attack.way(tmp_path / "made", *authorities), tmp_path)
