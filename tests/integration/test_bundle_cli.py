"""`drverify bundle` and `drverify audit` by the command line, and other people's programs over the same bundle."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drverify.adapters.bundle.gathering import SHIPPED
from drverify.adapters.signing.keyfile import create
from drverify.auditing import layout
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keys import Trust, check_signature, pem_of
from tests.support import periods, records
from tests.support.attacks import rooted
from tests.support.evidence import LOG, ORIGIN
from tests.support.offices import AT, agreed, furnish

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two slots, two good drills, closed and cosigned; settings beside."""
    root = tmp_path_factory.mktemp("bundle")
    kept = periods.Kept(root / "state", agreed=agreed())
    register = kept.agreed.register(records.INCIDENT)
    kept.register()
    (root / "early.checkpoint").write_bytes((root / "state/log/checkpoint").read_bytes())
    kept.schedule(periods.slot(day) for day in range(2))
    for day in range(2):
        kept.drill(
            day,
            register_sha256=codec.digest(register),
            obligations=tuple(one.id for one in register.obligations),
        )
    kept.close()
    kept.cosign(periods.AFTER)
    furnish(root, kept.agreed)
    return root


@pytest.fixture
def say(place: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["--config", str(place / "drverify.toml"), *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def bundle(say: Say, tmp_path: Path) -> Path:
    """The quarter in a tar."""
    target = tmp_path / "q3.tar"
    code, out, err = say("bundle", "--period", "2026Q3", "-o", target)
    assert (code, err) == (Exit.OK, "")
    assert f"{ORIGIN}, 7 entries" in out
    return target


def _audit(say: Say, place: Path, bundle: Path, *more: object) -> tuple[int, str, str]:
    return say("audit", bundle, "--trust", place / "trust.json", "--at", AT, *more)


def test_a_bundle_is_audited_in_plain_words(say: Say, place: Path, bundle: Path) -> None:
    code, out, _ = _audit(say, place, bundle, "--have", place / "early.checkpoint")
    assert code == Exit.OK
    assert out.startswith("The bundle HOLDS, and no drill is missing: ")
    parts = ["What could not be checked", "Scheduled drills:", "Counted here:", "What held:"]
    assert [out.index(part) for part in parts] == sorted(out.index(part) for part in parts)
    assert "2 planned, 2 started, 2 finished" in out
    assert "begins with every checkpoint that you hold, of " in out
    assert max(map(len, out.splitlines())) < 130


def test_the_same_in_json(say: Say, place: Path, bundle: Path) -> None:
    code, out, _ = _audit(say, place, bundle, "--json")
    found = json.loads(out)
    assert (code, found["holds"], found["complete"]) == (Exit.OK, True, True)
    assert found["audit"]["counts"]["finished"] == 2
    assert {one["weight"] for one in found["audit"]["findings"]} == {"noted"}


def test_a_bundle_is_reproducible_byte_for_byte(say: Say, place: Path, bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.tar"
    for path in sorted((place / "state").rglob("*")):
        path.touch()
    say("bundle", "--period", "2026Q3", "-o", again)
    assert again.read_bytes() == bundle.read_bytes()
    say("bundle", "--period", "2026Q3", "--directory", "-o", tmp_path / "q3")
    subprocess.run(["tar", "-xf", bundle, "--one-top-level=unpacked"], cwd=tmp_path, check=True)
    assert subprocess.run(["diff", "-r", "q3", "unpacked"], cwd=tmp_path, check=False).returncode == 0
    code, out, _ = _audit(say, place, tmp_path / "q3")
    assert (code, "HOLDS" in out) == (Exit.OK, True)


def test_a_drill_that_is_left_out_is_missed(say: Say, place: Path, bundle: Path, tmp_path: Path) -> None:
    """The provider's disk has lost a result: the bundle says so when it is made, the audit when it is read."""
    state = place / "state/drills"
    gone = next(iter(sorted(state.iterdir()))) / "evidence.dsse.json"
    content = gone.read_bytes()
    gone.unlink()
    try:
        code, out, _ = say("bundle", "--period", "2026Q3", "-o", tmp_path / "cut.tar")
    finally:
        gone.write_bytes(content)
    assert (code, "not at hand: the envelope of a restore-drill" in out) == (Exit.UNPROVEN, True)
    code, out, _ = _audit(say, place, tmp_path / "cut.tar")
    assert code == Exit.EVIDENCE_INVALID
    assert out.startswith("The bundle DOES NOT HOLD")
    assert "missing-envelope" in out


def test_a_log_of_somebody_else_or_no_archive_at_all(
    say: Say, place: Path, bundle: Path, tmp_path: Path
) -> None:
    create(tmp_path / "other.key")
    say("key", "show", tmp_path / "other.key", "--log", ORIGIN)
    code, out, _ = say("audit", bundle, "--trust", place / "state/runner.trust.json", "--at", AT)
    assert (code, "bad-record" in out) == (Exit.EVIDENCE_INVALID, True)
    bad = tmp_path / "bad.tar"
    bad.write_bytes(b"y" + bundle.read_bytes()[1:])
    for words in ((), ("--json",)):
        code, out, _ = _audit(say, place, bad, *words)
        assert code == Exit.EVIDENCE_INVALID
        assert "DOES NOT HOLD" in out or json.loads(out)["holds"] is False


@pytest.mark.parametrize("slip", ["trust.json", "runner.key", "state", "nothing.tar", "empty"])
def test_what_is_no_bundle_at_all_is_a_slip(say: Say, place: Path, slip: str) -> None:
    (place / "empty").touch()
    code, out, err = _audit(say, place, place / slip)
    assert (code, out) == (Exit.WRONG_INPUT, "")
    assert "bundle" in err


def test_a_bundle_is_not_written_where_there_is_no_directory(say: Say, place: Path) -> None:
    code, _, err = say("bundle", "--period", "2026Q3", "-o", place / "nowhere/q3.tar")
    assert (code, "no such directory" in err) == (Exit.WRONG_INPUT, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--have", "trust.json"),
        ("--at", "yesterday"),
        ("--attest", "runner.key"),
        ("-o", "x"),
    ],
)
def test_wrong_arguments(say: Say, place: Path, bundle: Path, words: tuple[str, str]) -> None:
    named = [place / word if (place / word).exists() else word for word in words]
    try:
        code = _audit(say, place, bundle, *named)[0]
    except SystemExit as end:
        code = int(str(end.code))
    assert code == Exit.WRONG_INPUT


def test_a_period_that_is_none_and_a_bundle_that_is_there(say: Say, bundle: Path) -> None:
    assert say("bundle", "--period", "2026Q7")[0] == Exit.WRONG_INPUT
    code, _, err = say("bundle", "--period", "2026Q3", "-o", bundle)
    assert (code, "is there already" in err) == (Exit.WRONG_INPUT, True)


def test_extras_go_in_and_are_told(say: Say, place: Path, tmp_path: Path) -> None:
    extras = tmp_path / "with"
    (extras / "exports").mkdir(parents=True)
    (extras / "exports/drills.csv").write_text("drill\n")
    (extras / "annex.pdf").write_bytes(b"%PDF-1.7")
    assert say("bundle", "--period", "2026Q3", "--with", extras, "-o", tmp_path / "more.tar")[0] == Exit.OK
    code, out, _ = _audit(say, place, tmp_path / "more.tar")
    assert code == Exit.OK
    assert re.search(r"unsigned-files: .*README\.txt.*annex\.pdf", out.replace("\n", " "))
    (extras / "notes.txt").write_text("?")
    code, _, err = say("bundle", "--period", "2026Q3", "--with", extras, "-o", tmp_path / "odd.tar")
    assert (code, "has no place in a bundle" in err) == (Exit.WRONG_INPUT, True)


def test_an_auditor_signs_what_held(say: Say, place: Path, bundle: Path, tmp_path: Path) -> None:
    auditor = create(tmp_path / "auditor.key")
    target = tmp_path / "audit.dsse.json"
    words = ("--have", place / "early.checkpoint", "--attest", tmp_path / "auditor.key", "-o", target)
    assert _audit(say, place, bundle, *words)[0] == Exit.OK
    sealed = envelope.decode(target.read_bytes())
    (signature,) = sealed.signatures
    check_signature(auditor.public_der, signature.sig, envelope.pae(sealed.payload_type, sealed.payload))
    said = json.loads(sealed.payload)
    assert said["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    assert said["subject"][0] == {"name": "q3.tar", "digest": {"sha256": sha256_of(bundle.read_bytes())}}
    assert said["predicate"]["timeCreated"] == AT
    assert said["predicate"]["verifier"]["id"].startswith("https://drverify.dev/audit/")
    names = {one["name"] for one in said["predicate"]["verifier"]["policies"]}
    assert names == {"trust.json", "early.checkpoint"}
    assert said["predicate"]["properties"] == [
        "DRVERIFY_BUNDLE_HOLDS", "DRVERIFY_NO_DRILL_MISSING", "DRVERIFY_PERIOD_CLOSED",
        "DRVERIFY_LOG_COSIGNED", "DRVERIFY_LOG_AS_HELD",
    ]  # fmt: skip
    _audit(say, place, bundle, "--attest", tmp_path / "auditor.key", "-o", tmp_path / "fewer.json")
    fewer = json.loads(envelope.decode((tmp_path / "fewer.json").read_bytes()).payload)
    assert "DRVERIFY_LOG_AS_HELD" not in fewer["predicate"]["properties"]


def test_somebody_elses_reader_takes_the_attestation(
    say: Say, place: Path, bundle: Path, tmp_path: Path
) -> None:
    statements = pytest.importorskip("in_toto_attestation.v1.statement")
    create(tmp_path / "auditor.key")
    _audit(say, place, bundle, "--attest", tmp_path / "auditor.key", "-o", tmp_path / "a.json")
    payload = json.loads(envelope.decode((tmp_path / "a.json").read_bytes()).payload)
    subjects = pytest.importorskip("in_toto_attestation.v1.resource_descriptor")
    made = statements.Statement(
        [subjects.ResourceDescriptor(**one).pb for one in payload["subject"]],
        payload["predicateType"],
        payload["predicate"],
    )
    made.validate()


BLOCKED = """\
import sys
BASE = {"drverify", "cattrs", "attr", "attrs", "orjson", "cryptography", "tuf", "securesystemslib", "typing_extensions", "_cffi_backend"}
class Base:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in BASE and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ModuleNotFoundError(f"blocked: {name}", name=name)
sys.meta_path.insert(0, Base())
from drverify.cli.main import main
raise SystemExit(main(sys.argv[1:]))
"""


def test_the_base_dependencies_are_enough_for_an_audit(place: Path, bundle: Path) -> None:
    words = ("audit", bundle, "--trust", place / "trust.json", "--at", AT, "--json")
    done = subprocess.run(
        [sys.executable, "-I", "-c", BLOCKED, *map(str, words)], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["complete"] is True


def test_the_base_dependencies_are_enough_for_an_export(place: Path, bundle: Path) -> None:
    words = ("export", "--bundle", bundle, "--trust", place / "trust.json", "--at", AT, "--format", "csv")
    done = subprocess.run(
        [sys.executable, "-I", "-c", BLOCKED, *map(str, words)], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") > 1


def test_a_key_that_is_not_there_is_missed_before_the_work(say: Say, place: Path, bundle: Path) -> None:
    code, out, err = _audit(say, place, bundle, "--attest", place / "no.key", "-o", place / "result.json")
    assert (code, out) == (Exit.WRONG_INPUT, "")
    assert "no.key" in err


def test_the_readme_is_right(bundle: Path, tmp_path: Path) -> None:
    """Its commands for openssl, jq and sha256sum, as they stand there."""
    (tmp_path / "b").mkdir()
    subprocess.run(["tar", "-xf", bundle, "-C", tmp_path / "b"], check=True)
    readme = (tmp_path / "b/README.txt").read_text()
    (tmp_path / "b/runner.pem").write_text(pem_of(periods.RUNNER.public_der))
    (tmp_path / "b/log.pem").write_text(pem_of(LOG.public_der))
    blocks = [block for block in re.split(r"\n\n+", readme) if block.startswith("    ")]
    ours = [block for block in blocks if re.match(r"\s+(\(cd artifacts|sed )", block)]
    assert len(ours) == 3
    script = "\n".join(ours).replace("sed -n 17p", "sed -n 4p")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path / "b",
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout.count("Signature Verified Successfully")) == (0, 2), done.stderr


def test_the_verifier_in_the_bundle_agrees(say: Say, place: Path, bundle: Path, tmp_path: Path) -> None:
    """Over the good bundle, and over one in which a result's artefact was changed."""
    say("bundle", "--period", "2026Q3", "--directory", "-o", tmp_path / "b")
    assert (tmp_path / "b/verifier/check_bundle.py").read_bytes() == (
        SHIPPED / "check_bundle.py"
    ).read_bytes()
    changed = tmp_path / "b" / layout.artefact(records.digest(records.CONSOLE))

    def second() -> int:
        words = (tmp_path / "b", "--trust", place / "trust.json", "--at", AT)
        program = tmp_path / "b/verifier/check_bundle.py"
        return subprocess.run(
            [sys.executable, "-B", program, *words], capture_output=True, check=False
        ).returncode

    assert (second(), _audit(say, place, tmp_path / "b")[0]) == (Exit.OK, Exit.OK)
    changed.write_bytes(changed.read_bytes() + b"!")
    assert (second(), _audit(say, place, tmp_path / "b")[0]) == (Exit.EVIDENCE_INVALID, Exit.EVIDENCE_INVALID)


def test_a_root_of_both_parties_goes_into_a_bundle_and_is_followed_by_its_digest(
    say: Say, place: Path, bundle: Path, tmp_path: Path
) -> None:
    """As docs/trust.md has it: the auditor brings one digest; what they sign says which root they believed."""
    create(tmp_path / "auditor.key")
    pinned = rooted(tmp_path / "acme.trust", Trust(keys=periods.KEYS))
    root = sha256_of((pinned / "1.root.json").read_bytes())
    with_root, target = tmp_path / "rooted.tar", tmp_path / "audit.dsse.json"
    words = ("bundle", "--period", "2026Q3", "-o", with_root, "--trust")
    assert say(*words, pinned)[0] == Exit.OK
    more = ("--at", AT, "--attest", tmp_path / "auditor.key", "-o")
    for number, named in enumerate((f"sha256:{root}", pinned)):
        assert say("audit", with_root, "--trust", named, *more, f"{target}{number}")[0] == Exit.OK
        said = json.loads(envelope.decode(Path(f"{target}{number}").read_bytes()).payload)
        policies = said["predicate"]["verifier"]["policies"]
        assert policies == [{"name": "root", "digest": {"sha256": root}}]


def test_a_digest_that_leads_nowhere_says_why(say: Say, place: Path, bundle: Path, tmp_path: Path) -> None:
    code, _, err = say("audit", bundle, "--trust", "sha256:" + "0" * 64, "--at", AT)
    assert (code, "ask for a bundle of `drverify bundle --trust`" in err) == (Exit.WRONG_INPUT, True), err
    code, _, err = say("audit", bundle, "--trust", "sha256:0a1b", "--at", AT)
    assert (code, "not a sha256" in err) == (Exit.WRONG_INPUT, True), err
    code, _, err = say("bundle", "--period", "2026Q3", "-o", tmp_path / "b.tar", "--trust", place)
    assert (code, "no root in it" in err, (tmp_path / "b.tar").exists()) == (Exit.WRONG_INPUT, True, False)
