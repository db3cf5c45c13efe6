"""Files of decisions about a proposal (YAML): reviewed once, applied whenever the document is read again."""

from pathlib import Path

from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import load
from drverify.model.decision import Decisions


def load_decisions(path: Path) -> Decisions:
    """Read a file of decisions. InputError with file and line for everything wrong in it."""
    return shape_of(Decisions).read(load(path))
