"""A period whose drills hide names, hosts and addresses is audited as any other, by both verifiers."""

import base64
import json
import secrets
from dataclasses import fields, replace
from pathlib import Path

from drverify.sealing.redaction import SALT_BYTES, Concealer
from tests.support import series
from tests.support.periods import AFTER, Kept, MemoryBundle, audited, codes, good, slot

HOST = "vault.acme.example"


def hidden(root: Path, days: tuple[int, ...] = (0, 1, 2)) -> tuple[Kept, Concealer]:
    """As `good`, with drills on a host that nobody should know, and the disclosures of the last."""
    kept = Kept(root)
    kept.register()
    kept.schedule([slot(day) for day in days])
    hiding = Concealer(lambda: secrets.token_bytes(SALT_BYTES))
    for day in days:
        hiding = Concealer(lambda: secrets.token_bytes(SALT_BYTES))
        planned = series.planned(day)
        told = hiding.plan(replace(planned, workload=replace(planned.workload, host=HOST)))
        plan, begun = kept.start(day, workload=told.workload, playbook=told.playbook)
        found = replace(series.recorded(day), drill_id=plan.drill_id, start=begun)
        listed = replace(found.selection, listed=found.selection.listed[: kept.points])
        said = hiding.record(replace(found, selection=listed))
        kept.result(plan, begun, day, **{one.name: getattr(said, one.name) for one in fields(said)})
    kept.close()
    kept.cosign(AFTER)
    return kept, hiding


def test_both_verifiers_find_what_they_find_of_the_same_drills_in_the_open(tmp_path: Path) -> None:
    kept, hiding = hidden(tmp_path / "hidden")
    bundle = MemoryBundle.of(kept.gather())
    lines = bundle.files["envelopes.intoto.jsonl"].splitlines()
    said = [base64.b64decode(json.loads(line)["payload"]) for line in lines]
    assert sum(b'"_sd":[' in one for one in said) == 3
    assert not any(HOST.encode() in one for one in said)
    assert hiding.disclosures
    found, plain = audited(bundle), audited(MemoryBundle.of(good(tmp_path / "open").gather()))
    assert found.holds
    assert codes(found) == codes(plain)
    assert found.counts == plain.counts
