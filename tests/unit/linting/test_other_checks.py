"""Vagueness, documents, layers, the inventory, and the order of everything."""

from datetime import UTC, datetime

import pytest

from drverify.adapters.doors.rulebook import load_rules
from drverify.linting.inventory import facts_of
from drverify.linting.lint import CHECKS, lint
from drverify.linting.vagueness import marks
from drverify.model.document import Remark
from drverify.model.recovery import FileSet, PointFilter, Workload
from drverify.model.rule import SystemFact
from tests.support.clauses import agreed, clause, found_by, quantity

RULES = load_rules()
BY_ID = {one.id: one for one in RULES.rules}


def asked(name, *clauses, facts=(), **fields):
    return found_by(RULES.rule(name), agreed(*clauses, **fields), *facts)


class TestVagueness:
    @pytest.mark.parametrize(
        ("words", "fields", "expected"),
        [
            ("tested periodically", {"status": "vague", "rules": ("V-02", "V-08")}, ("V-02",)),
            ("tested", {"status": "vague", "rules": ("V-08",)}, ("V-08",)),
            ("tested with best efforts", {"status": "vague"}, ("V-01",)),
            ("tested as set out in the policy", {"status": "by_reference"}, ("V-09",)),
            ("tested every [___] days", {"status": "placeholder"}, ("V-10",)),
            (
                "tested at a time to be agreed",
                {"status": "placeholder", "rules": ("V-10",)},
                ("V-07", "V-10"),
            ),
            ("tested every [*****] days", {"status": "redacted"}, ("V-10",)),
            ("tested monthly", {"status": "defined"}, ()),
        ],
    )
    def test_the_rules_that_a_provision_breaks(self, words, fields, expected) -> None:
        whole, _ = agreed(clause(words, "restore_test", party="provider", **fields))
        assert marks(whole.provisions[0], BY_ID) == expected

    def test_a_duty_without_a_party(self) -> None:
        (found,) = asked(
            "V-11", clause("tested monthly", "restore_test", figure=("1", "month", "=", "monthly"))
        )
        assert found.status == "vague"
        assert asked("V-11", clause("the rto is 4 hours", "rto", figure=("4", "hour", "<=", "4 hours"))) == []
        assert asked("V-11", clause("a restore test uses the newest point", "restore_test")) == []

    def test_a_definition_owes_nothing(self) -> None:
        assert (
            asked("V-08", clause('2.1 "Restore Test" means a full test.', "restore_test", status="vague"))
            == []
        )

    def test_a_clause_that_only_adds_to_one_with_a_figure_misses_nothing(self) -> None:
        first = clause("tested monthly", "restore_test", figure=("1", "month", "=", "monthly"))
        adds = clause("tests are isolated", "restore_test", status="vague")
        assert asked("V-08", first, adds) == []
        assert len(asked("V-08", adds)) == 1

    def test_one_side_may_change_it(self) -> None:
        words = "We may change the backup service at any time without notice."
        (found,) = asked("V-12", clause(words, ""))
        assert found.nearest is not None
        assert found.nearest.quote == words
        assert asked("V-12", clause("We may change our logo at any time without notice.", "")) == []


class TestDocuments:
    @pytest.mark.parametrize(
        ("rule", "remark"),
        [
            ("D-01", Remark(kind="language", detail="half French")),
            ("D-02", Remark(kind="no-text", detail="a picture", page=7)),
            ("D-02", Remark(kind="encrypted", detail="locked")),
            ("D-03", Remark(kind="struck", detail="a struck-out figure")),
            ("D-04", Remark(kind="columns-lost", detail="a table")),
        ],
    )
    def test_each_remark_has_its_rule(self, rule, remark) -> None:
        (found,) = asked(rule, remarks=(remark,))
        assert found.status == "document"
        assert remark.detail in found.detail
        assert asked(rule) == []

    def test_a_document_that_was_not_supplied(self) -> None:
        (found,) = asked("D-05", missing=("Schedule 2",))
        assert "Schedule 2" in found.detail

    def test_a_language_is_said_once(self) -> None:
        assert len(asked("D-01", language="fr", remarks=(Remark(kind="language", detail="French"),))) == 1
        assert len(asked("D-01", language="fr")) == 1


class TestLayers:
    @staticmethod
    def owns(party, layer, **fields):
        words = f"{party} is responsible for {layer}"
        return clause(words, "layer_responsibility", party=party, slots=[("layer", layer, layer)], **fields)

    def test_every_layer_needs_a_party(self) -> None:
        (found,) = asked("G-LAY-10", self.owns("provider", "hardware"), self.owns("customer", "application"))
        assert found.status == "absent"
        assert "storage" in found.detail
        assert "hardware" not in found.detail

    def test_two_parties_on_one_layer(self) -> None:
        layers = ("hardware", "storage", "network", "guest_os", "application")
        owned = [self.owns("provider", layer) for layer in layers]
        assert asked("G-LAY-10", *owned) == []
        (found,) = asked("G-LAY-10", *owned, self.owns("customer", "storage"))
        assert found.status == "inconsistent"
        assert "storage" in found.detail


class TestInventory:
    RPO = clause("The RPO for shop is 2 hours.", "rpo", figure=("2", "hour", "<=", "2 hours"), scope="shop")

    def test_a_system_that_no_clause_covers(self) -> None:
        facts = (SystemFact(name="shop"), SystemFact(name="mail"))
        (found,) = asked("G-SCOPE-04", self.RPO, facts=facts)
        assert (found.status, found.systems) == ("absent", ("mail",))

    def test_a_system_that_is_excluded_by_name(self) -> None:
        excluded = clause("mail is excluded", "disclaimer", slots=[("of", "excluded_work", "excluded")])
        facts = (SystemFact(name="shop"), SystemFact(name="mail"))
        assert asked("G-SCOPE-04", self.RPO, excluded, facts=facts) == []

    def test_a_clause_without_a_scope_may_mean_any_system_or_those_that_are_named(self) -> None:
        everything = clause("Backups run every hour.", "backup_frequency", figure=("1", "hour", "=", "hour"))
        facts = (SystemFact(name="mail", backed_up=False),)
        (found,) = asked("G-SCOPE-04", everything, facts=facts)
        assert found.status == "undetermined"
        (found,) = asked("G-SCOPE-04", everything, facts=facts, systems=("shop",))
        assert found.status == "absent"
        assert asked("I-05", everything, facts=facts, systems=("shop",)) == []
        assert len(asked("I-05", everything, facts=facts)) == 1

    def test_without_an_inventory_nothing_is_asked(self) -> None:
        for name in ("G-SCOPE-04", "I-01", "I-02", "I-03", "I-04", "I-05"):
            assert asked(name, self.RPO, systems=("shop",)) == []

    def test_a_covered_system_that_is_not_there(self) -> None:
        (found,) = asked("I-01", self.RPO, facts=(SystemFact(name="mail"),), systems=("shop",))
        assert found.systems == ("shop",)

    @pytest.mark.parametrize(
        ("interval", "status"),
        [(("1", "hour"), None), (("2", "hour"), None), (("1", "day"), "inconsistent")],
    )
    def test_the_real_schedule_against_the_promise(self, interval, status) -> None:
        fact = SystemFact(name="shop", schedule="as it runs", interval=quantity(*interval))
        found = asked("I-02", self.RPO, facts=(fact,))
        assert [one.status for one in found] == ([status] if status else [])
        assert all("as it runs" in one.detail for one in found)

    def test_on_loss_of_the_site_the_real_lag_is_added(self) -> None:
        late = SystemFact(name="shop", interval=quantity("1", "hour"), copy_lag=quantity("90", "minute"))
        (found,) = asked("I-02", self.RPO, facts=(late,))
        assert "2 hours 30 minutes" in found.detail
        early = SystemFact(name="shop", interval=quantity("1", "hour"), copy_lag=quantity("1", "hour"))
        assert asked("I-02", self.RPO, facts=(early,)) == []

    def test_the_schedule_of_another_system_says_nothing(self) -> None:
        fact = SystemFact(name="mail", interval=quantity("1", "day"))
        assert asked("I-02", self.RPO, facts=(fact,), systems=("shop",)) == []

    def test_what_an_inventory_of_workloads_knows(self) -> None:
        files = Workload(
            name="files", source="backups", points=PointFilter(), payload=FileSet(path="/srv"), playbook="files.yaml",
            protected_since=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        assert [(one.name, one.kind, one.backed_up) for one in facts_of((files,))] == [
            ("files", "file_set", True)
        ]


class TestOrder:
    def test_severity_then_rule_then_place(self) -> None:
        whole, texts = agreed(
            clause("tested periodically", "restore_test", status="vague", rules=("V-02",)),
            clause("restored in a timely manner", "restore_time", status="vague", rules=("V-03",)),
            clause("kept for a reasonable period", "retention", status="vague", rules=("V-03",)),
        )
        found = lint(whole, texts, RULES)
        keys = [(("critical", "major", "minor").index(one.severity), one.rule) for one in found]
        assert keys == sorted(keys)
        places = [one.nearest.span.start for one in found if one.rule == "V-03" and one.nearest]
        assert places == sorted(places)
        assert len(places) == 2

    def test_every_rule_that_no_query_can_say_has_its_check(self) -> None:
        asks_nothing = {
            one.id for one in RULES.rules
            if one.family in {"gap", "consistency", "inventory"} and not (one.any_of or one.all_of or one.against)
        }  # fmt: skip
        assert asks_nothing == set(CHECKS)
