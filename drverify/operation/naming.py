"""Names of files for what may be called anything: readable, and never another's."""

import hashlib
import re
from pathlib import Path

_READABLE = 80


def slug(name: str) -> str:
    """One path component for a name of any form: what is plain of it, and eight digits of its SHA-256."""
    told = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:_READABLE]
    return f"{told}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def plan_file(state_dir: Path, agreement: str) -> Path:
    """Where the plan of an agreement lies in the state of its site."""
    return state_dir / "plans" / f"{slug(agreement)}.json"
