"""An auditor demands time stamps (`--stamped`): what a provider may do about it, shown to both verifiers."""

from pathlib import Path

import pytest

from lab.authority.making import Authority, make_authority
from tests.support import attack_stamps as ways
from tests.support.attack_stamps import Honest
from tests.support.attack_tables import HOLDS, REFUSED, WRONG, Attack, named_by_both

NONE, LATE = "no time authority that you trust stamped it", "it was stamped too late"
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
    first, second = authorities
    by = second if attack.way in {ways.of_nobody_trusted, ways.of_nobody_trusted_renamed} else first
    named_by_both(attack, attack.way(made, by), tmp_path)
