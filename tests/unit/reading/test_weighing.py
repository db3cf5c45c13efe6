"""Rules and leanings against one another, with weights made for the test; and the shipped ones are whole."""

from drverify.reading.learned import ANY, CORE, OUTPUTS, Weights, parsed, weights
from drverify.reading.tables.learned import LEARNED
from drverify.reading.weighing import Place, Said, in_question, weighed


def leaning(**known: int) -> dict[str, int]:
    return {name: known.get(name, -600) for name in OUTPUTS}


def made(**evidence: int) -> Weights:
    return Weights(bias=(), words={}, rest=0, evidence=evidence, keep=-85, ask=-20)


def test_a_sum_is_of_whole_numbers_scaled_to_the_features_length() -> None:
    at = CORE.index("retention")
    some = Weights(
        bias=tuple(-100 for _ in OUTPUTS), words={"w=kept": (at, 50)}, rest=0, evidence={}, keep=0, ask=0
    )
    assert some.leanings({"w=kept": 20})["retention"] == -100 + 50 * 3
    assert some.leanings({"w=kept": 20, "w=unknown": 20})["retention"] == -100 + 50 * 20 * 3 // 28
    assert some.leanings({})[ANY] == -100


def test_what_no_rule_names_is_in_question_only_where_words_lean_to_it() -> None:
    assert in_question(Place(leanings=leaning(rpo=-100))) == ("rpo",)
    assert in_question(Place(leanings=leaning(rpo=-100), promises=False)) == ()
    assert in_question(Place(leanings=leaning())) == ()


def test_what_the_rules_name_is_always_in_question() -> None:
    said = {"rto": Said(figure=True)}
    assert in_question(Place(leanings=leaning(), said=said, promises=False)) == ("rto",)


def test_where_nothing_was_looked_at_nothing_is_in_question() -> None:
    assert in_question(Place(leanings={}, said={"rto": Said(figure=True)})) == ()


def test_the_same_leaning_weighs_otherwise_beside_a_rule() -> None:
    place = Place(leanings=leaning(rpo=100, rto=100), said={"rpo": Said(figure=True)})
    found = {kind: (said, total) for _, kind, said, total in weighed([place], made(r1=200, r0=-200))}
    assert found == {"rpo": (True, 200), "rto": (False, -200)}


def test_neighbours_that_are_of_a_kind_speak_for_it() -> None:
    beside = Place(leanings=leaning(rpo=300), said={"rpo": Said(figure=True)})
    alone = [Place(leanings=leaning(rpo=0))]
    some = made(beside=100)
    ((_, _, _, without),) = weighed(alone, some)
    among = [total for at, _, _, total in weighed([beside, *alone], some) if at == 1]
    assert among == [without + 75]


def test_the_shipped_weights_name_their_outputs_and_are_of_use() -> None:
    shipped = parsed(LEARNED)
    assert shipped == weights()
    assert len(shipped.bias) == len(OUTPUTS)
    assert all(len(row) % 2 == 0 and max(row[::2]) < len(OUTPUTS) for row in shipped.words.values())
    assert shipped.keep < 0
    assert shipped.keep < shipped.ask
