"""Evidence that the trusted key signed and that does not hold all the same."""

from dataclasses import replace

import pytest

from drverify.errors import EvidenceError
from drverify.model.agreement import Span
from drverify.model.drill import Attribution, GaveUp, PhaseName, PhaseRecord, ProbeStatus
from drverify.model.obligation import Rpo
from drverify.model.playbook import Limits, PingProbe, TcpProbe, TlsProbe
from drverify.model.recovery import FileSet
from drverify.planning.selection import select
from drverify.sealing import codec
from drverify.sealing.contradictions.challenged import NO_CHALLENGE
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
    gave_up,
    hourly,
    never_booted,
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

NO_LOG = "no log: nothing shows that other drills were not left out"
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
    assert len(report.held) == 10
    assert report.notes == (NO_LOG, NO_CHALLENGE)
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
        record(phases=(), probes=(), restore=None),
        gave_up(with_result(record(), "web", status=ProbeStatus.FAILED, settled=None), GaveUp.HEALTHY_LIMIT),
        never_booted(GaveUp.STALL, after_boot=181 * SEC),
        never_booted(GaveUp.GUEST_STOPPED, after_boot=SEC),
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
        (put("predicate", "version", 1), "predicate.version"),
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
    assert report.notes == (
        "the evidence words a reason differently from this version of drverify",
        NO_LOG,
        NO_CHALLENGE,
    )
    assert report.verdicts[1].reason.startswith("the oldest point is")


def test_another_version_of_the_tool_is_no_difference():
    assert verified(resigned(GOOD, put("predicate", "tool", "version", "9.9"))).tool.version == "9.9"


def test_another_payload_type_is_refused_although_it_is_signed():
    payload = codec.canonical(GOOD.statement)
    assert "of type 'text/plain'" in str(refusal(with_payload(GOOD, payload, kind="text/plain")))


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"", b"{} ", b'{"predicate":{}}'])
def test_another_payload_is_refused_although_it_is_signed(payload):
    assert str(refusal(with_payload(GOOD, payload)))


def test_the_steps_before_the_refusal_are_told():
    assert refusal(Sealed(envelope=b"")).held == ()
    held = refusal(resigned(GOOD, put("predicate", "result", "PASSED"))).held
    assert len(held) == 9
    assert held[-1].startswith("the facts agree")


# --- files ------------------------------------------------------------------------------------

MANIFEST = records.digest(manifest(plan(), record()).content)
FILES = {
    "the register": plan().register_sha256,
    "the contract": codec.digest(records.contract()),
    "the document agreement.md": records.digest(records.DOCUMENT),
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


def promised(*, document=records.DOCUMENT, **changes):
    """Sealed with an agreement that differs from the good one."""
    return sealed(agreed=records.agreed(records.contract(**changes), document=document))


def cited(**changes):
    first, *others = records.provisions()
    return (replace(first, citation=replace(first.citation, **changes)), *others)


@pytest.mark.parametrize(
    "span",
    [Span(start=0, end=0), Span(start=-1, end=1), Span(start=17, end=75), Span(start=10**6, end=10**6 + 1)],
)
def test_a_clause_that_is_not_quoted_word_for_word_is_refused(span):
    bad = promised(provisions=cited(span=span))
    assert "clause 4.1 is not quoted word for word" in str(refusal(bad))


def test_a_softer_quote_is_refused():
    bad = promised(provisions=cited(quote="no more than one (9) hour"))
    assert "not quoted word for word" in str(refusal(bad))


def test_a_text_that_is_no_text_is_refused():
    good = sealed()
    source = replace(records.contract().documents[0], text_sha256=records.digest(b"\xff\xfe"))
    paper = records.agreed(records.contract(documents=(source,)))
    with pytest.raises(ValueError, match="is not the document"):
        sealed(agreed=paper)
    assert good.files  # and evidence that somebody else's tool made:
    register = paper.register(records.INCIDENT)
    bad = replaced_register(register, paper.contract)
    bad.files[records.digest(b"\xff\xfe")] = b"\xff\xfe"
    assert "the text of agreement.md is not UTF-8" in str(refusal(bad))


def replaced_register(made, contract):
    """The good evidence, signed again over a plan that names another register."""
    bad = resigned(sealed(), put("predicate", "plan", "registerSha256", codec.digest(made)))
    bad.files[codec.digest(made)] = codec.encode(made)
    bad.files[codec.digest(contract)] = codec.encode(contract)
    return bad


def test_a_softer_register_is_another_register():
    softer = register(obligations=(obligation("5.1", Rpo(limit=9 * DAY)),))
    bad = Sealed(envelope=GOOD.envelope, files={**GOOD.files, plan().register_sha256: codec.encode(softer)})
    assert "the register: the content does not have the digest" in str(refusal(bad))


def test_a_register_that_does_not_follow_from_the_contract_is_refused():
    softer = register(obligations=(obligation("5.1", Rpo(limit=9 * DAY)),))
    bad = replaced_register(softer, records.contract())
    assert "its limits and scopes do not follow from the accepted contract" in str(refusal(bad))


def test_a_contract_that_was_edited_after_it_was_accepted_is_refused():
    edited = replace(records.contract(), provisions=records.provisions(rpo=9 * DAY))
    made = records.agreed(edited).register(records.INCIDENT)
    assert "contract: it is not as somebody accepted it" in str(refusal(replaced_register(made, edited)))


def test_a_contract_that_nobody_accepted_is_refused():
    proposal = replace(records.contract(), accepted=None)
    made = register(contract=codec.digest(proposal))
    assert "contract: it is not as somebody accepted it" in str(refusal(replaced_register(made, proposal)))


def test_a_clause_that_is_not_in_the_agreement_is_refused():
    bad = resigned(sealed(), put("predicate", "obligations", 0, "clause", "number", "9.9"))
    assert "statement" in str(refusal(bad))


# --- facts that cannot be true together -------------------------------------------------------


def phase(name, started, took):
    return PhaseRecord(name=name, started=started * SEC, took=took * SEC)


RESTORE, BOOT, PROBE = PhaseName.RESTORE, PhaseName.BOOT, PhaseName.PROBE
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


# --- lies that only the runner's own key could sign -------------------------------------------


@pytest.mark.parametrize("by_id", [False, True])
def test_the_incident_cannot_be_moved_back_to_the_point(by_id):
    old = hourly()[3:]
    asked = old[0].id if by_id else "latest"
    moved = old[0].consistent_as_of + SEC
    of = record(selection=select(old, asked, moved, records.STARTED))
    assert "the incident lies long before the declaration" in str(
        refusal(sealed(plan(requested_point=asked, incident_at=moved), of))
    )


@pytest.mark.parametrize(("off", "holds"), [(0 * MS, True), (MS, False), (-MS, False)])
def test_the_incident_is_the_time_that_was_asked_for(off, holds):
    asked = "2026-09-14T12:00:00Z"
    of = record(selection=select(hourly(), asked, records.INCIDENT + off, records.STARTED))
    evidence = sealed(plan(requested_point=asked, incident_at=records.INCIDENT + off), of)
    if holds:
        assert verified(evidence).record == of
    else:
        assert "not at the time that was asked for" in str(refusal(evidence))


@pytest.mark.parametrize(("late", "holds"), [(180 * SEC, True), (180 * SEC + MS, False)])
def test_planning_may_take_three_minutes(late, holds):
    of = record(started_at=records.INCIDENT + late, ended_at=records.INCIDENT + late + 150 * SEC)
    evidence = sealed(record=of)
    assert verified(evidence).record == of if holds else "the incident lies long" in str(refusal(evidence))


def test_a_request_that_nobody_can_read_is_refused():
    assert "cannot have been selected" in str(refusal(sealed(plan(requested_point="?"))))


def settled(at, **changes):
    return record(probes=tuple(replace(one, settled=at, **changes) for one in results()))


FILES_PLAN = plan(
    workload=workload(payload=FileSet(path="/srv")),
    playbook=playbook(applies_to="file-set", limits=Limits(settle=9 * SEC)),
)
FILES_PHASES = (phase(PhaseName.SELECT, 0, 1), phase(PhaseName.ISOLATE, 1, 2), phase(RESTORE, 3, 40))


def test_nothing_settles_before_the_guest_was_booted_and_the_settling_time_was_over():
    boot = 43 * SEC
    assert verified(sealed(record=settled(boot + 5 * SEC))).record.probes[0].settled == 48 * SEC
    for at in (MS, boot - MS, boot + 5 * SEC - MS):
        assert "probe boot settled before it can have" in str(refusal(sealed(record=settled(at))))
    asked = settled(60 * SEC, started=boot)
    assert verified(sealed(record=asked)).record == asked
    early = settled(60 * SEC, started=boot - MS)
    assert "probe boot was asked before anything was there" in str(refusal(sealed(record=early)))


def test_nothing_settles_before_the_files_were_restored():
    asked = replace(settled(43 * SEC, started=43 * SEC), phases=FILES_PHASES)
    assert verified(sealed(FILES_PLAN, asked)).record == asked
    early = replace(settled(43 * SEC - MS, started=43 * SEC), phases=FILES_PHASES)
    assert "settled before it can have" in str(refusal(sealed(FILES_PLAN, early)))
    early = replace(settled(43 * SEC, started=43 * SEC - MS), phases=FILES_PHASES)
    assert "was asked before anything was there" in str(refusal(sealed(FILES_PLAN, early)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"phases": ()}, "there was no phase restore"),
        ({"phases": (), "probes": ()}, "there was no phase restore"),
        ({"phases": (), "restore": None}, "there was no phase restore"),
        ({"phases": records.phases()[:4]}, "there was no phase boot"),
        ({"phases": records.phases()[4:], "restore": None, "probes": ()}, "there was no phase restore"),
        ({"phases": (phase(BOOT, 0, 1), phase(RESTORE, 1, 1))}, "phase restore cannot come after phase boot"),
        (
            {"phases": (phase(RESTORE, 0, 1), phase(PROBE, 1, 1), phase(BOOT, 2, 1))},
            "phase boot cannot come after phase probe",
        ),
        (
            {"phases": (phase(PhaseName.PROVISION, 0, 1), phase(PhaseName.SELECT, 1, 1))},
            "phase select cannot come after phase provision",
        ),
    ],
)
def test_what_was_restored_and_asked_has_its_phases_in_their_order(changes, why):
    assert why in str(refusal(sealed(record=record(**changes))))


@pytest.mark.parametrize(
    "order",
    [
        (PhaseName.PROVISION, PhaseName.RESTORE, PhaseName.ISOLATE),
        (PhaseName.RESTORE, PhaseName.PROVISION, PhaseName.ISOLATE),
        (PhaseName.PROVISION, PhaseName.ISOLATE, PhaseName.RESTORE),
    ],
)
def test_each_kind_of_drill_has_an_order_of_its_own_before_the_boot(order):
    before = tuple(phase(name, at, 1) for at, name in enumerate((PhaseName.SELECT, *order)))
    of = record(phases=(*before, *records.phases()[4:]))
    assert verified(sealed(record=of)).record == of


def test_results_without_their_transcripts_are_refused():
    bare = record(probes=tuple(replace(one, transcript=None) for one in results()), artefacts=())
    assert "there is no transcript of probe boot" in str(refusal(sealed(record=bare)))


@pytest.mark.parametrize(
    "probe",
    [
        playbook().probes[0],
        PingProbe(id="boot", address="10.20.0.10"),
        TcpProbe(id="boot", address="10.20.0.10", port=80),
        TlsProbe(id="boot", address="10.20.0.10", server_name="shop.example"),
    ],
)
def test_a_probe_that_only_answers_shows_no_application(probe):
    lying = playbook(probes=(replace(probe, proves_application=True),))
    of = record(probes=(replace(results()[0], kind=probe.kind),), controls=controls()[:1])
    assert f"probe boot cannot show that an application works: it is of kind {probe.kind}" in str(
        refusal(sealed(plan(playbook=lying), of))
    )


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (record(gave_up="no sign of life"), "said to have ended, and not"),
        (record(gave_up_at=HOUR), "said to have ended, and not"),
        (record(gave_up_by=GaveUp.STALL), "said to have ended, and not"),
        (never_booted(GaveUp.STALL, after_boot=179 * SEC - MS), "ended before it can have"),
        (never_booted(GaveUp.HEALTHY_LIMIT, after_boot=1799 * SEC - MS), "ended before it can have"),
        (never_booted(GaveUp.GUEST_STOPPED, after_boot=-SEC - MS), "ended before it can have"),
        (
            never_booted(GaveUp.STALL, phases=records.phases()[:4], probes=()),
            "ended before it can have",
        ),
    ],
)
def test_a_wait_that_did_not_happen_is_refused(of, why):
    assert why in str(refusal(sealed(record=of)))


@pytest.mark.parametrize(("by", "after"), [(GaveUp.STALL, 179), (GaveUp.HEALTHY_LIMIT, 1799)])
def test_a_wait_may_end_when_its_limit_is_over(by, after):
    of = never_booted(by, after_boot=after * SEC)
    assert verified(sealed(record=of)).record == of


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
        phases=(phase(RESTORE, 0, 0), phase(BOOT, 0, 0), phase(PROBE, 0, 0)),
    )
    quick = playbook(limits=Limits(settle=0 * SEC))
    edge = sealed(plan(previous_success_at=records.INCIDENT, playbook=quick), of)
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
    assert str(refusal(resigned(GOOD, put("predicate", where, what))))
