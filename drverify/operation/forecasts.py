"""What was planned last, kept beside what is booked: who only asks for it plans nothing anew."""

import json
from datetime import datetime

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.model.nights import NightPlan
from drverify.operation.estate import Estate
from drverify.operation.naming import plan_file
from drverify.report import nights as report


def keep(estate: Estate, agreement: str, plan: NightPlan, now: datetime) -> None:
    """Keep what was planned for the agreement."""
    path = plan_file(estate.state_dir, agreement)
    with state_access(f"make {path.parent}"):
        inner_directory(path.parent.parent)
        inner_directory(path.parent)
    write_durably(path, json.dumps(report.as_json(plan, now)).encode())


def forecast(estate: Estate, agreement: str) -> dict[str, str]:
    """When each workload is drilled next as it was planned last: RFC 3339 by name; empty without a plan."""
    path = plan_file(estate.state_dir, agreement)
    with state_access(f"read {path}"):
        try:
            plan = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
    found: dict[str, str] = {}
    for one in plan["planned"]:
        for name in one.get("members") or (one["workload"],):
            found.setdefault(name, one["begins"])
    return found
