"""Evidence that the trusted key signed and that does not hold all the same."""

from dataclasses import replace

import pytest

from drverify.errors import EvidenceError
from drverify.model.agreement import Span
from drverify.model.drill import Attribution, PhaseName, PhaseRecord
from drverify.model.obligation import Rpo
from drverify.sealing import codec
from drverify.sealing.statement import manifest
from drverify.sealing.verification import RefusedError, verify
from tests.support import records
from tests.support.evidence import Sealed, resigned, sealed, signer, trusted, with_payload
from tests.support.records import (
    DAY,
    HOUR,
    MS,
    SEC,
    controls,
    defect,
    fault,
    obligation,
    plan,
    playbook,
    point,
    record,
    register,
    results,
    selection,
    with_result,
    workload,
)

GOOD = sealed()
TRUST = (trusted(signer()),)


def verified(evidence: Sealed):
    return verify(evidence.envelope, evidence.load, TRUST)


def refusal(evidence: Sealed) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        verified(evidence)
    return caught.value


def test_good_evidence_holds_with_its_steps_and_its_verdicts():
    report = verified(GOOD)
    assert len(report.held) == 9
    assert report.notes == ()
    assert [one.outcome.value for one in report.verdicts] == ["MET", "MISSED", "MET", "MET", "MET", "MET"]
    assert report.signers == TRUST


@pytest.mark.parametrize(
    "of",
    [
        record(selection=selection(()), probes=(), controls=(), restore=None, artefacts=()),
        record(
            selection=replace(selection(()), why="the source could not be listed"),
            faults=(fault(at=SEC, phase=PhaseName.SELECT, attribution=Attribution.SOURCE),),
            probes=(),
            restore=None,
        ),
        record(defects=(defect(),), probes=(), controls=()),
        record(phases=()),
    ],
)
def test_evidence_of_failed_drills_holds_too(of):
    assert verified(sealed(record=of)).record == of


def put(*path):
    def change(statement):
        value = statement
        for step in path[:-2]:
            value = value[step]
        value[path[-2]] = path[-1]

    return change


OBLIGATIONS = ("predicate", "obligations")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            put(*OBLIGATIONS, 1, "verdict", "MET"),
            "obligations[1].verdict: signed is 'MET', computed 'MISSED'",
        ),
        (put(*OBLIGATIONS, 0, "verdict", "MISSED"), "obligations[0].verdict"),
        (put(*OBLIGATIONS, 3, "achievedMs", 133_999), "obligations[3].achievedMs: signed is 133999"),
        (put(*OBLIGATIONS, 3, "achievedMs", None), "obligations[3].achievedMs"),
        (put(*OBLIGATIONS, 3, "limitMs", 18_000_000), "obligations[3].limitMs"),
        (put(*OBLIGATIONS, 3, "allowanceMs", 0), "obligations[3].allowanceMs"),
        (put(*OBLIGATIONS, 2, "readings", []), "obligations[2].readings"),
        (put(*OBLIGATIONS, 0, "clause", "number", "4.2"), "clause.number"),
        (put(*OBLIGATIONS, 0, "clause", "quoteDigest", "sha256", "0" * 64), "quoteDigest.sha256"),
        (put(*OBLIGATIONS, 0, "reason", 1), "obligations[0].reason"),
        (lambda it: it["predicate"]["obligations"].pop(1), "predicate.obligations: signed is"),
        (lambda it: it["predicate"]["obligations"].reverse(), "obligations[0]"),
        (put("predicate", "result", "PASSED"), "result: signed is 'PASSED', computed 'FAILED'"),
        (put("predicate", "failedTests", []), "failedTests"),
        (put("predicate", "environment", "isolated", 1), "environment.isolated: signed is 1, computed True"),
        (put("predicate", "version", 2), "predicate.version"),
        (put("predicate", "note", "trust me"), "predicate.note: unknown"),
        (lambda it: it["predicate"].pop("drill"), "predicate.drill: missing"),
        (put("predicate", "register", "digest", "sha256", "0" * 64), "register.digest.sha256"),
        (put("predicate", "agreement", "name", "other.pdf"), "agreement.name"),
        (put("subject", 0, "digest", "sha256", "0" * 64), "subject[0].digest.sha256"),
        (put("_type", "https://in-toto.io/Statement/v0.1"), "statement._type"),
        (put("predicateType", "https://slsa.dev/provenance/v1"), "statement.predicateType"),
        (put("predicate", []), "predicate: not an object"),
        (lambda it: it.pop("predicate"), "predicate: not an object"),
        (put("predicate", "plan", None), "not an object: None @ plan"),
        (put("predicate", "record", "probes", 1, "settledMs", 135_000), "obligations[3].achievedMs"),
        (put("predicate", "plan", "lookBackMs", 1), "look-back"),
        (put("predicate", "tool", "version", 1), "not of type str: 1 @ tool.version"),
        (put("predicate", "drill", "mode", "x" * 100), "..."),
    ],
)
def test_a_statement_that_does_not_follow_from_its_facts_is_refused(change, why):
    assert why in str(refusal(resigned(GOOD, change)))


def test_other_words_of_a_reason_are_noted_and_not_believed():
    report = verified(resigned(GOOD, put(*OBLIGATIONS, 1, "reason", "all is well")))
    assert report.notes == ("the evidence words a reason differently from this version of drverify",)
    assert report.verdicts[1].reason.startswith("the oldest point is")


def test_another_version_of_the_tool_is_no_difference():
    assert verified(resigned(GOOD, put("predicate", "tool", "version", "9.9"))).tool.version == "9.9"


def test_another_payload_type_is_refused_although_it_is_signed():
    payload = codec.canonical(GOOD.statement)
    assert "of type 'text/plain'" in str(refusal(with_payload(GOOD, payload, kind="text/plain")))


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"", b"{} ", b'{"predicate":{}}'])
def test_another_payload_is_refused_although_it_is_signed(payload):
    refusal(with_payload(GOOD, payload))


def test_the_steps_before_the_refusal_are_told():
    assert refusal(Sealed(envelope=b"")).held == ()
    held = refusal(resigned(GOOD, put("predicate", "result", "PASSED"))).held
    assert len(held) == 8
    assert held[-1].startswith("the facts agree")


# --- files ------------------------------------------------------------------------------------

MANIFEST = records.digest(manifest(plan(), record()).content)
FILES = {
    "the register": plan().register_sha256,
    "the agreement": records.digest(records.DOCUMENT),
    "the restore point's manifest": MANIFEST,
    "artefact console.log": records.digest(records.CONSOLE),
    "artefact probes/web.txt": records.digest(records.TRANSCRIPTS["web"]),
}


@pytest.mark.parametrize(("what", "digest"), FILES.items())
def test_every_file_must_be_there_unchanged(what, digest):
    missing = Sealed(envelope=GOOD.envelope, files={k: v for k, v in GOOD.files.items() if k != digest})
    assert str(refusal(missing)) == f"{what}: is not there"
    changed = Sealed(envelope=GOOD.envelope, files={**GOOD.files, digest: GOOD.files[digest] + b" "})
    assert str(refusal(changed)).startswith(f"{what}: the content does not have the digest")


def test_files_that_nothing_names_are_not_looked_at():
    asked = []

    def load(digest):
        asked.append(digest)
        return GOOD.load(digest)

    more = Sealed(envelope=GOOD.envelope, files={**GOOD.files, records.digest(b"?"): b"?"})
    verify(more.envelope, load, TRUST)
    assert set(asked) == set(GOOD.files)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "A" * 64, "", "0" * 63 + "\u0660"])
def test_only_a_digest_becomes_a_file_name(name):
    asked = []
    bad = resigned(GOOD, put("predicate", "record", "artefacts", 0, "sha256", name))
    with pytest.raises(RefusedError, match="is not a digest"):
        verify(bad.envelope, lambda digest: asked.append(digest) or GOOD.load(digest), TRUST)
    assert name not in asked


def test_a_wrong_size_is_refused():
    bad = replace(record().artefacts[0], size_bytes=1)
    assert "bytes, not as recorded" in str(
        refusal(sealed(record=record(artefacts=(bad, *record().artefacts[1:]))))
    )


def agreed(**changes):
    return register(agreement=replace(register().agreement, **changes))


@pytest.mark.parametrize(
    "span",
    [Span(start=0, end=0), Span(start=-1, end=1), Span(start=17, end=75), Span(start=10**6, end=10**6 + 1)],
)
def test_a_clause_that_is_not_quoted_word_for_word_is_refused(span):
    clauses = (replace(records.clauses()[0], span=span), *records.clauses()[1:])
    bad = sealed(register=agreed(clauses=clauses))
    assert "clause 4.1 is not quoted word for word" in str(refusal(bad))


def test_a_softer_quote_is_refused():
    clauses = (replace(records.clauses()[0], quote="no more than one (9) hour"), *records.clauses()[1:])
    assert "not quoted word for word" in str(refusal(sealed(register=agreed(clauses=clauses))))


def test_an_agreement_that_is_no_text_is_refused():
    bad = sealed(register=agreed(sha256=records.digest(b"\xff\xfe")), document=b"\xff\xfe")
    assert "not a text in UTF-8" in str(refusal(bad))


def test_a_softer_register_is_another_register():
    softer = register(obligations=(obligation("5.1", Rpo(limit=9 * DAY)),))
    bad = Sealed(envelope=GOOD.envelope, files={**GOOD.files, plan().register_sha256: codec.encode(softer)})
    assert "the register: the content does not have the digest" in str(refusal(bad))


def test_a_clause_that_is_not_in_the_agreement_is_refused():
    twice = (*records.clauses(), records.clauses()[2])
    text = "statement: cannot be built from the facts: obligation rpo-shop cites clause '5.1', found 2"
    once = sealed()
    bad = resigned(once, put("predicate", "plan", "registerSha256", codec.digest(agreed(clauses=twice))))
    bad.files[codec.digest(agreed(clauses=twice))] = codec.encode(agreed(clauses=twice))
    assert text in str(refusal(bad))


# --- facts that cannot be true together -------------------------------------------------------


def phase(name, started, took):
    return PhaseRecord(name=name, started=started * SEC, took=took * SEC)


BOOT, PROBE = PhaseName.BOOT, PhaseName.PROBE
OTHER = records.result("other", "http", transcript=None)


@pytest.mark.parametrize(
    ("planned", "of", "why"),
    [
        ({"obligations": ()}, {}, "does not name exactly the register's obligations"),
        ({"look_back": DAY}, {}, "look-back"),
        ({"playbook": playbook(applies_to="file-set")}, {}, "does not apply to the workload's kind"),
        (
            {"playbook": playbook(probes=(*playbook().probes, playbook().probes[0]))},
            {},
            "the playbook has probe boot more than once",
        ),
        ({"incident_at": records.STARTED + SEC}, {}, "the incident lies after the declaration"),
        ({"previous_success_at": records.STARTED + SEC}, {}, "previous successful drill lies after"),
        ({}, {"ended_at": records.STARTED - SEC}, "ended before it started"),
        ({}, {"faults": (fault(at=-SEC),)}, "before the declaration"),
        ({}, {"defects": (defect(at=-SEC),)}, "before the declaration"),
        ({}, {"phases": (phase(BOOT, 0, 9), phase(PROBE, 8, 1))}, "phase probe does not follow"),
        ({}, {"phases": (phase(BOOT, -1, 9),)}, "phase boot does not follow"),
        ({}, {"phases": (phase(BOOT, 5, -1),)}, "phase boot does not follow"),
        ({}, {"phases": (phase(BOOT, 0, 1), phase(BOOT, 1, 1))}, "has phase boot more than once"),
        ({}, {"probes": (*results(), results()[0])}, "result of probe boot more than once"),
        ({}, {"controls": (*controls(), controls()[0])}, "control of probe boot more than once"),
        ({}, {"controls": (replace(controls()[0], probe="other"),)}, "no probe other, of which"),
        ({}, {"probes": (OTHER,)}, "no http probe other"),
        ({}, {"probes": (replace(results()[0], kind="http"),)}, "no http probe boot"),
        ({}, {"probes": (replace(results()[0], started=-SEC),)}, "cannot have been asked like this"),
        ({}, {"probes": (replace(results()[0], took=-SEC),)}, "cannot have been asked like this"),
        ({}, {"probes": (replace(results()[0], attempts=0),)}, "cannot have been asked like this"),
        ({}, {"probes": (replace(results()[0], settled=SEC, attempts=1),)}, "settled before it was asked"),
        ({}, {"probes": (replace(results()[0], newest=records.NEWEST),)}, "read a newest record"),
        ({}, {"probes": (replace(results()[0], transcript="0" * 64),)}, "transcript of probe boot"),
        ({}, {"artefacts": record().artefacts * 2}, "artefact console.log more than once"),
        ({}, {"restore": replace(record().restore, files=-1)}, "counts less than nothing"),
        ({"requested_point": "ffffffff"}, {}, "the point cannot have been selected: no recovery point"),
        (
            {},
            {"selection": replace(selection(), point=selection().listed[1])},
            "do not lead to the selected one",
        ),
        ({}, {"selection": replace(selection(), newest_eligible=False)}, "do not lead to"),
        ({}, {"selection": replace(selection(), listed=selection().listed[::-1])}, "do not lead to"),
        ({}, {"selection": replace(selection(), point=point(HOUR / 2, host="other"))}, "do not lead to"),
        (
            {},
            {
                "selection": replace(selection(), point=None),
                "faults": (fault(phase=PhaseName.SELECT),),
            },
            "do not lead to",
        ),
    ],
)
def test_contradictions_are_refused(planned, of, why):
    text = str(refusal(sealed(plan(**planned), record(**of))))
    assert text.startswith("facts: ")
    assert why in text


def test_plan_and_record_of_different_drills_are_refused():
    bad = resigned(GOOD, put("predicate", "record", "drillId", "20260914T120001Z-ffffff"))
    assert "the record of 20260914T120001Z-ffffff" in str(refusal(bad))


def test_evidence_may_be_of_another_workload_with_nothing_owed():
    alone = sealed(plan(workload=workload(name="none"), obligations=()), record())
    assert verified(alone).verdicts == ()


def test_the_last_millisecond_counts():
    late = with_result(record(), "web", settled=134 * SEC + MS)
    rto = next(one for one in verified(sealed(record=late)).verdicts if one.obligation == "rto-shop")
    assert rto.achieved == 134 * SEC + MS


def test_a_loader_that_fails_otherwise_is_not_an_answer():
    def load(_):
        raise EvidenceError("gone")

    with pytest.raises(RefusedError, match="the register: gone"):
        verify(GOOD.envelope, load, TRUST)


def test_facts_at_the_very_edge_can_be_true_together():
    at_once = replace(results()[0], started=0 * SEC, took=0 * SEC, attempts=1, settled=0 * SEC)
    of = record(
        started_at=records.INCIDENT,
        ended_at=records.INCIDENT,
        probes=(at_once,),
        faults=(fault(at=0 * SEC),),
        phases=(phase(BOOT, 0, 0), phase(PROBE, 0, 0)),
    )
    edge = sealed(plan(previous_success_at=records.INCIDENT), of)
    assert verified(edge).record == of


NOT_LISTED = replace(selection(()), why="the source could not be listed")
LOST = fault(at=SEC, phase=PhaseName.SELECT, attribution=Attribution.SOURCE)


def test_only_a_source_that_could_not_be_listed_excuses_an_empty_list():
    by_id = plan(requested_point="4f1c9a02")
    lost = record(selection=NOT_LISTED, faults=(LOST,), probes=(), restore=None)
    assert verified(sealed(by_id, lost)).record == lost
    assert "cannot have been selected" in str(refusal(sealed(by_id, replace(lost, faults=(fault(),)))))
    conjured = replace(NOT_LISTED, point=selection().point)
    assert "do not lead to" in str(refusal(sealed(record=replace(lost, selection=conjured))))


def test_a_restore_may_take_no_room_but_not_less_than_none():
    none = replace(record().restore, allocated_bytes=0, read_bytes=None)
    assert verified(sealed(record=record(restore=none))).record.restore == none
    less = replace(none, read_bytes=-1)
    assert "less than nothing" in str(refusal(sealed(record=record(restore=less))))


@pytest.mark.parametrize(
    ("where", "what"), [("drill", []), ("obligations", {}), ("result", {}), ("tool", [])]
)
def test_another_kind_of_value_is_refused(where, what):
    refusal(resigned(GOOD, put("predicate", where, what)))
