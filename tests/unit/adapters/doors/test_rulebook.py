"""The rules that ship, and what is said of a rule that is wrong."""

import re
from collections import Counter

import pytest

from drverify.adapters.doors.rulebook import FOLDER, load_rules
from drverify.errors import InputError
from drverify.linting.passages import pattern
from drverify.model.contract import Kind
from drverify.model.slots import SLOTS

RULES = load_rules()
GOOD = """\
version: 1
family: gap
group: backup
rules:
  - id: G-X-01
    severity: major
    question: Is it?
    source: brief
    asks: It
    wording: It is.
    any_of:
      - {kinds: [retention], slots: [{slot: generation, values: [daily]}]}
"""


def written(tmp_path, *files: str):
    for number, text in enumerate(files):
        (tmp_path / f"rules-{number}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_all_questions_of_the_study_are_asked() -> None:
    families = Counter(one.family for one in RULES.rules)
    assert families == {"gap": 95, "consistency": 9, "vagueness": 12, "document": 5, "inventory": 5}
    assert len({one.id for one in RULES.rules}) == 126


def test_every_rule_says_what_closes_it_and_where_it_comes_from() -> None:
    for one in RULES.rules:
        assert len(one.wording) > 25, one.id
        assert one.question.endswith("?"), one.id
        assert re.fullmatch(r"seed:\d+|brief|corpus", one.source), one.id
        assert one.family != "gap" or one.near, one.id


def test_every_expression_compiles_with_its_blanks_spread() -> None:
    for one in RULES.rules:
        wants = (*one.any_of, *one.all_of, *one.against)
        for expression in (one.near, one.when.mentions, *one.words, *(want.says for want in wants)):
            pattern(expression)


def test_the_kinds_that_rules_ask_for_have_slots() -> None:
    asked: set[Kind] = {
        kind for one in RULES.rules for want in (*one.any_of, *one.all_of) for kind in want.kinds
    }
    assert asked <= set(SLOTS)


def test_the_digest_is_of_the_files(tmp_path) -> None:
    same = load_rules(written(tmp_path, GOOD)).digest
    assert re.fullmatch(r"[0-9a-f]{64}", same)
    (tmp_path / "more").mkdir()
    other = load_rules(written(tmp_path / "more", GOOD.replace("It is.", "It is so."))).digest
    assert other != same
    assert load_rules(FOLDER).digest == RULES.digest


@pytest.mark.parametrize(
    ("broken", "line", "words"),
    [
        (GOOD.replace("generation,", "generations,"), 12, "expected a slot of retention, found 'generations'"),
        (GOOD.replace("[daily]", "[sometimes]"), 12, "found 'sometimes'"),
        (GOOD.replace("[retention]", "[retentions]"), 12, "retentions"),
        (GOOD.replace("severity: major", "severity: urgent"), 6, "urgent"),
        (GOOD.replace("asks: It", "asks: ''"), 9, "expected some text"),
        (GOOD.replace("wording: It is.", "wording: It is.\n    near: '(unclosed'"), 11, "regular expression"),
        (GOOD.replace("kinds: [retention], slots: [{slot: generation, values: [daily]}]", "figure: true"), 12, "expected kinds"),
        (GOOD.replace("source: brief", "sauce: brief"), 8, "sauce"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(broken, line, words, tmp_path) -> None:
    with pytest.raises(InputError) as raised:
        load_rules(written(tmp_path, broken))
    assert re.search(rf"rules-0\.yaml:{line}: .*{re.escape(words)}", str(raised.value)), str(raised.value)


def test_an_id_is_used_once(tmp_path) -> None:
    with pytest.raises(InputError, match=r"rules-1\.yaml:5: .*G-X-01 again"):
        load_rules(written(tmp_path, GOOD, GOOD))


def test_a_folder_without_rules_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="found none"):
        load_rules(tmp_path)
