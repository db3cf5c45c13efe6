"""What both parties state, by the command line: made, signed by each on its own side, logged, looked at."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner, create
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.cli.main import main
from drverify.compose import Workshop
from drverify.errors import Exit
from drverify.model.evidence import Role, TrustedKey
from drverify.model.records import SlotReference
from drverify.sealing import envelope
from drverify.sealing.keys import trust_file
from drverify.sealing.records.building import sign, unsigned
from drverify.sealing.records.reading import read_draft, read_record
from drverify.sealing.records.slots import open_slots
from drverify.sealing.started import seal_start
from tests.support import records

ESTATE = Path(__file__).parents[2] / "lab" / "estate"
NEXT, LAST = str(datetime.now(UTC).year + 1), str(datetime.now(UTC).year - 1)
SETTINGS = """\
state_dir = "state"
register = "tiny-agreement.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"
sources = {}
hosts = {}

[signing]
key = "file:runner.key"
provider = "file:provider.key"

[log]
origin = "provider.example/log"
key = "file:log.key"
parties = "parties.trust.json"
"""
Say = Callable[..., tuple[int, str, str]]


def trust(path: Path, role: Role, signer: KeyfileSigner) -> Path:
    path.write_text(json.dumps(trust_file([TrustedKey(role=role, public_der=signer.public_der, name=role)])))
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The provider's directory, and in it `acme/`, the customer's, with what each got from the other."""
    for name in ("tiny-agreement.md", "tiny-agreement.lock.yaml"):
        (tmp_path / name).write_text((ESTATE / name).read_text())
    (tmp_path / "drverify.toml").write_text(SETTINGS)
    for name in ("runner", "log", "provider", "acme/customer", "acme/other"):
        create(tmp_path / f"{name}.key")
    trust(tmp_path / "parties.trust.json", "customer", KeyfileSigner.read(tmp_path / "acme/customer.key"))
    trust(tmp_path / "acme/provider.trust.json", "provider", KeyfileSigner.read(tmp_path / "provider.key"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say(place: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(list(map(str, words)))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def log(place: Path) -> DirectoryLog:
    made = Workshop.open(place / "drverify.toml").log()
    assert made is not None
    return made


def agreed(say: Say, *words: object, to: str) -> None:
    """Make a record, have the customer sign it, log it."""
    code, out, err = say("record", *words, "-o", to)
    assert (code, "to be signed by the customer" in out) == (0, True), err
    code, out, err = say(
        "customer", "sign", to, "--key", "acme/customer.key", "--trust", "acme/provider.trust.json"
    )
    assert (code, "signed by the provider provider" in out, "signed as the customer" in err) == (
        0,
        True,
        True,
    ), err
    code, _, err = say("record", "log", to)
    assert code == 0, err


def test_register_and_schedule_go_from_one_party_to_the_other_and_into_the_log(
    say: Say, place: Path, log: DirectoryLog
) -> None:
    agreed(say, "register", to="r.json")
    agreed(say, "schedule", NEXT, to="s.json")
    assert [one.leaf.kind for one in log.entries()] == ["register", "schedule"]
    customer = KeyfileSigner.read(place / "acme/customer.key")
    assert {one.leaf.keyid for one in log.entries()} == {customer.keyid}, (
        "the entry binds the customer's word"
    )
    code, out, _ = say("record", "list")
    assert (code, out.splitlines()[0].split()[:2]) == (0, ["0", "register"])
    code, out, _ = say("log", "check")
    assert (code, "agreed" in say("log", "show")[1]) == (0, True), out
    workshop = Workshop.open(place / "drverify.toml")
    history = workshop.parties.history(log, workshop.drills.path)
    slot = min(history.planned.values(), key=lambda one: one.slot.opens).slot
    ((reference, found),) = open_slots(history, slot.workload, slot.opens)
    assert (found, reference.attempt) == (slot, 1)
    files = {path.name for path in (place / "state/records/artefacts/sha256").iterdir()}
    (_, register), *_ = history.registers
    assert {register.contract, *(one.sha256 for one in register.documents)} <= files


def test_a_schedule_may_begin_in_its_period_and_be_added_to(say: Say, log: DirectoryLog) -> None:
    agreed(say, "register", to="r.json")
    now = datetime.now(UTC)
    year, month = str(now.year + (now.month == 12)), f"{now.month % 12 + 1:02}"  # never over tomorrow
    agreed(say, "schedule", f"{year}-{month}", "--each", 1, to="s.json")
    before = read_draft(Path("s.json").read_bytes()).record
    code, out, _ = say(
        "record", "schedule", f"{year}-{month}", "--from", f"{year}-{month}-20", "--window", 1, "-o", "t.json"
    )
    assert code == 0, out
    after = read_draft(Path("t.json").read_bytes()).record
    assert {slot.id for slot in before.slots}.isdisjoint(slot.id for slot in after.slots)
    assert min(slot.opens for slot in after.slots) >= datetime(int(year), int(month), 20, tzinfo=UTC)
    code, out, _ = say("record", "schedule", NEXT, "--each", 1, "-o", "u.json")
    assert (code, "without a drill by this" in out) == (0, True), out
    code, out, _ = say("customer", "sign", "u.json", "--lock", "tiny-agreement.lock.yaml")
    assert (code, "note: tiny may go" in out) == (0, True), out
    assert say("record", "schedule", NEXT, "--workload", "nobody")[0] == 2
    code, _, err = say("record", "schedule", LAST)
    assert (code, "the period is over" in err) == (2, True)


def test_a_record_is_logged_once_and_only_when_all_have_signed(say: Say, log: DirectoryLog) -> None:
    assert say("record", "register", "-o", "r.json")[0] == 0
    code, _, err = say("record", "log", "r.json")
    assert (code, "signed by the provider and the customer, there are 1" in err) == (12, True)
    assert say("customer", "sign", "r.json", "--key", "acme/other.key")[0] == 0
    code, _, err = say("record", "log", "r.json")
    assert (code, "not trusted as customer" in err, log.tiles.size) == (12, True, 0)
    agreed(say, "register", to="r.json")
    code, out, _ = say("record", "log", "r.json")
    assert (code, "entry 0 of provider.example/log already" in out, log.tiles.size) == (0, True, 1)


def test_whoever_signs_is_shown_what_and_whose_contract_it_is(say: Say, place: Path) -> None:
    assert say("record", "register", "-o", "r.json")[0] == 0
    lock = place / "tiny-agreement.lock.yaml"
    code, out, _ = say("record", "show", "r.json", "--lock", lock)
    assert (code, "the contract is the one in" in out, "1 of 2 signatures, not checked" in out) == (
        0,
        True,
        True,
    )
    other = Path(__file__).parents[2] / "contracts" / "acme-managed-hosting.lock.yaml"
    before = (place / "r.json").read_bytes()
    code, out, _ = say("customer", "sign", "r.json", "--trust", "acme/provider.trust.json")
    assert (code, "1 more to sign" in out, (place / "r.json").read_bytes()) == (0, True, before)
    code, _, err = say("customer", "sign", "r.json", "--key", "acme/customer.key", "--lock", other)
    assert (code, "is not the contract of this register" in err) == (12, True), err
    assert (place / "r.json").read_bytes() == before


def test_a_schedule_for_what_nobody_promised_is_not_signed(say: Say, place: Path) -> None:
    agreed(say, "register", to="r.json")
    assert say("record", "schedule", NEXT, "-o", "s.json")[0] == 0
    made = read_draft((place / "s.json").read_bytes()).record
    slots = tuple(replace(slot, obligations=("made-up",)) for slot in made.slots)
    forged = sign(
        unsigned(replace(made, slots=slots)), KeyfileSigner.read(place / "provider.key"), before=False
    )
    (place / "s.json").write_bytes(envelope.encode(forged))
    code, _, err = say(
        "customer", "sign", "s.json", "--key", "acme/customer.key", "--lock", "tiny-agreement.lock.yaml"
    )
    assert (code, "has no obligation made-up for tiny" in err) == (12, True), err
    assert (place / "s.json").read_bytes() == envelope.encode(forged)


def test_a_forged_word_of_the_provider_is_not_signed(say: Say, place: Path) -> None:
    assert say("record", "register", "-o", "r.json", "--key", "acme/other.key")[0] == 0
    before = (place / "r.json").read_bytes()
    code, _, err = say(
        "customer", "sign", "r.json", "--key", "acme/customer.key", "--trust", "acme/provider.trust.json"
    )
    assert (code, "is not trusted to sign a register" in err) == (12, True)
    assert (place / "r.json").read_bytes() == before


def test_nobody_signs_twice_or_what_is_not_theirs(say: Say, place: Path) -> None:
    assert say("record", "register", "-o", "r.json")[0] == 0
    code, _, err = say("record", "sign", "r.json", "--key", "provider.key")
    assert (code, "has signed it already" in err) == (2, True)
    assert say("record", "close", LAST, "-o", "c.json")[0] == 0
    code, _, err = say("customer", "sign", "c.json", "--key", "acme/customer.key")
    assert (code, "signed by the provider alone" in err) == (2, True)


def test_the_providers_key_may_lie_elsewhere(say: Say, place: Path) -> None:
    settings = (place / "drverify.toml").read_text()
    (place / "drverify.toml").write_text(settings.replace('provider = "file:provider.key"\n', ""))
    both = [
        TrustedKey(role=role, public_der=KeyfileSigner.read(place / path).public_der, name=role)
        for role, path in (("provider", "provider.key"), ("customer", "acme/customer.key"))
    ]
    (place / "parties.trust.json").write_text(json.dumps(trust_file(both)))
    code, out, _ = say("record", "register", "-o", "r.json")
    assert (code, "to be signed by the provider and the customer" in out) == (0, True), out
    assert say("customer", "sign", "r.json", "--key", "acme/customer.key")[0] == 0
    assert say("record", "sign", "r.json", "--key", "provider.key")[0] == 0
    assert say("record", "log", "r.json")[0] == 0
    signers = read_record((place / "r.json").read_bytes(), both).signers
    assert [one.role for one in signers] == ["customer", "provider"]


def test_a_start_is_voided_by_both_and_an_open_one_stays(say: Say, log: DirectoryLog) -> None:
    plans = [records.plan(drill_id=f"20260914T12000{number}Z-0a1b2c") for number in range(2)]
    for plan in plans:
        envelope_of = seal_start(plan, KeyfileSigner.read(Path("runner.key")))
        drill = Path("state/drills") / plan.drill_id
        drill.mkdir(parents=True)
        (drill / "started.dsse.json").write_bytes(envelope_of)
        log.add("drill-started", envelope_of)
    code, _, err = say("record", "void", "20260101T000000Z-000000", "--reason", "x")
    assert (code, "0 starts of drill" in err) == (2, True)
    agreed(say, "void", plans[0].drill_id, "--reason", "power cut\x1b[31m", to="v.json")
    code, out, _ = say("log", "check", "--json")
    assert [one["drill"] for one in json.loads(out)["doubtful"]] == [plans[1].drill_id]
    code, out, _ = say("log", "show")
    assert ("voided" in out, "power cut\\x1b[31m" in out, "\x1b" in out) == (True, True, False)
    code, _, err = say("record", "void", plans[0].drill_id, "--reason", "again")
    assert (code, "is voided already, by entry 2" in err) == (2, True)


def test_a_period_is_counted_and_a_wrong_count_is_found(say: Say, place: Path, log: DirectoryLog) -> None:
    plan = records.plan(slot=SlotReference(schedule=records.digest(b"none"), slot="x/1", attempt=1))
    log.add("drill-started", seal_start(plan, KeyfileSigner.read(place / "runner.key")))
    code, _, err = say("record", "close", NEXT)
    assert (code, "its period ends at" in err) == (2, True)
    assert say("record", "close", LAST, "-o", "c.json")[0] == 0
    draft = read_draft((place / "c.json").read_bytes())
    assert (draft.record.counts.started, draft.record.counts.open, draft.record.counts.unplanned) == (1, 1, 1)
    forged = replace(draft.record, counts=replace(draft.record.counts, open=0, finished=1))
    data = envelope.encode(sign(unsigned(forged), KeyfileSigner.read(place / "provider.key"), before=False))
    (place / "forged.json").write_bytes(data)
    code, _, err = say("record", "log", "forged.json")
    assert (code, "it counts 1 finished, and the log has 0" in err) == (2, True), err
    log.add("period-close", data)
    Workshop.open(place / "drverify.toml").parties.records.keep(data)
    code, out, _ = say("log", "check")
    assert (code, "contradicted" in out, "it counts 0 open, and the log has 1" in out) == (11, True, True)


def test_files_are_kept_that_have_to_stay_credible(say: Say, place: Path, log: DirectoryLog) -> None:
    code, _, err = say("record", "refresh")
    assert (code, "there is nothing to keep" in err) == (2, True)
    (place / "annex.pdf").write_bytes(b"%PDF-1.7")
    assert say("record", "refresh", "annex.pdf", "-o", "f.json")[0] == 0
    assert say("record", "log", "f.json")[0] == 0
    digest = records.digest(b"%PDF-1.7")
    assert (place / "state/records/artefacts/sha256" / digest).read_bytes() == b"%PDF-1.7"
    assert digest in (place / "f.json").read_text() or digest in say("record", "show", "f.json")[1]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('provider = "file:provider.key"', 'provider = "file:acme/customer.key"', "is a customer's key"),
        ('provider = "file:provider.key"', 'provider = "file:runner.key"', "must not pass for two"),
        ('parties = "parties.trust.json"', 'parties = "nothing.json"', "cannot be read"),
    ],
)
def test_one_key_never_stands_for_two(say: Say, place: Path, old: str, new: str, why: str) -> None:
    assert say("record", "register", "-o", "r.json")[0] == 0
    assert say("customer", "sign", "r.json", "--key", "acme/customer.key")[0] == 0
    settings = (place / "drverify.toml").read_text()
    (place / "drverify.toml").write_text(settings.replace(old, new))
    code, _, err = say("record", "log", "r.json")
    assert (code, why in err) == (Exit.WRONG_INPUT, True), err
