from dataclasses import replace

import pytest

from drverify.judging.objectives import judge_all
from drverify.model.drill import ProbeStatus, ToolFact
from drverify.model.obligation import Rpo
from drverify.model.verdict import Outcome, Verdict
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed, Paper
from drverify.sealing.seal import Sealing, seal
from drverify.sealing.statement import build, manifest
from tests.support import records
from tests.support.evidence import signer
from tests.support.records import digest, plan, record, register, selection, with_result

TOOL = ToolFact(name="drverify", version="0.1.0")


def built(of=None, planned=None, agreed=None, verdicts=None):
    found, planned, agreed = of or record(), planned or plan(), agreed or register()
    judged = judge_all(agreed, planned, found) if verdicts is None else verdicts
    return build(planned, found, agreed, judged, TOOL)


def predicate(of=None, **more):
    return built(of, **more)["predicate"]


def test_it_is_an_in_toto_statement_about_the_restore_point():
    statement = built()
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://drverify.dev/attestation/restore-drill/v1"
    (subject,) = statement["subject"]
    assert subject["digest"] == {"sha256": digest(manifest(plan(), record()).content)}
    assert subject["uri"] == f"urn:drverify:restore-point:repo:{record().selection.point.id}"


def test_without_a_point_the_manifest_says_so():
    none = record(selection=selection(()))
    assert b'"point":null,"why":"the source lists no' in manifest(plan(), none).content
    assert "uri" not in built(none)["subject"][0]


def test_a_point_of_a_hostile_source_stays_one_urn_segment():
    point = replace(record().selection.point, source="a:b/c d", id="x:y")
    found = record(selection=replace(selection(), point=point))
    assert built(found)["subject"][0]["uri"] == "urn:drverify:restore-point:a%3Ab%2Fc%20d:x%3Ay"


def test_obligations_are_bound_to_clause_and_quote():
    rto = next(one for one in predicate()["obligations"] if one["metric"] == "rto")
    assert rto["clause"] == {
        "number": "6.1",
        "quoteDigest": {"sha256": digest(records.QUOTES["6.1"].encode())},
    }
    assert (rto["limitMs"], rto["achievedMs"], rto["allowanceMs"], rto["verdict"]) == (
        14_400_000,
        134_000,
        1_800_000,
        "MET",
    )
    assert rto["readings"] == []
    comparators = {one["metric"]: one["comparator"] for one in predicate()["obligations"]}
    assert comparators["retention"] == "ge"
    assert comparators["rpo"] == "le"


def test_the_readings_of_the_data_loss_are_all_there():
    rpo = next(one for one in predicate()["obligations"] if one["metric"] == "rpo")
    assert [one["valueMs"] for one in rpo["readings"]] == [1_800_000, 1_801_012, 3_600_000]


def test_everything_is_named_by_digest():
    found = predicate()
    assert found["agreement"]["documents"][0]["digest"]["sha256"] == digest(records.DOCUMENT)
    assert found["contract"]["digest"]["sha256"] == digest(codec.encode(records.contract()))
    assert found["register"]["digest"]["sha256"] == plan().register_sha256
    assert found["configuration"][0]["digest"]["sha256"] == digest(codec.encode(plan()))
    assert [one["digest"]["sha256"] for one in found["artifacts"]] == [
        one.sha256 for one in record().artefacts
    ]
    assert found["plan"] == codec.to_json(plan())
    assert found["record"] == codec.to_json(record())


def outcome(kind):
    return Verdict(
        obligation="rpo-shop",
        outcome=kind,
        limit=records.HOUR,
        achieved=None,
        allowance=0 * records.HOUR,
        reason="because",
    )


@pytest.mark.parametrize(
    ("kinds", "status", "result"),
    [
        ([Outcome.MET], ProbeStatus.PASSED, "PASSED"),
        ([Outcome.MET], ProbeStatus.FAILED, "WARNED"),
        ([Outcome.MET, Outcome.UNPROVEN], ProbeStatus.PASSED, "WARNED"),
        ([Outcome.UNPROVEN, Outcome.MISSED], ProbeStatus.PASSED, "FAILED"),
        ([], ProbeStatus.PASSED, "WARNED"),
    ],
)
def test_only_a_missed_promise_fails(kinds, status, result):
    found = predicate(with_result(record(), "ping", status=status), verdicts=[outcome(one) for one in kinds])
    assert found["result"] == result
    assert ("probe/ping" in found["passedTests"]) == (status is ProbeStatus.PASSED)
    assert ("probe/ping" in found["warnedTests"]) == (status is not ProbeStatus.PASSED)


def test_isolation_is_claimed_only_when_it_was_shown():
    assert predicate()["environment"]["isolated"] is True
    assert (
        predicate(record(isolation=replace(record().isolation, checks=())))["environment"]["isolated"]
        is False
    )


def test_a_verdict_or_clause_without_counterpart_is_a_bug():
    agreed = register(obligations=(records.obligation("9.9", Rpo(limit=records.HOUR)),))
    with pytest.raises(ValueError, match=r"cites clause '9.9', found 0"):
        built(agreed=agreed)
    with pytest.raises(ValueError, match="0 obligations have the id"):
        built(verdicts=[replace(outcome(Outcome.MET), obligation="nothing")])


def sealing(**changes):
    good = Sealing(
        plan=plan(),
        record=record(),
        agreed=records.agreed(),
        register=register(),
        verdicts=judge_all(register(), plan(), record()),
    )
    return replace(good, **changes)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (sealing(agreed=records.agreed(document=b"another agreement")), "is not the document"),
        (sealing(agreed=records.agreed(records.contract(provisions=()))), "does not follow from"),
        (sealing(register=register(gaps=())), "does not follow from the accepted contract"),
        (sealing(plan=plan(register_sha256="0" * 64)), "the register is not the one"),
        (sealing(record=record(drill_id="20260914T120001Z-ffffff")), "not the plan's"),
    ],
)
def test_parts_that_do_not_belong_together_are_not_sealed(made, why):
    kept = []
    with pytest.raises(ValueError, match=why):
        seal(made, keep=kept.append, signer=signer())
    assert kept == []


def test_sealing_keeps_what_the_evidence_rests_on():
    kept = []
    seal(sealing(), keep=kept.append, signer=signer())
    assert [one.name for one in kept] == [
        "restore-point.json",
        "register.json",
        "contract.json",
        "agreement.md",
    ]
    assert kept[1].content == codec.encode(register())
    assert kept[2].content == codec.encode(records.contract())
    assert kept[3].content == records.DOCUMENT


def test_a_text_that_is_not_the_file_itself_is_kept_beside_it():
    paper = Paper(name="agreement.pdf", original=b"%PDF", text="what it says")
    kept = list(Agreed(contract=records.contract(), papers=(paper,)).blobs())
    assert [(one.name, one.content) for one in kept[1:]] == [
        ("agreement.pdf", b"%PDF"),
        ("agreement.pdf.txt", b"what it says"),
    ]
