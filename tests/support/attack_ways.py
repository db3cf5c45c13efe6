"""Each thing that a provider, or somebody with one of its keys, may do to the evidence of a quarter.

Every function carries one of them out below a directory, and gives what an auditor is handed then. `_` before
a name: not an attack, but what all of these begin with.
"""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.auditing import layout
from drverify.model.agreement import Sha256
from drverify.model.challenge import ChallengeStatus
from drverify.model.drill import DrillPlan, LoggedStart
from drverify.model.records import AgreedRegister, ArchiveRefresh
from drverify.model.records import Kept as KeptFile
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keys import Trust
from drverify.sealing.redaction import Concealer
from drverify.sealing.strict_json import canonical
from tests.support import records, series
from tests.support import trust as roots
from tests.support.attacks import (
    Files,
    Shown,
    checkpoint_of,
    edited,
    ended,
    files_of,
    honest,
    indexed,
    keep,
    lines_of,
    logged,
    result_of,
    rooted,
    signed,
    state,
    statement_of,
    with_lines,
)
from tests.support.evidence import Sealed, challenged
from tests.support.mutations import LIES
from tests.support.periods import AFTER, CUSTOMER, KEYS, PROVIDER, RUNNER, TRUST, Kept, slot
from tests.unit.sealing import test_heartbeats as heartbeats

Way = Callable[[Path], Shown]
AGAIN = "20260914T130001Z-aaaaaa"
RESULT = 3
"""The line of the first result: register, schedule, start, result."""


def nothing(root: Path) -> Shown:
    """Everybody is honest, and the auditor holds a checkpoint from before the drills."""
    kept = state(root)
    early = checkpoint_of(kept)
    for day in range(2):
        kept.drill(day)
    return Shown(files=files_of(ended(kept)), have=(early,))


# 1, 2: statements


def _all_met(said: dict[str, Any]) -> None:
    for one in said["predicate"]["obligations"]:
        one["verdict"] = "MET"
    said["predicate"].update(result="PASSED", failedTests=[])


def _in_place(files: Files, line: bytes, at: int = RESULT) -> Files:
    lines = lines_of(files)
    return with_lines(files, [*lines[:at], line, *lines[at + 1 :]])


def _begun(root: Path, *, day: int = 0) -> tuple[Kept, DrillPlan, LoggedStart]:
    """A quarter of one slot, in which that day's drill has begun."""
    kept = state(root, (day,))
    return kept, *kept.start(day)


def edited_figure(root: Path) -> Shown:
    files = files_of(honest(root))
    return Shown(files=_in_place(files, edited(lines_of(files)[RESULT], _all_met)))


def edited_and_logged(root: Path) -> Shown:
    """By whoever has the log's key, and not the runner's."""
    kept, plan, begun = _begun(root)
    logged(kept, plan, edited(result_of(kept, plan, begun, 0), _all_met))
    return Shown(files=files_of(kept))


def signed_again(root: Path) -> Shown:
    files = files_of(honest(root))
    return Shown(files=_in_place(files, edited(lines_of(files)[RESULT], _all_met, RUNNER)))


def better_than_the_facts(root: Path) -> Shown:
    """With all keys, and before anybody held a checkpoint."""
    kept, plan, begun = _begun(root)
    logged(kept, plan, edited(result_of(kept, plan, begun, 0), _all_met, RUNNER))
    return Shown(files=files_of(kept))


# 3, 4: the log


def _failing(root: Path) -> Kept:
    """The drill of day 1 was not isolated, so nothing is shown by it."""
    kept = state(root)
    kept.drill(0)
    plan, begun = kept.start(1)
    open_checks = tuple(replace(one, closed=False) for one in records.record().isolation.checks)
    kept.result(plan, begun, 1, isolation=replace(records.record().isolation, checks=open_checks))
    return kept


def rewritten_log(root: Path) -> Shown:
    true = _failing(root / "true")
    return Shown(files=files_of(honest(root / "other")), have=(checkpoint_of(true),))


def two_logs(root: Path) -> Shown:
    """One for the customer, who holds its checkpoint, and one of the same size for the auditor."""
    customers = ended(_failing(root / "customer"))
    auditors = honest(root / "auditor")
    assert customers.log.tiles.size == auditors.log.tiles.size
    return Shown(files=files_of(auditors), have=(checkpoint_of(customers),))


# 5 to 8: drills


def suppressed_result(root: Path) -> Shown:
    kept = state(root)
    kept.drill(0)
    kept.start(1)
    return Shown(files=files_of(ended(kept)))


def suppressed_envelope(root: Path) -> Shown:
    """The result was logged; its envelope is left out of the bundle."""
    kept = _failing(root)
    (gone,) = (kept.root / "drills").glob("20260915T*/evidence.dsse.json")
    gone.unlink()
    return Shown(files=files_of(kept))


def late_result(root: Path) -> Shown:
    """Logged when the quarter was counted already, with this drill as one without a result."""
    kept, plan, begun = _begun(root)
    kept.close()
    kept.result(plan, begun, 0)
    return Shown(files=files_of(kept))


def never_started(root: Path) -> Shown:
    kept = state(root)
    kept.drill(0)
    return Shown(files=files_of(ended(kept)))


def second_result(root: Path) -> Shown:
    kept, plan, begun = _begun(root)
    for name in ("evidence.dsse.json", "again.dsse.json"):
        kept.result(plan, begun, 0, name, cleaned_up=name.startswith("evidence"))
    return Shown(files=files_of(kept))


def slot_repeated(root: Path) -> Shown:
    kept = state(root, (0,))
    kept.drill(0)
    kept.drill(0, slot=kept.reference(slot(0), attempt=2), drill_id=AGAIN)
    return Shown(files=files_of(kept))


def two_at_once(root: Path) -> Shown:
    """Two attempts run side by side: the second began before it was known what came of the first."""
    kept, plan, begun = _begun(root)
    again, started = kept.start(0, slot=kept.reference(slot(0), attempt=2), drill_id=AGAIN)
    kept.result(plan, begun, 0)
    kept.result(again, started, 0)
    return Shown(files=files_of(ended(kept)))


def repeated_off_schedule(root: Path) -> Shown:
    """As often as one likes, but everybody sees it."""
    kept = state(root, (0,))
    kept.drill(0, slot=None, drill_id=AGAIN)
    kept.drill(0)
    return Shown(files=files_of(ended(kept)))


def _challenged(root: Path, *, returned: bool) -> tuple[Kept, DrillPlan, LoggedStart, Any]:
    kept = state(root, (0,))
    plan, answer = challenged(kept.start(0)[0])
    kept = state(root / "challenged", (0,))
    plan, begun = kept.start(0, challenge=plan.challenge, challenge_basis=plan.challenge_basis)
    if not returned:
        answer = replace(answer, status=ChallengeStatus.WRONG, observed="0" * 64, why="another one")
    return kept, plan, begun, answer


def rehearsed_copy(root: Path) -> Shown:
    """What was restored last night answers with last night's number; the runner tells the truth about it."""
    kept, plan, begun, answer = _challenged(root, returned=False)
    kept.result(plan, begun, 0, challenge=answer)
    return Shown(files=files_of(ended(kept)))


def rehearsed_copy_said_to_be_fresh(root: Path) -> Shown:
    kept, plan, begun, answer = _challenged(root, returned=False)
    lie = replace(answer, status=ChallengeStatus.RETURNED)
    logged(kept, plan, result_of(kept, plan, begun, 0, challenge=lie))
    return Shown(files=files_of(kept))


def rehearsed_copy_said_to_be_met(root: Path) -> Shown:
    kept, plan, begun, answer = _challenged(root, returned=False)
    logged(kept, plan, edited(result_of(kept, plan, begun, 0, challenge=answer), _all_met, RUNNER))
    return Shown(files=files_of(kept))


def rehearsed_and_restored_again(root: Path) -> Shown:
    """In secret first, and then once more officially: nothing shows the first.

    The same bytes come of a runner that invents the guest's answer: that is attack 23.
    """
    kept, plan, begun, answer = _challenged(root, returned=True)
    kept.result(plan, begun, 0, challenge=answer)
    return Shown(files=files_of(ended(kept)))


# 10, 11: what is in the bundle


def cut_bundle(root: Path) -> Shown:
    """The newest checkpoint stays, the last envelope and its entry go."""
    kept = state(root, (0,))
    kept.drill(0)
    before = files_of(kept)
    after = files_of(ended(kept))
    gone = {name for name in after if name.startswith("log/tile/")}
    tiles = {name: content for name, content in before.items() if name.startswith("log/tile/")}
    files = {name: content for name, content in after.items() if name not in gone} | tiles
    return Shown(files=with_lines(files, lines_of(before)))


def older_bundle(root: Path) -> Shown:
    """A true one, from before the drill that failed: the customer holds a newer checkpoint."""
    kept = state(root)
    kept.drill(0)
    files = files_of(kept)
    kept.start(1)
    return Shown(files=files, have=(checkpoint_of(kept),))


def older_bundle_unheld(root: Path) -> Shown:
    """The same, shown to somebody who holds nothing: the schedule still asks for the second drill."""
    return Shown(files=older_bundle(root).files)


def _artefact(files: Files, content: bytes) -> str:
    return next(name for name, one in files.items() if one == content and name.startswith("artifacts/"))


def swapped_transcripts(root: Path) -> Shown:
    files = files_of(honest(root))
    one, other = (_artefact(files, content) for content in sorted(records.TRANSCRIPTS.values())[:2])
    return Shown(files={**files, one: files[other], other: files[one]})


def another_console(root: Path) -> Shown:
    files = files_of(honest(root))
    return Shown(files={**files, _artefact(files, records.CONSOLE): b"shop login: \n"})


# 13: the contract


def softer_contract(root: Path) -> Shown:
    """The drill is judged by one that allows a day, which only the provider has accepted."""
    kept = state(root, (0,))
    kept.agreed = records.agreed(records.contract(provisions=records.provisions(rpo=records.DAY)))
    kept.drill(0, register_sha256=codec.digest(kept.agreed.register(records.INCIDENT)))
    return Shown(files=files_of(kept))


def softer_register_of_one(root: Path) -> Shown:
    """The provider signs a register alone."""
    kept = Kept(root / "state", points=9)
    kept.agreed = records.agreed(records.contract(provisions=records.provisions(rpo=records.DAY)))
    register = kept.agreed.register(records.INCIDENT)
    documents = register.agreement.documents
    made = AgreedRegister(agreement="A-1", contract=register.contract, documents=documents, revision=1)
    kept.party(made, PROVIDER)
    return Shown(files=files_of(kept))


def softer_limit(root: Path) -> Shown:
    """In the register that the drill names, which should follow from the contract."""
    kept = state(root, (0,))
    register = kept.agreed.register(records.INCIDENT)
    softer = [
        replace(one, objective=replace(one.objective, limit=records.DAY))
        if one.objective.kind == "rpo"
        else one
        for one in register.obligations
    ]
    other = codec.encode(replace(register, obligations=tuple(softer)))
    plan, begun = kept.start(0, register_sha256=sha256_of(other))
    path = kept.root / "drills" / plan.drill_id / "artefacts" / "sha256" / sha256_of(other)
    path.write_bytes(other)

    def soften(said: dict[str, Any]) -> None:
        body = said["predicate"]
        body["plan"] = codec.to_json(plan)
        body["configuration"][0]["digest"] = {"sha256": codec.digest(plan)}
        body["register"]["digest"] = {"sha256": sha256_of(other)}
        for one in body["obligations"]:
            one["limitMs"] = 86_400_000 if one["metric"] == "rpo" else one["limitMs"]

    true = replace(plan, register_sha256=codec.digest(register))
    logged(kept, plan, edited(result_of(kept, true, begun, 0), soften, RUNNER))
    return Shown(files=files_of(kept))


def another_agreement_text(root: Path) -> Shown:
    files = files_of(honest(root))
    softer = records.DOCUMENT.replace(b"one (1) hour", b"one (1) week")
    return Shown(files={**files, _artefact(files, records.DOCUMENT): softer})


# 14, 15: keys


def one_key_twice(root: Path) -> Shown:
    """The provider signs for the customer, too."""
    kept = Kept(root / "state", points=9)
    register = kept.agreed.register(records.INCIDENT)
    documents = register.agreement.documents
    made = AgreedRegister(agreement="A-1", contract=register.contract, documents=documents, revision=1)
    kept.party(made, PROVIDER, PROVIDER)
    return Shown(files=files_of(kept))


def one_key_under_two_ids(root: Path) -> Shown:
    """A root of which both keys are the provider's: libraries that count ids take it for two signatures."""
    directory = root / "root"
    rooted(directory, TRUST)
    value = json.loads(roots.root(expires=AFTER + timedelta(days=300)))
    keys = value["signed"]["keys"]
    keys["ab" * 32] = {**keys[roots.PROVIDER.keyid], "x-drverify-party": "customer"}
    del keys[roots.CUSTOMER.keyid]
    for role in value["signed"]["roles"].values():
        role["keyids"] = [roots.PROVIDER.keyid, "ab" * 32]
    bare = json.dumps(value).encode()
    both = roots.add_signature(roots.signed(bare, roots.PROVIDER), "ab" * 32, roots.PROVIDER, what="root")
    (directory / "1.root.json").write_bytes(both)
    return Shown(files=files_of(honest(root)), trust=directory)


def one_key_in_two_roles(root: Path) -> Shown:
    """The auditor's own trust file names the provider's key as the customer's, too: it is refused as such."""
    both = (*KEYS, replace(KEYS[2], role="customer", name="customer"))
    return Shown(files=files_of(honest(root)), trust=Trust(keys=both))


def customer_as_runner(root: Path) -> Shown:
    """Evidence that is signed with a key which is trusted, for something else."""
    kept, plan, begun = _begun(root)
    logged(kept, plan, edited(result_of(kept, plan, begun, 0), lambda said: None, CUSTOMER))
    return Shown(files=files_of(kept))


# 16: form


def lie(name: str, root: Path) -> Shown:
    """A result that says something else than the facts in it, or says it in another form (`mutations.LIES`)."""
    kept, plan, begun = _begun(root)
    payload = canonical(statement_of(result_of(kept, plan, begun, 0)))
    changed = LIES[name](payload)
    assert changed != payload
    logged(kept, plan, signed(changed, RUNNER))
    return Shown(files=files_of(kept))


def duplicate_key(root: Path) -> Shown:
    return lie("duplicate result", root)


def floating_number(root: Path) -> Shown:
    kept, plan, begun = _begun(root)
    payload = canonical(statement_of(result_of(kept, plan, begun, 0)))
    logged(kept, plan, signed(payload.replace(b'"limitMs":3600000', b'"limitMs":3600000.0'), RUNNER))
    return Shown(files=files_of(kept))


def odd_base64(root: Path) -> Shown:
    """Entry and signature are the true ones: another encoding of the same bytes."""
    files = files_of(honest(root))
    value = json.loads(lines_of(files)[RESULT])
    value["signatures"][0]["sig"] = value["signatures"][0]["sig"].rstrip("=")
    return Shown(files=_in_place(files, canonical(value)))


# 18: roots


def swapped_root(root: Path) -> Shown:
    """A second root with another customer key, which the customer never signed, is in the bundle."""
    expires = AFTER + timedelta(days=300)
    pinned = rooted(root / "trust", TRUST)
    (pinned / "2.root.json").write_bytes(
        roots.root(roots.PROVIDER, roots.CUSTOMER_NEXT, keys=roots.NEXT, version=2, expires=expires)
    )
    keyring = (pinned / "keyring.json").read_bytes()
    (pinned / "targets.json").write_bytes(
        roots.targets(roots.PROVIDER, roots.CUSTOMER_NEXT, keyring=keyring, version=2, expires=expires)
    )
    return _pinned(root, pinned, (pinned / "1.root.json").read_bytes())


def another_root(root: Path) -> Shown:
    """The whole chain in the bundle is another one than the root that was printed into the contract."""
    true = roots.root(
        roots.PROVIDER, roots.CUSTOMER_NEXT, keys=roots.NEXT, expires=AFTER + timedelta(days=300)
    )
    return _pinned(root, rooted(root / "trust", TRUST), true)


def true_root(root: Path) -> Shown:
    """Nobody is attacked: root, targets and keyring in the bundle follow from the pinned digest."""
    pinned = rooted(root / "trust", TRUST)
    return _pinned(root, pinned, (pinned / "1.root.json").read_bytes())


def _pinned(root: Path, directory: Path, believed: bytes) -> Shown:
    extras = {f"trust/{path.name}": path for path in directory.iterdir()}
    files = files_of(honest(root), extras)
    return Shown(files=files, trust=f"sha256:{sha256_of(believed)}")


# 20: the report


def _with_report(root: Path, *, refreshed: bool) -> Files:
    report = b"%PDF-1.7 of the quarter"
    path = root / "annex.pdf"
    path.write_bytes(report)
    kept = honest(root)
    if refreshed:
        one = KeptFile(name="annex.pdf", sha256=sha256_of(report), media_type="application/pdf")
        kept.party(ArchiveRefresh(agreement="A-1", files=(one,)))
    return files_of(kept, {"annex.pdf": path})


def report_painted_over(root: Path) -> Shown:
    files = _with_report(root, refreshed=False)
    return Shown(files={**files, "annex.pdf": files["annex.pdf"] + b" and more"})


def report_painted_over_and_listed(root: Path) -> Shown:
    """bundle.json is signed by nobody: whoever changes the pages changes the list."""
    files = _with_report(root, refreshed=False)
    return Shown(files=indexed({**files, "annex.pdf": files["annex.pdf"] + b" and more"}))


def logged_report_painted_over(root: Path) -> Shown:
    """The digest of the report was logged; what lies under that digest is another one."""
    files = _with_report(root, refreshed=True)
    name = layout.artefact(Sha256(sha256_of(files["annex.pdf"])))
    return Shown(files={**files, name: files["annex.pdf"] + b" and more"})


# 21, 22: what is hidden


def _concealed(root: Path, change: Callable[[dict[str, Any]], object], by: Concealer | None = None) -> Shown:
    hiding = by or Concealer(lambda: secrets.token_bytes(16))
    hidden = hiding.plan(series.planned(0))
    kept = state(root, (0,))
    plan, begun = kept.start(0, workload=hidden.workload, playbook=hidden.playbook)
    logged(kept, plan, edited(result_of(kept, plan, begun, 0), change, RUNNER))
    return Shown(files=files_of(ended(kept)))


def hidden_names(root: Path, by: Concealer | None = None) -> Shown:
    """Nobody is attacked: names and addresses are hidden, and everything else is checked."""
    shown = _concealed(root, lambda said: None, by)
    assert b'"_sd":["' in base64.b64decode(json.loads(lines_of(shown.files)[RESULT])["payload"])
    return shown


def hidden_status(root: Path) -> Shown:
    """A failed probe's status is hidden as if it were a name."""
    return _concealed(
        root, lambda said: said["predicate"]["record"]["probes"][0].update(status="sd:" + "A" * 43)
    )


def hidden_observation(root: Path) -> Shown:
    """The same of a probe that nothing depends on."""
    return _concealed(
        root, lambda said: said["predicate"]["record"]["probes"][-1].update(status="sd:" + "A" * 43)
    )


def hidden_without_a_list(root: Path) -> Shown:
    """Something is hidden, and the predicate does not say so."""
    return _concealed(root, lambda said: said["predicate"].pop("_sd"))


def hidden_limit(root: Path) -> Shown:
    return _concealed(root, lambda said: said["predicate"]["obligations"][0].update(limitMs="sd:" + "A" * 43))


def hidden_time(root: Path) -> Shown:
    return _concealed(root, lambda said: said["predicate"]["record"].update(endedAt="sd:" + "A" * 43))


# 23: lies about what was seen


def invented_answers(root: Path) -> Shown:
    """Nothing was restored; the runner invents what its probes were answered, and signs that."""
    return Shown(files=files_of(honest(root)))


def _beating(root: Path, token: bytes, newest: datetime) -> Shown:
    """The customer's heartbeats are what the probe reads: the transcript has the newest one in it."""
    kept = state(root, (0,))
    plan, begun = kept.start(0, playbook=heartbeats.plan().playbook)
    body = heartbeats.transcript(token)
    record = heartbeats.record(body, newest)
    data = result_of(kept, plan, begun, 0, probes=record.probes, artefacts=record.artefacts)
    keep(kept, plan, Sealed(envelope=data, files={records.digest(body): body}))
    logged(kept, plan, data)
    return Shown(files=files_of(ended(kept)))


def heartbeat(root: Path) -> Shown:
    """Nobody is attacked: what was read back is what the customer signed."""
    return _beating(root, heartbeats.token(), heartbeats.AT)


def invented_heartbeat(root: Path) -> Shown:
    """The runner invents an answer again, and cannot sign it as the customer."""
    return _beating(root, heartbeats.token(by=RUNNER), heartbeats.AT)


def younger_heartbeat(root: Path) -> Shown:
    """A true one, said to be half an hour younger."""
    at = heartbeats.AT + timedelta(minutes=30)
    return _beating(root, heartbeats.token().replace(b"11:29:50", b"11:59:50"), at)
