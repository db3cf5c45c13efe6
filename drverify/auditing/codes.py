"""Every finding that an audit can have: its code, what it weighs, and one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drverify.model.audit import Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One kind of finding."""

    code: str
    weight: Weight
    sentence: str


def _codes(weight: Weight, **sentences: str) -> tuple[Code, ...]:
    return tuple(
        Code(code=name.replace("_", "-"), weight=weight, sentence=sentence)
        for name, sentence in sentences.items()
    )


_REFUSED = _codes(
    Weight.REFUSED,
    unreadable="A file of the bundle is missing, cut off, too large, or not in its one form.",
    unknown_file="A file of the bundle has no place in it: nothing that is signed names it.",
    changed_file="A file is not the one that bundle.json lists.",
    other_log="bundle.json and the signed log do not speak of the same log, size or period.",
    untrusted_log="The log's checkpoint is not signed by the key of a log that is trusted.",
    changed_log="The entries or hashes of the log are not the tree that its checkpoint signs.",
    forked_log="The log does not begin with a checkpoint that it signed before, or that was held by you.",
    cut_log="The log has fewer entries than a checkpoint that you hold: it was cut, or the bundle is older.",
    bad_cosignature="A cosigner's signature on a checkpoint does not hold.",
    bad_time_stamp="A time stamp of a trusted authority does not hold, or is over something else.",
    unknown_entry="An entry of the log is none of drverify's.",
    missing_envelope="An entry that the period needs has no envelope in the bundle.",
    foreign_envelope="An envelope is in the bundle whose entry is not in the log, or not at its place.",
    bad_start="The start of a drill is not signed by a trusted runner, or is not well formed.",
    bad_result="The evidence of a drill does not hold: signature, facts, files, or recomputed verdicts.",
    other_plan="The plan in a drill's evidence is not the one that was logged when the drill began.",
    other_contract="A drill was judged by another contract than the register names that both parties agreed.",
    other_agreement="A drill or statement is of another agreement than the log's register.",
    bad_record="A statement of the parties is not well formed, or not signed by exactly those who must.",
    contradiction="A statement of the parties contradicts what was logged before it, or what can be counted.",
    bad_key_time="A signature was made by a key before its time, after it, or after its revocation.",
    time_contradiction="A time stamp shows that a recorded time cannot be true.",
    not_stamped="You asked for time stamps, and none in time shows when a drill was begun, or was over.",
)
_FAILED = _codes(
    Weight.FAILED,
    no_schedule="No signed schedule of the period is in the log: nothing says which drills had to be run.",
    no_register="No register that both parties signed is in the log: the limits are one party's reading.",
    not_started="A scheduled drill was never started, and its window is over.",
    open_start="A drill was started, and has no result and no void by both parties: it counts as failed.",
    second_result="A start has more than one result: the drill was repeated, and only the first counts.",
    result_without_start="A result names a start that is not in the log before it.",
    repeated_slot="A scheduled drill was started again although an attempt had a result.",
    outside_window="A scheduled drill was started outside of its slot's window.",
    voids_result="A drill that was voided has a result.",
)
_NOTED = _codes(
    Weight.NOTED,
    unheld_entries="Nobody but the provider stands by what came after the largest checkpoint that you hold.",
    no_held_checkpoint="You brought no checkpoint: nothing shows that there is no second log.",
    no_cosignature="Nobody but the provider signed the newest checkpoint.",
    further_log="You trust another log, too: drills that were logged there are not in this bundle.",
    unsigned_files="Files that no log binds: read them as the provider's word.",
    no_time_stamp="No time stamp dates the newest entries: when they were logged is the provider's word.",
    late_time_stamps="Results were dated more than a minute after they ended: that does not confirm when.",
    unread_time_stamps="Time stamps were not checked: the library for them is not installed.",
    unknown_authority="Time stamps of an authority that is not trusted were not checked.",
    key_time_not_shown="Nothing shows that a signature was made in its key's time.",
    not_closed="The period has no signed close: nobody but this audit counted its drills.",
    unaudited_close="The close of another period: its count was not checked here.",
    unplanned_start="A drill was started that no schedule asked for.",
    wrong_slot="A start names a slot that is not planned for its workload, so it counts as unplanned.",
    retried="A scheduled drill was begun more than once; every attempt is counted.",
    voided="Both parties agreed not to count a start.",
    maybe_running="A drill has no result yet, and its window is not over.",
    window_not_shown="No time stamp shows that scheduled drills were started within their windows.",
    late_schedule="Nothing shows that the schedule was logged before its first slot opened.",
    remark="Remarked of drills.",
)
CODES: Mapping[str, Code] = MappingProxyType({one.code: one for one in (*_REFUSED, *_FAILED, *_NOTED)})
"""By code; `docs/evidence.md` has the same table."""
