"""Two statements that cannot both be kept, and comparisons that have no answer."""

import pytest

from drverify.adapters.doors.rulebook import load_rules
from drverify.linting.comparing import added, differ, plain, shown, shown_length, undecided
from drverify.linting.spelled import disputes, number
from drverify.model.quantity import Quantity
from drverify.model.rule import SystemFact
from tests.support.clauses import agreed, clause, found_by, quantity, second

RULES = load_rules()


def timed(kind, words, value, unit, **fields):
    figure = (
        value,
        unit,
        fields.pop("comparator", "<="),
        fields.pop("figure_words", words.split()[0]),
        fields.pop("clock", "elapsed"),
    )
    return clause(words, kind, figure=figure, **fields)


def rpo(value, unit, **fields):
    return timed("rpo", f"{value} {unit} RPO {fields.get('scope', '')}", value, unit, **fields)


def every(value, unit, **fields):
    return timed(
        "backup_frequency",
        f"{value} {unit} backups {fields.get('scope', '')}",
        value,
        unit,
        comparator="=",
        **fields,
    )


def asked(name, *clauses, facts=(), **fields):
    return found_by(RULES.rule(name), agreed(*clauses, **fields), *facts)


class TestRecoveryPoint:
    def test_a_daily_backup_cannot_keep_an_hour(self) -> None:
        (found,) = asked("C-01", rpo("1", "hour"), every("1", "day"))
        assert found.status == "inconsistent"
        assert found.detail == "RPO 1 hour, backup every 1 day: the RPO cannot be kept."
        assert len(found.provisions) == 2

    def test_the_most_frequent_backup_counts(self) -> None:
        assert asked("C-01", rpo("1", "hour"), every("1", "day"), every("15", "minute")) == []

    def test_an_objective_of_replication_is_not_bound_by_backups(self) -> None:
        words = "Synchronous replication gives an RPO of 0 seconds."
        assert (
            asked("C-01", clause(words, "rpo", figure=("0", "second", "<=", "0 seconds")), every("1", "day"))
            == []
        )

    def test_equal_is_kept(self) -> None:
        assert asked("C-01", rpo("24", "hour"), every("1", "day")) == []

    def test_a_month_against_thirty_days_depends(self) -> None:
        (found,) = asked("C-01", rpo("30", "day"), every("1", "month"))
        assert found.status == "undetermined"
        assert "depends on the month" in found.detail

    def test_business_time_depends_on_the_calendar(self) -> None:
        (found,) = asked("C-01", rpo("8", "business_hour"), every("1", "day"))
        assert "calendar" in found.detail

    def test_backups_of_another_system_do_not_count(self) -> None:
        fields = {"systems": ("shop", "mail")}
        assert asked("C-01", rpo("1", "hour", scope="shop"), every("1", "day", scope="mail"), **fields) == []
        (found,) = asked("C-01", rpo("1", "hour", scope="shop"), every("1", "day", scope="shop"), **fields)
        assert found.status == "inconsistent"

    def test_on_loss_of_the_site_the_copys_lag_is_added(self) -> None:
        copy = clause(
            "A copy goes off-site within 4 hours.",
            "offsite_copy",
            slots=[("lag", "within 4 hours", "within 4 hours")],
        )
        (found,) = asked("C-01", rpo("8", "hour"), every("6", "hour"), copy)
        assert "10 hours" in found.detail
        assert asked("C-01", rpo("10", "hour"), every("6", "hour"), copy) == []


class TestSupport:
    RTO = clause("4 hours RTO", "rto", figure=("4", "hour", "<=", "4 hours"))

    def test_a_response_in_business_hours_cannot_keep_it(self) -> None:
        slow = timed(
            "response_time",
            "2 business hours response",
            "2",
            "business_hour",
            slots=[("level", "Severity 1", "")],
        )
        (found,) = asked("C-02", self.RTO, slow)
        assert found.status == "inconsistent"

    def test_for_the_least_severe_it_says_nothing(self) -> None:
        slow = timed(
            "response_time",
            "2 business hours response",
            "2",
            "business_hour",
            slots=[("level", "Severity 4", "")],
        )
        assert asked("C-02", self.RTO, slow) == []

    def test_a_recovery_time_in_business_hours_fits(self) -> None:
        rto = clause("4 hours RTO", "rto", figure=("4", "business_hour", "<=", "4 hours", "business"))
        slow = timed("response_time", "2 business hours response", "2", "business_hour")
        assert asked("C-02", rto, slow) == []

    def test_parts_on_the_next_business_day(self) -> None:
        (found,) = asked("C-02", self.RTO, clause("Replacement parts arrive on the next business day.", ""))
        assert [cited.quote for cited in found.related] == [
            "Replacement parts arrive on the next business day."
        ]


class TestRetentionAndTests:
    def test_gone_before_the_next_test(self) -> None:
        kept = timed("retention", "14 days kept", "14", "day", comparator=">=")
        tested = timed("restore_test", "6 months test", "6", "month")
        (found,) = asked("C-03", kept, tested)
        assert found.status == "inconsistent"

    def test_one_generation_that_is_kept_long_enough_is_enough(self) -> None:
        days = timed("retention", "14 days kept", "14", "day")
        months = timed("retention", "12 months kept", "12", "month")
        assert asked("C-03", days, months, timed("restore_test", "6 months test", "6", "month")) == []

    def test_thirty_days_against_a_month_depends(self) -> None:
        (found,) = asked(
            "C-03",
            timed("retention", "30 days", "30", "day"),
            timed("restore_test", "1 month test", "1", "month"),
        )
        assert found.status == "undetermined"


class TestDisagreement:
    def test_without_precedence_nobody_knows(self) -> None:
        whole = second(*agreed(rpo("4", "hour")), rpo("8", "hour"))
        (found,) = found_by(RULES.rule("C-04"), whole)
        assert (found.status, found.severity) == ("inconsistent", "critical")
        assert "No precedence" in found.detail

    def test_with_precedence_one_prevails(self) -> None:
        whole = second(*agreed(rpo("4", "hour")), rpo("8", "hour"), precedence=2)
        (found,) = found_by(RULES.rule("C-04"), whole)
        assert found.severity == "minor"
        assert "agreement.md prevails" in found.detail

    @pytest.mark.parametrize(("value", "unit"), [("240", "minute"), ("4", "hour")])
    def test_the_same_time_in_other_words_agrees(self, value, unit) -> None:
        assert found_by(RULES.rule("C-04"), second(*agreed(rpo("4", "hour")), rpo(value, unit))) == []

    def test_a_month_and_thirty_days_may_be_the_same(self) -> None:
        whole = second(*agreed(rpo("1", "month")), rpo("30", "day"))
        (found,) = found_by(RULES.rule("C-04"), whole)
        assert found.status == "undetermined"

    def test_another_generation_is_another_thing(self) -> None:
        daily = timed("retention", "30 days daily", "30", "day", slots=[("generation", "daily", "daily")])
        monthly = timed(
            "retention", "12 months monthly", "12", "month", slots=[("generation", "monthly", "monthly")]
        )
        assert found_by(RULES.rule("C-04"), second(*agreed(daily), monthly)) == []

    def test_within_one_document_only_the_same_scope_counts(self) -> None:
        assert asked("C-04", rpo("1", "hour", scope="tier 1"), rpo("4", "hour", scope="tier 2")) == []
        (found,) = asked("C-04", rpo("1", "hour", scope="tier 1"), rpo("4", "hour", scope="tier 1"))
        assert found.status == "inconsistent"


class TestTheRest:
    def test_the_clock_stops_at_the_data_and_nobody_validates(self) -> None:
        rto = clause(
            "4 hours until data is restored",
            "rto",
            figure=("4", "hour", "<=", "4 hours"),
            slots=[("stop", "data_restored", "restored")],
        )
        nobody = clause("The application is validated.", "application_validation")
        (found,) = asked("C-05", rto, nobody)
        assert found.status == "inconsistent"
        somebody = clause(
            "The Customer validates the application.", "application_validation", party="customer"
        )
        assert asked("C-05", rto, somebody) == []

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"slots": [("credit_trigger", "yes", "")]}, "credit"),
            ({"modality": "target"}, "target"),
            ({"status": "vague", "rules": ("V-01",)}, "effort"),
        ],
    )
    def test_an_availability_that_is_no_promise(self, fields, words) -> None:
        uptime = clause("99.9 %", "uptime", figure=("99.9", "percent", ">=", "99.9"), **fields)
        (found,) = asked("C-06", uptime)
        assert words in found.detail
        firm = clause("99.5 % promised", "uptime", figure=("99.5", "percent", ">=", "99.5"), modality="must")
        assert asked("C-06", uptime, firm) == []

    def test_deleted_before_the_export_has_ended(self) -> None:
        export = timed("exit_data_return", "60 days export", "60", "day")
        (found,) = asked("C-07", export, timed("data_deletion", "30 days deletion", "30", "day"))
        assert found.status == "inconsistent"
        assert asked("C-07", export, timed("data_deletion", "90 days deletion", "90", "day")) == []
        (found,) = asked("C-07", export, timed("data_deletion", "2 months deletion", "2", "month"))
        assert found.status == "undetermined"
        (found,) = asked(
            "C-07", export, clause("Data is deleted immediately upon termination.", "data_deletion")
        )
        assert "immediately" in found.detail

    def test_words_and_digits(self) -> None:
        (found,) = asked(
            "C-08",
            clause(
                "four (2) hours", "rto", status="needs_review", rules=("C-08",), why="words and digits differ"
            ),
        )
        assert found.status == "inconsistent"

    def test_words_and_digits_anywhere(self) -> None:
        words = "Restoration begins within four (2) hours and ends within twenty-four (24) hours."
        (found,) = asked("C-08", clause(words, ""))
        assert "“four (2)”" in found.detail
        assert found.nearest is not None
        assert found.nearest.quote == words

    def test_off_site_in_the_same_place(self) -> None:
        (found,) = asked("C-09", clause("Off-site, in the same data centre.", "offsite_copy"))
        assert "same data centre" in found.detail
        assert asked("C-09", clause("Off-site, never in the same data centre.", "offsite_copy")) == []

    def test_off_site_where_the_inventory_has_the_source(self) -> None:
        copy = clause("Copies are kept at FRA-1.", "offsite_copy", slots=[("location", "FRA-1", "FRA-1")])
        (found,) = asked("C-09", copy, facts=(SystemFact(name="shop", location="FRA-1"),))
        assert found.systems == ("shop",)
        assert asked("C-09", copy, facts=(SystemFact(name="shop", location="MUC-2"),)) == []

    def test_off_site_by_the_clause_and_not_by_the_inventory(self) -> None:
        copy = clause("Copies are kept off-site.", "offsite_copy")
        (found,) = asked(
            "C-09", copy, facts=(SystemFact(name="shop", location="FRA-1", copy_location="FRA-1"),)
        )
        assert "really" not in found.detail
        assert "where they run" in found.detail
        assert (
            asked("C-09", copy, facts=(SystemFact(name="shop", location="FRA-1", copy_location="MUC-2"),))
            == []
        )


class TestSpelled:
    @pytest.mark.parametrize(
        ("words", "value"),
        [
            ("four", 4),
            ("twenty-four", 24),
            ("one hundred", 100),
            ("one hundred and twenty", 120),
            ("ninety", 90),
            ("four five", None),
        ],
    )
    def test_numbers_in_words(self, words, value) -> None:
        assert number(words) == value

    @pytest.mark.parametrize(
        "words",
        [
            "four (4) hours",
            "ninety-two (92) Days",
            "section four (a)",
            "Article Twelve (12)",
            "one hundred (100)",
            "forty (40) [41]",
        ],
    )
    def test_what_agrees_is_no_dispute(self, words) -> None:
        assert list(disputes(words)) == []

    def test_what_differs_is(self) -> None:
        assert list(disputes("thirty (60) days, Seven (7) years, four\n(2) hours")) == [
            "thirty (60)",
            "four (2)",
        ]


class TestComparing:
    @pytest.mark.parametrize(
        ("a", "b", "answer"),
        [
            (("1", "day"), ("24", "hour"), False),
            (("1", "day"), ("2", "day"), True),
            (("1", "month"), ("30", "day"), None),
            (("1", "month"), ("27", "day"), True),
            (("1", "business_day"), ("24", "hour"), None),
            (("99.9", "percent"), ("99.90", "percent"), False),
        ],
    )
    def test_whether_figures_differ(self, a, b, answer) -> None:
        assert differ(quantity(*a), quantity(*b)) is answer

    def test_figures_in_words(self) -> None:
        assert shown(quantity("1", "hour")) == "1 hour"
        assert shown(quantity("2", "business_day")) == "2 business days"
        assert shown(quantity("99.90", "percent")) == "99.9 %"
        assert shown(quantity("2", "hour", "4")) == "2 to 4 hours"

    def test_sums_keep_both_ends(self) -> None:
        total = added(quantity("1", "month"), quantity("1", "day"))
        assert total is not None
        assert shown_length(total) == "29 days to 32 days"
        assert added(quantity("1", "business_day"), quantity("1", "day")) is None

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("within 24 hours", quantity("24", "hour")),
            ("four (4) hours", quantity("4", "hour")),
            ("soon", None),
        ],
    )
    def test_a_slot_in_digits(self, words, found: Quantity | None) -> None:
        assert plain(words) == found

    def test_why_it_cannot_be_told(self) -> None:
        assert "month" in undecided(quantity("1", "month"), quantity("30", "day"))
        assert "calendar" in undecided(quantity("1", "business_day"), quantity("1", "month"))
