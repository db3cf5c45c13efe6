from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from drverify.errors import EvidenceError
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.hardware import HardwareProfile
from drverify.model.obligation import Register
from drverify.model.playbook import (
    Access,
    ChecksumProbe,
    CommandProbe,
    FreshnessProbe,
    NewestFile,
    NewestLine,
    TcpProbe,
    TlsProbe,
    UnitProbe,
)
from drverify.model.recovery import FileSet, SecretRef
from drverify.sealing import codec
from tests.support import records

ACCESS = Access(address="10.20.0.10", key=SecretRef("file:/key"))
PROBES = (
    TcpProbe(id="tcp", address="10.20.0.10", port=22),
    TlsProbe(id="tls", address="10.20.0.10", server_name="shop", valid_for=timedelta(days=7)),
    CommandProbe(id="command", access=ACCESS, command=("uname", "-a")),
    UnitProbe(id="unit", access=ACCESS, unit="nginx.service"),
    FreshnessProbe(id="line", newest=NewestLine(access=ACCESS, command=("date",))),
    FreshnessProbe(id="file", newest=NewestFile()),
    ChecksumProbe(id="sums", manifest="SHA256SUMS"),
)


STAGED = HardwareProfile(name="kvm", first_boot="sata", disk_bus="virtio")


def test_a_late_field_is_there_only_when_it_says_something():
    plain = codec.to_json(replace(STAGED, first_boot=None))
    assert "firstBoot" not in plain, "what was signed before it came has other bytes now"
    assert codec.from_json(plain, HardwareProfile, what="it").first_boot is None
    said = codec.to_json(STAGED)
    assert said["firstBoot"] == "sata"
    assert codec.from_json(said, HardwareProfile, what="it") == STAGED
    with pytest.raises(EvidenceError, match="'firstBoot' says nothing"):
        codec.from_json({**plain, "firstBoot": None}, HardwareProfile, what="it")
    with pytest.raises(EvidenceError, match="secondBoot"):
        codec.from_json({**said, "secondBoot": "sata"}, HardwareProfile, what="it")
    with pytest.raises(EvidenceError, match="'adapt' is missing"):
        codec.from_json(
            {name: it for name, it in said.items() if name != "adapt"}, HardwareProfile, what="it"
        )


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (records.register(), Register),
        (records.plan(), DrillPlan),
        (records.plan(hardware=STAGED), DrillPlan),
        (records.record(), DrillRecord),
        (records.record(faults=(records.fault(),), defects=(records.defect(),), restore=None), DrillRecord),
        (
            records.plan(
                workload=records.workload(
                    payload=FileSet(path="/srv"), variables=(("address", "10.20.0.10"),)
                ),
                playbook=records.playbook(probes=(*records.playbook().probes, *PROBES)),
            ),
            DrillPlan,
        ),
    ],
)
def test_every_value_comes_back_whole_from_its_one_byte_form(value, form):
    data = codec.encode(value)
    assert codec.decode(data, form, what="it") == value
    assert codec.encode(codec.decode(data, form, what="it")) == data


def test_names_and_units():
    record = codec.to_json(records.record(started_at=datetime(2026, 9, 14, 1, 2, 3, 4, tzinfo=UTC)))
    assert record["startedAt"] == "2026-09-14T01:02:03.000004Z"
    assert record["endedAt"] == "2026-09-14T12:02:31Z"
    assert record["guestClockSkewMs"] == 12
    assert record["phases"][1] == {"name": "provision", "startedMs": 1000, "tookMs": 2000}
    assert record["probes"][0]["status"] == "passed"
    assert type(record["probes"][0]["status"]) is str
    assert codec.to_json(records.register())["agreement"]["effective"] == "2026-01-01"
    assert codec.to_json(records.register())["obligations"][2]["objective"] == {
        "kind": "rpo",
        "limitMs": 3600000,
    }


def test_the_digest_is_of_the_byte_form():
    assert codec.digest(records.register()) == records.digest(codec.encode(records.register()))


RECORD = codec.to_json(records.record())
PLAN = codec.to_json(records.plan())
REGISTER = codec.to_json(records.register())


def put(*path):
    """A change that puts the last item at the place that the others lead to."""

    def change(value):
        for step in path[:-2]:
            value = value[step]
        value[path[-2]] = path[-1]

    return change


@pytest.mark.parametrize(
    ("good", "form", "change", "why"),
    [
        (RECORD, DrillRecord, put("extra", 1), "extra"),
        (RECORD, DrillRecord, lambda it: it.pop("gaveUp"), "'gaveUp' is missing"),
        (RECORD, DrillRecord, put("phases", 0, "tookMs", "5"), "not of type int: '5' @ record.phases.took"),
        (RECORD, DrillRecord, put("phases", 0, "tookMs", True), "not of type int"),
        (RECORD, DrillRecord, put("phases", 0, "tookMs", 5.0), "not of type int"),
        (RECORD, DrillRecord, put("phases", 0, "tookMs", 2**53 - 1), "too long"),
        (RECORD, DrillRecord, put("phases", {}), "not an array"),
        (RECORD, DrillRecord, put("phases", "ab"), "not an array"),
        (RECORD, DrillRecord, put("phases", 0, []), "not an object"),
        (RECORD, DrillRecord, put("phases", 0, "name", "lunch"), "'lunch' is not a valid PhaseName"),
        (RECORD, DrillRecord, put("phases", 0, "name", 1), "not of type str"),
        (RECORD, DrillRecord, put("cleanedUp", 1), "not of type bool"),
        (RECORD, DrillRecord, put("drillId", None), "not of type str"),
        (RECORD, DrillRecord, put("restore", []), "not an object"),
        (RECORD, DrillRecord, put("restore", "mode", "x" * 90), "..."),
        (RECORD, DrillRecord, put("startedAt", "2026-09-14T12:00:00.000000Z"), "another form"),
        (RECORD, DrillRecord, put("startedAt", "2026-09-14T12:00:00+00:00"), "not an RFC 3339 instant"),
        (RECORD, DrillRecord, put("startedAt", "2026-09-31T12:00:00Z"), "day is out of range"),
        (RECORD, DrillRecord, put("startedAt", "1969-12-31T23:59:59Z"), "not an instant in UTC that"),
        (RECORD, DrillRecord, put("startedAt", 1789387200), "not an RFC 3339 instant"),
        (PLAN, DrillPlan, put("playbook", "probes", 0, "kind", "magic"), "`kind` must be one of boot"),
        (PLAN, DrillPlan, put("playbook", "probes", 0, "kind", []), "`kind` must be one of boot"),
        (PLAN, DrillPlan, put("playbook", "probes", 0, []), "`kind` must be one of boot"),
        (PLAN, DrillPlan, put("playbook", "probes", 1, "headers", [["one"]]), "not an array of 2"),
        (PLAN, DrillPlan, put("playbook", "version", True), "is none of (1,)"),
        (PLAN, DrillPlan, put("playbook", "version", 2), "is none of (1,)"),
        (REGISTER, Register, put("agreement", "effective", "20260101"), "not a date"),
        (REGISTER, Register, put("agreement", "effective", "1969-12-31"), "not a date"),
        (REGISTER, Register, put("agreement", "effective", 1), "not of type str"),
    ],
)
def test_nothing_but_the_exact_form_is_read(good, form, change, why):
    bad = deepcopy(good)
    change(bad)
    with pytest.raises(EvidenceError) as caught:
        codec.from_json(bad, form, what="record")
    assert why in str(caught.value)


def test_bytes_in_another_form_are_refused():
    with pytest.raises(EvidenceError, match="plan: not in canonical form"):
        codec.decode(codec.encode(records.plan()) + b"\n", DrillPlan, what="plan")


@pytest.mark.parametrize(
    "value",
    [
        replace(records.point(records.HOUR), size_bytes=2**53),
        replace(records.point(records.HOUR), size_bytes=True),
        replace(records.point(records.HOUR), consistent_as_of=datetime(2026, 1, 1)),  # noqa: DTZ001
        replace(
            records.point(records.HOUR),
            consistent_as_of=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        ),
        replace(records.point(records.HOUR), consistent_as_of=datetime(3000, 1, 1, tzinfo=UTC)),
        records.defect(at=timedelta(microseconds=1)),
        records.defect(at=timedelta(days=100_000)),
    ],
)
def test_what_evidence_cannot_hold_is_not_written(value):
    with pytest.raises(ValueError):
        codec.encode(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    on: date


def test_dates_stand_for_themselves():
    assert codec.encode(_Dated(on=date(2026, 1, 2))) == b'{"on":"2026-01-02"}'


def places(value, path=()):
    """Every place in a JSON value, of arrays the first item's."""
    yield path
    below = (
        value.items() if isinstance(value, dict) else enumerate(value[:1] if isinstance(value, list) else ())
    )
    for name, one in below:
        yield from places(one, (*path, name))


def put(value, path, new):
    """The value with something else at a place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (records.plan(playbook=records.playbook(probes=PROBES)), DrillPlan),
        (records.record(faults=(records.fault(),), defects=(records.defect(),)), DrillRecord),
    ],
)
def test_the_quick_reader_takes_and_refuses_what_the_explaining_one_does(value, form):
    whole = codec.to_json(value)
    refused = 0
    for path in places(whole):
        for new in (None, True, -1, "x", "1970-01-01T00:00:00Z", [], [1], {}, {"kind": "tcp"}):
            changed = put(whole, path, new)
            found = []
            for reader in (codec.QUICK, codec._CONVERTER):
                try:
                    found.append(reader.structure(changed, form))
                except codec.REFUSALS:
                    found.append(None)
            assert found[0] == found[1], path
            refused += found[0] is None
    assert refused > len(list(places(whole)))


@pytest.mark.parametrize("path", [(), ("selection",), ("selection", "listed", 0)])
def test_the_quick_reader_takes_no_field_more_and_no_field_less(path):
    whole = codec.to_json(records.record())
    inside = whole
    for step in path:
        inside = inside[step]
    for changed in ({**inside, "more": 1}, {name: inside[name] for name in list(inside)[1:]}):
        with pytest.raises(codec.REFUSALS):
            codec.QUICK.structure(put(whole, path, changed), DrillRecord)
