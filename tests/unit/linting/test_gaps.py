"""The query language of gap rules, asked of hand-made provisions."""

from dataclasses import replace

import pytest

from drverify.model.document import Remark
from drverify.model.rule import SlotWant, SystemFact, Want, When
from tests.support.clauses import agreed, clause, found_by, rule, wanted

DAILY = clause("All servers are backed up daily.", "backup_frequency", figure=("1", "day", "=", "daily"), party="provider", section="4.1")  # fmt: skip
SOMETIMES = clause("Servers are backed up regularly.", "backup_frequency", status="vague", why="a period without a figure: “regularly”", section="4.1")  # fmt: skip
HYPERVISOR = clause("The Provider operates the hypervisor.", "layer_responsibility", party="provider", slots=[("layer", "hypervisor", "hypervisor")])  # fmt: skip
FREQUENCY = Want(kinds=("backup_frequency",), figure=True)


def one(rule_, agreement, *facts):
    (finding,) = found_by(rule_, agreement, *facts)
    return finding


def test_an_answer_gives_no_finding() -> None:
    assert found_by(wanted(FREQUENCY), agreed(DAILY)) == []


def test_no_clause_at_all_is_absent_and_says_what_was_searched() -> None:
    found = one(wanted(FREQUENCY, near="hypervisor"), agreed(HYPERVISOR))
    assert found.status == "absent"
    assert (found.searched.documents, found.searched.segments, found.searched.provisions) == (("main",), 1, 0)
    assert found.nearest is not None
    assert found.nearest.quote == "The Provider operates the hypervisor."
    assert found.wording == "It is."


def test_a_vague_clause_is_vague_and_says_why() -> None:
    found = one(wanted(FREQUENCY), agreed(SOMETIMES))
    assert found.status == "vague"
    assert "regularly" in found.detail
    assert "clause 4.1" in found.detail
    assert len(found.provisions) == 1


@pytest.mark.parametrize("status", ["by_reference", "needs_review"])
def test_an_answer_that_stands_elsewhere_or_can_be_read_twice_is_undetermined(status) -> None:
    words, kind, fields = SOMETIMES
    found = one(wanted(FREQUENCY), agreed((words, kind, {**fields, "status": status})))
    assert found.status == "undetermined"


@pytest.mark.parametrize("status", ["placeholder", "redacted", "disclaimed", "delegated"])
def test_a_place_without_an_answer_is_vague(status) -> None:
    words, kind, fields = SOMETIMES
    assert one(wanted(FREQUENCY), agreed((words, kind, {**fields, "status": status}))).status == "vague"


def test_a_hedged_figure_is_no_answer() -> None:
    hedged = clause(
        "Servers are typically backed up daily.",
        "backup_frequency",
        status="vague",
        figure=("1", "day", "=", "daily"),
    )
    assert one(wanted(FREQUENCY), agreed(hedged)).status == "vague"


def test_a_rejected_provision_is_no_answer() -> None:
    words, kind, fields = DAILY
    assert one(wanted(FREQUENCY), agreed((words, kind, {**fields, "review": "rejected"}))).status == "absent"


def test_a_slot_has_to_be_filled_with_one_of_the_values() -> None:
    want = Want(
        kinds=("layer_responsibility",), slots=(SlotWant(slot="layer", values=("storage", "network")),)
    )
    assert one(wanted(want), agreed(HYPERVISOR)).status == "absent"
    want = Want(
        kinds=("layer_responsibility",), slots=(SlotWant(slot="layer", values=("storage", "hypervisor")),)
    )
    assert found_by(wanted(want), agreed(HYPERVISOR)) == []


def test_a_clause_about_another_layer_is_not_called_near() -> None:
    want = Want(kinds=("layer_responsibility",), slots=(SlotWant(slot="layer", values=("storage",)),))
    found = one(wanted(want), agreed(HYPERVISOR))
    assert "no clause says it" in found.detail
    assert found.provisions == ()


def test_each_value_may_come_from_another_clause_and_the_missing_ones_are_named() -> None:
    want = Want(
        kinds=("dr_plan",),
        owned=True,
        each=SlotWant(slot="includes|task", values=("rebuild", "reattach", "failback")),
    )
    rebuild = clause(
        "The Provider rebuilds.", "dr_plan", party="provider", slots=[("includes", "rebuild", "rebuilds")]
    )
    reattach = clause(
        "The Provider reattaches.",
        "dr_plan",
        party="provider",
        slots=[("includes", "reattach", "reattaches")],
    )
    nobody = clause("There is failback.", "dr_plan", slots=[("includes", "failback", "failback")])
    found = one(wanted(want), agreed(rebuild, reattach, nobody))
    assert "failback" in found.detail
    assert "rebuild" not in found.detail
    owned = (nobody[0], nobody[1], {**nobody[2], "party": "provider"})
    assert found_by(wanted(want), agreed(rebuild, reattach, owned)) == []


def test_a_party_has_to_be_named() -> None:
    want = Want(kinds=("backup_frequency",), owned=True)
    words, kind, fields = DAILY
    assert "who does it" in one(wanted(want), agreed((words, kind, {**fields, "party": "unknown"}))).detail
    assert found_by(wanted(want), agreed(DAILY)) == []


@pytest.mark.parametrize(
    ("words", "clock", "answered"),
    [
        ("The RTO is 4 hours.", "elapsed", False),
        ("The RTO is 4 hours.", "business", True),
        ("The RTO is 4 hours, 24x7.", "elapsed", True),
        ("The RTO is 4 hours around the clock.", "elapsed", True),
    ],
)
def test_a_clock_is_known_only_when_the_text_says_it(words, clock, answered) -> None:
    rto = clause(words, "rto", figure=("4", "hour", "<=", "4 hours", clock))
    assert (found_by(wanted(Want(kinds=("rto",), clock=True)), agreed(rto)) == []) is answered


def test_a_want_without_kinds_looks_at_the_words_and_not_at_headings() -> None:
    want = Want(says=r"\bbreak[- ]glass accounts?\b")
    assert found_by(wanted(want), agreed(clause("A break glass\taccount is kept.", ""))) == []
    assert one(wanted(want), agreed(clause("# Break-glass accounts", ""), DAILY)).status == "absent"


def test_other_words_may_answer_instead_of_a_slot() -> None:
    want = Want(kinds=("rto",), slots=(SlotWant(slot="stop"),), or_says="ends when the shop answers")
    rto = clause("The RTO is 4 hours.", "rto", figure=("4", "hour", "<=", "4 hours"))
    assert one(wanted(want), agreed(rto)).status == "absent"
    assert found_by(wanted(want), agreed(rto, clause("It ends when the shop answers.", ""))) == []


def test_several_provisions_may_be_needed() -> None:
    want = Want(kinds=("severity",), at_least=2)
    level = clause("Severity 1: down.", "severity")
    assert "1 more" in one(wanted(want), agreed(level)).detail
    assert found_by(wanted(want), agreed(level, clause("Severity 2: slow.", "severity"))) == []


def test_all_parts_of_a_question_have_to_be_answered() -> None:
    both = rule(all_of=(FREQUENCY, Want(kinds=("layer_responsibility",))))
    assert one(both, agreed(DAILY)).status == "absent"
    assert found_by(both, agreed(DAILY, HYPERVISOR)) == []


def test_systems_of_the_register_count_as_clauses_that_name_them() -> None:
    want = Want(kinds=("covered_system",))
    assert found_by(wanted(want), agreed(systems=("shop",))) == []
    kind = Want(kinds=("covered_system",), slots=(SlotWant(slot="system_kind"),))
    assert one(wanted(kind), agreed(systems=("shop",))).status == "absent"


class TestWhen:
    def test_a_question_about_hybrid_estates_is_not_asked_of_others(self) -> None:
        hybrid = wanted(Want(kinds=("dr_plan",)), when=When(mentions=r"\bhybrid\b"))
        assert found_by(hybrid, agreed(DAILY)) == []
        assert one(hybrid, agreed(clause("The estate is hybrid.", ""))).status == "absent"

    def test_a_provision_or_a_kind_of_system_makes_it_asked(self) -> None:
        asked = wanted(Want(kinds=("dr_plan",)), when=When(kinds=("rto",), system_kinds=("host",)))
        rto = clause("The RTO is 4 hours.", "rto", figure=("4", "hour", "<=", "4 hours"))
        assert found_by(asked, agreed(DAILY)) == []
        assert one(asked, agreed(rto)).status == "absent"
        assert one(asked, agreed(DAILY), SystemFact(name="db", kind="host")).status == "absent"


class TestPerSystem:
    RULE = wanted(Want(kinds=("rpo",), figure=True, per_system=True))
    SHOP = clause("The RPO for shop is 1 hour.", "rpo", figure=("1", "hour", "<=", "1 hour"), scope="shop")

    def test_each_system_needs_its_own(self) -> None:
        found = one(self.RULE, agreed(self.SHOP, systems=("shop", "shop-files")))
        assert (found.status, found.systems) == ("absent", ("shop-files",))

    def test_a_clause_without_a_scope_covers_all(self) -> None:
        everywhere = clause("The RPO is 1 hour.", "rpo", figure=("1", "hour", "<=", "1 hour"))
        assert found_by(self.RULE, agreed(everywhere, systems=("shop", "shop-files"))) == []

    def test_without_a_scope_the_names_in_the_clause_count(self) -> None:
        words, kind, fields = self.SHOP
        unscoped = (words, kind, {**fields, "scope": ""})
        assert one(self.RULE, agreed(unscoped, systems=("shop", "mail"))).systems == ("mail",)

    def test_a_tier_is_known_by_the_systems_descriptions(self) -> None:
        gold = clause("Gold: 1 hour", "rpo", figure=("1", "hour", "<=", "1 hour"), scope="Gold")
        whole, texts = agreed(gold, systems=("shop", "mail"))
        tiers = {"shop": "virtual machine; Gold", "mail": "virtual machine; Silver"}
        systems = tuple(replace(one, description=tiers[one.name]) for one in whole.systems)
        assert one(self.RULE, (replace(whole, systems=systems), texts)).systems == ("mail",)

    def test_words_that_nobody_mapped_may_or_may_not_cover(self) -> None:
        _, kind, fields = self.SHOP
        databases = ("The RPO of databases is 1 hour.", kind, {**fields, "scope": "production databases"})
        found = one(self.RULE, agreed(databases, systems=("shop",)))
        assert (found.status, found.systems) == ("undetermined", ("shop",))


class TestAgainst:
    RULE = rule(
        against=(Want(kinds=("backup_disclaimer",)), FREQUENCY), any_of=(Want(says="nothing limits"),)
    )
    DISCLAIMER = clause("Backups are the Customer's own business.", "backup_disclaimer")

    def test_clauses_that_must_not_stand_together(self) -> None:
        found = one(self.RULE, agreed(DAILY, self.DISCLAIMER))
        assert found.status == "inconsistent"
        assert found.nearest is not None
        assert found.nearest.quote == self.DISCLAIMER[0]
        assert [cited.quote for cited in found.related] == [DAILY[0]]

    def test_one_alone_is_nothing(self) -> None:
        assert found_by(self.RULE, agreed(DAILY)) == []

    def test_an_answer_ends_it(self) -> None:
        assert (
            found_by(self.RULE, agreed(DAILY, self.DISCLAIMER, clause("But nothing limits clause 4.", "")))
            == []
        )


class TestDoubt:
    @pytest.mark.parametrize(
        "limits",
        [
            {"language": "de"},
            {"missing": ("Schedule 2",)},
            {"remarks": (Remark(kind="no-text", detail="page 3 is a picture", page=3),)},
            {"remarks": (Remark(kind="columns-lost", detail="a table's columns"),)},
        ],
    )
    def test_what_could_not_be_read_makes_absent_undetermined(self, limits) -> None:
        found = one(wanted(FREQUENCY), agreed(HYPERVISOR, **limits))
        assert found.status == "undetermined"
        assert "Not determined" in found.detail

    def test_a_remark_that_hides_nothing_does_not(self) -> None:
        told = Remark(kind="tracked", detail="two insertions, read as accepted", blocks_absence=False)
        assert one(wanted(FREQUENCY), agreed(HYPERVISOR, remarks=(told,))).status == "absent"
