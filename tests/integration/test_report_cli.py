"""`drverify report annex` over a state directory with a whole period in it, and over its bundle."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from drverify.adapters.bundle.writing import write_directory
from drverify.annex.model import Annex
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.model.audit import SlotState
from drverify.model.verdict import Outcome
from drverify.sealing import codec
from drverify.sealing.keys import pem_of
from lab.authority.making import make_authority
from lab.authority.server import serving
from tests.support import papers, periods, records, series
from tests.support.evidence import signer
from tests.support.offices import AT, agreed, furnish
from tests.support.offices import WITH_PARTIES as SETTINGS

ABSENT = (
    "pydantic",
    "yaml",
    "structlog",
    "rich",
    "aiohttp",
    "libvirt",
    "regex",
    "typst",
    "pyhanko",
    "jinja2",
)
"""What an auditor need not have, unless for a page."""
Say = Callable[..., tuple[int, bytes, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four slots: one drill that is well, one that lost data, one without a result, one that was never begun."""
    root = tmp_path_factory.mktemp("report")
    kept = periods.Kept(root / "state", agreed=agreed())
    register = kept.agreed.register(records.INCIDENT)
    planned = {
        "register_sha256": codec.digest(register),
        "obligations": tuple(one.id for one in register.obligations),
    }
    kept.register()
    kept.schedule(periods.slot(day) for day in range(4))
    kept.drill(0, **planned)
    plan, begun = kept.start(1, **planned)
    late = series.recorded(1, newest=records.HOUR * 3)
    kept.result(plan, begun, 1, selection=late.selection, probes=late.probes)
    kept.start(2, **planned)
    furnish(root, kept.agreed, SETTINGS)
    return root


@pytest.fixture
def say(place: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Say:
    def run(*words: object) -> tuple[int, bytes, str]:
        code = main(
            ["--config", str(place / "drverify.toml"), "report", "annex", "--at", AT, *map(str, words)]
        )
        said = capfdbinary.readouterr()
        return code, said.out, said.err.decode()

    return run


def test_the_own_state_is_audited_and_folded(say: Say) -> None:
    code, out, err = say("--period", "2026Q3", "--json", "-o", "-")
    assert code == Exit.MISSED, err
    annex = codec.decode(out, Annex, what="annex")
    counts = annex.counts
    assert (counts.planned, counts.started, counts.open, counts.not_started) == (4, 3, 1, 1)
    assert [one.state for one in annex.slots] == [SlotState.FAILED, SlotState.NOT_STARTED]
    rpo = next(one for one in annex.obligations if one.metric == "rpo")
    assert (rpo.outcome, rpo.met, rpo.missed) == (Outcome.MISSED, 1, 1)
    assert rpo.figures is not None
    assert rpo.figures.worst > records.HOUR * 3 > records.HOUR > rpo.figures.median - records.HOUR * 3
    rto = next(one for one in annex.obligations if one.metric == "rto")
    assert (rto.outcome, rto.met, rto.missed) == (Outcome.UNPROVEN, 2, 0)
    assert "no result" in rto.why
    assert {one.role for one in annex.basis.signers} >= {"runner", "log", "provider", "customer"}
    assert annex.basis.audited
    assert {one.code for one in annex.basis.findings} >= {"open-start", "not-started"}


def test_the_own_state_is_held_against_what_others_believe_and_hold(say: Say, place: Path) -> None:
    (place / "held").write_bytes((place / "state/log/checkpoint").read_bytes())
    words = ("--period", "2026Q3", "--at", AT, "--json", "-o", "-")
    told = []
    for more in ((), ("--trust", place / "trust.json", "--have", place / "held")):
        code, out, _ = say(*words, *more)
        assert code in {Exit.MISSED, Exit.UNPROVEN}
        told.append({one["code"] for one in json.loads(out)["basis"]["findings"]})
    assert told[0] - told[1] >= {"no-held-checkpoint"}


def test_a_bundle_gives_the_same_drills_and_verdicts_as_the_own_state(
    say: Say, place: Path, tmp_path: Path
) -> None:
    own = codec.decode(say("--period", "2026Q3", "--json", "-o", "-")[1], Annex, what="annex")
    kept = periods.Kept(place / "state", agreed=agreed())
    write_directory(kept.gather().files, tmp_path / "bundle")
    words = ("--bundle", tmp_path / "bundle", "--trust", place / "trust.json", "--json", "-o", "-")
    code, out, err = say(*words)
    assert code == Exit.MISSED, err
    theirs = codec.decode(out, Annex, what="annex")
    for part in ("agreement", "period", "counts", "obligations", "workloads", "drills", "slots", "isolation"):
        assert getattr(theirs, part) == getattr(own, part), part
    for odd in (("--period", "2025Q3"), ("--agreement", "B-2")):
        assert say(*words, *odd)[0] == Exit.WRONG_INPUT
    without = f"import sys; sys.modules.update(dict.fromkeys({ABSENT})); from drverify.cli.main import main"
    command = (
        f"{without}; sys.exit(main({['report', 'annex', *map(str, words[:-1]), str(tmp_path / 'x.json')]}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == Exit.MISSED, done.stderr
    assert (
        codec.decode((tmp_path / "x.json").read_bytes(), Annex, what="annex").obligations == own.obligations
    )
    evidence = next((tmp_path / "bundle" / "artifacts" / "sha256").iterdir())
    evidence.write_bytes(b"changed")
    assert say(*words)[0] == Exit.EVIDENCE_INVALID


def test_the_commands_on_the_page_check_a_statement(say: Say, place: Path, tmp_path: Path) -> None:
    annex = codec.decode(say("--period", "2026Q3", "--json", "-o", "-")[1], Annex, what="annex")
    write_directory(periods.Kept(place / "state", agreed=agreed()).gather().files, tmp_path / "bundle")
    (tmp_path / "bundle" / "runner.pem").write_text(pem_of(periods.RUNNER.public_der))
    (by_hand,) = [one for one in annex.basis.commands if "DIGEST" in "".join(one.lines)]
    script = "\n".join(by_hand.lines).replace("DIGEST", annex.drills[1].payload)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path / "bundle",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "Signature Verified Successfully\n"), done.stderr
    (tmp_path / "bundle" / "runner.pem").write_text(pem_of(periods.CUSTOMER.public_der))
    again = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path / "bundle", capture_output=True, check=False, timeout=60
    )
    assert again.returncode != 0


def test_pdf_and_html_are_written_the_same_each_time(say: Say, tmp_path: Path) -> None:
    for form in ("pdf", "html"):
        first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form}"
        for target in (first, second):
            code, _, err = say("--period", "2026Q3", f"--{form}", "-o", target)
            assert code == Exit.MISSED, err
        assert first.read_bytes() == second.read_bytes()
    text = "".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(tmp_path / "first.pdf")
    )
    assert "not signed" in text
    assert "2026Q3/shop/03" in text


def test_an_earlier_annex_gives_the_trend_and_a_wrong_one_is_refused(say: Say, tmp_path: Path) -> None:
    earlier = tmp_path / "annex-2026Q2.json"
    code, _, err = say("--period", "2026Q2", "--json", "-o", earlier)
    assert code == Exit.UNPROVEN, err
    out = say("--period", "2026Q3", "--json", "-o", "-", "--earlier", earlier)[1]
    annex = codec.decode(out, Annex, what="annex")
    assert [one.period for one in annex.trend] == ["2026Q2", "2026Q3"]
    assert annex.trend[0].annex == hashlib.sha256(earlier.read_bytes()).hexdigest()
    code, _, err = say("--period", "2026Q2", "--json", "-o", "-", "--earlier", earlier)
    assert (code, "not of an earlier period" in err) == (Exit.WRONG_INPUT, True)
    earlier.write_bytes(earlier.read_bytes().replace(b'"met":0', b'"met":0.5', 1))
    assert say("--period", "2026Q3", "--json", "-o", "-", "--earlier", earlier)[0] == Exit.WRONG_INPUT


def test_the_settings_say_who_signs_and_who_stamps(
    place: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    signatory = papers.signatory(tmp_path)
    authority = make_authority(tmp_path / "tsa", "first")
    annex = f'[annex]\ncertificate = "{signatory.chain}"\nkey = "file:{signatory.key}"\n'
    words = ("report", "annex", "--at", AT, "--period", "2026Q3", "--pdf", "-o", str(tmp_path / "annex.pdf"))
    with serving({"first": authority.reply}) as address:
        url = f'[[log.authorities]]\nname = "first"\nurl = "{address}/first"\nca = "{authority.root}"\n'
        (place / "signed.toml").write_text(SETTINGS + url + annex)
        assert main(["--config", str(place / "signed.toml"), *words]) == Exit.MISSED
    made = (tmp_path / "annex.pdf").read_bytes()
    reader = PdfFileReader(io.BytesIO(made))
    assert (len(reader.embedded_regular_signatures), len(reader.embedded_timestamp_signatures)) == (1, 1)
    assert "signed by Common Name: Provider GmbH reports" in papers.text_of(made)
    assert main(["--config", str(place / "signed.toml"), *words]) == Exit.UNPROVEN
    assert b"no time stamp for the PDF" in capfdbinary.readouterr().err
    assert main(["--config", str(place / "signed.toml"), *words, "--unstamped"]) == Exit.MISSED
    reader = PdfFileReader(io.BytesIO((tmp_path / "annex.pdf").read_bytes()))
    assert (len(reader.embedded_regular_signatures), len(reader.embedded_timestamp_signatures)) == (1, 0)
    (place / "signed.toml").write_text(SETTINGS + annex.replace("file:", "plain:"))
    assert main(["--config", str(place / "signed.toml"), *words]) == Exit.WRONG_INPUT


def test_without_a_log_every_drill_is_verified_and_nothing_more_is_said(
    place: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "state" / "drills").mkdir(parents=True)
    for name in ("acme.lock.yaml", "agreement.md", "inventory.yaml", "runner.key"):
        (tmp_path / name).write_bytes((place / name).read_bytes())
    (tmp_path / "runner.key").chmod(0o600)
    (tmp_path / "drverify.toml").write_text(SETTINGS.partition("[log]")[0])
    for day, by in ((0, periods.RUNNER), (1, periods.RUNNER), (2, signer(77))):
        series.lay(tmp_path / "state" / "drills", day, by)
    words = ("report", "annex", "--at", AT, "--period", "2026Q3", "--json", "-o", "-")
    assert main(["--config", str(tmp_path / "drverify.toml"), *words]) == Exit.MISSED
    said = capfdbinary.readouterr()
    annex = codec.decode(said.out, Annex, what="annex")
    assert (annex.basis.audited, annex.basis.origin, annex.counts.started, annex.counts.open) == (
        False,
        "",
        3,
        1,
    )
    assert [one.index for one in annex.drills] == [None, None]
    assert series.drill_id(2).encode() + b" is not in the annex" in said.err


def test_wrong_words_are_refused(say: Say, place: Path) -> None:
    for words in (
        ("--json",),
        ("--period", "2026Q9", "--json"),
        ("--period", "2026Q3", "--agreement", "B-2", "--json"),
        ("--bundle", place / "nowhere", "--trust", place / "trust.json", "--json"),
        ("--bundle", place, "--json"),
        ("--period", "2026Q3", "--have", place / "trust.json", "--json"),
    ):
        assert say(*words)[0] == Exit.WRONG_INPUT, words
