"""Rules of the house that no linter knows: sizes, imports, words, files that must not say certain things."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drverify.cli.main import main
from drverify.cli.verbs import VERBS
from drverify.errors import EXIT_TABLE, Exit
from drverify.logs import EVENTS

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "drverify" / "adapters" / "bundle" / "shipped"
"""Programs that go into bundles: each is one file, so that an auditor reads it as a whole."""
MODULES = sorted(path for path in (ROOT / "drverify").rglob("*.py") if SHIPPED not in path.parents)
PURE = (
    "pveconf",
    "migrating",
    "transparency",
    "model",
    "planning",
    "judging",
    "reading",
    "linting",
    "sealing",
    "auditing",
    "annex",
    "exports",
)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "core", "manager", "service", "handler", "misc"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    limit = 420 if path.name == "ports.py" else 350  # ports are contracts: mostly docstrings
    assert len(path.read_text().splitlines()) <= limit
    for function in functions(path):
        assert (function.end_lineno or 0) - function.lineno < 60, f"{function.name} is too long"


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [path for path in MODULES if path.stem in FORBIDDEN_NAMES]


def test_the_package_files_are_empty() -> None:
    named = [path for path in MODULES if path.name == "__init__.py" and path.parent != ROOT / "drverify"]
    assert [path for path in named if path.read_text().strip()] == []


def test_the_core_reads_no_clock_and_opens_no_file() -> None:
    never = {"now", "today", "utcnow", "open", "read_text", "read_bytes"}
    for package in PURE:
        for path in (ROOT / "drverify" / package).rglob("*.py"):
            if path.relative_to(ROOT / "drverify").as_posix() == "reading/tables/learned.py":
                continue  # the reader's weights, too large for a literal: as much its code as its tables
            calls = (
                node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
            )
            names = {getattr(called, "attr", getattr(called, "id", "")) for called in calls}
            assert not names & never, path


def test_exceptions_are_swallowed_in_few_known_places() -> None:
    """Catching everything is for the drill (it becomes a fault), the command line (exit 70), plug-ins,
    a look into disks, or into a guest, that must not hurt it,
    and a thread or a child whose exceptions are raised again by the one that waits for it."""
    found = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    }
    assert found <= {
        "drverify/engine/drills/conductor.py",
        "drverify/engine/drills/guest_drill.py",
        "drverify/engine/drills/inspecting.py",
        "drverify/engine/staying.py",
        "drverify/engine/visiting.py",
        "drverify/adapters/workbench/child/serving.py",
        "drverify/adapters/probes/prober.py",
        "drverify/agreements/proposers.py",
        "drverify/cli/main.py",
        "drverify/adapters/vma/behind.py",
        "drverify/adapters/signing/device_child.py",
    }


def test_logged_events_are_listed() -> None:
    called = re.compile(r"\b_?log(?:ger)?\.(?:info|debug|warning|error)\(\s*\"([^\"]+)\"")
    used = {match for path in MODULES for match in called.findall(path.read_text())}
    assert used == EVENTS


def test_exit_codes_are_unique_documented_and_never_one() -> None:
    assert {code for code, _ in EXIT_TABLE} == set(Exit)
    assert len({code.value for code in Exit}) == len(Exit)
    assert 1 not in {code.value for code in Exit}


def loaded_by(*words: str) -> set[str]:
    script = (
        "import sys, contextlib, io\n"
        "from drverify.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(words)!r})\n"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name.split(".")[0] for name in done.stdout.split()}


HEAVY = {
    "asyncio",
    "structlog",
    "pydantic",
    "asyncssh",
    "libvirt",
    "proxmoxer",
    "requests",
    "yaml",
    "rich",
    "httpx",
}


@pytest.mark.parametrize("words", [("--help",), ("--version",)])
def test_help_and_version_load_no_vendor(words: tuple[str, ...]) -> None:
    assert loaded_by(*words) & (HEAVY | {"cattrs", "attrs", "cryptography", "shtab"}) == set()


def test_verify_loads_what_an_auditor_needs_and_no_more() -> None:
    assert loaded_by("verify", "--help") & HEAVY == set()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_help_with_examples(verb, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb.name, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "examples:" in said
    assert verb.help[1:20] in said


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_no_tracked_file_names_a_registry_or_a_private_path() -> None:
    registry = re.compile(
        r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|deb\.debian|debian\.org/debian|snapshot\.debian|archive\.ubuntu)",
        re.IGNORECASE,
    )
    private = re.compile(r"(?<![\w.])/(?:work|farm)/\w+|/root/\.")
    for path in tracked():
        if path.suffix in {".png", ".gif", ".cast"} or path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        assert not registry.search(text), path
        assert not private.search(text), path
