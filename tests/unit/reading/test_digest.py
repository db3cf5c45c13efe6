"""The digest of the reader's tables is the same everywhere, and another one when a table changes."""

import os
import subprocess
import sys

import pytest

from drverify.reading.digest import grammar_digest
from drverify.reading.tables import all as joined
from drverify.reading.tables import vagueness


def test_it_does_not_depend_on_the_process() -> None:
    code = "from drverify.reading.digest import grammar_digest; print(grammar_digest())"
    made = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert made == {grammar_digest()}


@pytest.mark.parametrize("module", [joined, vagueness])
def test_every_table_counts(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    before = grammar_digest()
    name = next(name for name in vars(module) if name.isupper())
    monkeypatch.setattr(module, name, ("another",))
    assert grammar_digest() != before
