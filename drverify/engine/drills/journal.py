"""Writes one drill into the evidence log: that it begins, and what came of it, both with time stamps.

The start is logged and stamped before the drill's clock runs: no recovery time holds what a log's lock or
somebody else's network took, and a stamp that came shows that nothing had been restored by then.
"""

from collections.abc import Callable

from drverify.engine.keeping import DrillStore, EvidenceLog, Signer, Stamps
from drverify.errors import DrverifyError
from drverify.model.drill import DrillId, DrillPlan, LoggedStart
from drverify.sealing.logged import leaf_of
from drverify.sealing.started import seal_start

START = "started.dsse.json"
START_PROOF = "started.tlog-proof"
RESULT_PROOF = "evidence.tlog-proof"


def token_name(proof_name: str, authority: str) -> str:
    """The file beside a log proof that has the authority's token over the proof's checkpoint."""
    return f"{proof_name.partition('.')[0]}.{authority}.tsr"


def untold(_: str) -> None:
    """Tell nobody."""


class Journal:
    """The log's part in one drill; does nothing when the runner keeps none."""

    def __init__(
        self,
        log: EvidenceLog | None,
        store: DrillStore,
        drill_id: DrillId,
        *,
        stamps: Stamps | None = None,
        note: Callable[[str], None] = untold,
    ) -> None:
        """Without `stamps` nothing is stamped; `note` is told what the time authorities answered."""
        self._log = log
        self._store = store
        self._drill_id = drill_id
        self._stamps = stamps
        self._note = note

    def started(self, plan: DrillPlan, signer: Signer) -> LoggedStart | None:
        """Log that the drill begins, and have it stamped. Blocks for as long as authorities may take.

        HostError or EvidenceError of the log: nothing may begin then. An authority that does not answer
        stops nothing.
        """
        if self._log is None:
            return None
        envelope = seal_start(plan, signer)
        self._store.attach(self._drill_id, START, envelope)
        index = self._log.add("drill-started", envelope)
        proof = self._log.proof(index)
        self._store.attach(self._drill_id, START_PROOF, proof)
        self._stamp(START_PROOF, proof)
        return LoggedStart(
            origin=self._log.origin, index=index, payload=leaf_of("drill-started", envelope).payload
        )

    def ended(self, envelope: bytes) -> None:
        """Log the sealed result, and have it stamped. Blocks for as long as authorities may take.

        Whoever is killed before leaves it to `drverify log mend` and `drverify log stamp`.
        """
        if self._log is None:
            return
        proof = self._log.proof(self._log.add("restore-drill", envelope))
        self._store.attach(self._drill_id, RESULT_PROOF, proof)
        self._stamp(RESULT_PROOF, proof)

    def _stamp(self, name: str, proof: bytes) -> None:
        """Ask for the time over a proof's checkpoint; what fails there is told, and stops no drill."""
        if self._stamps is None:
            return
        try:
            for answer in self._stamps.stamp(proof):
                if answer.token is not None:
                    self._store.attach(self._drill_id, token_name(name, answer.authority), answer.token)
                self._note(answer.said)
        except DrverifyError as error:
            self._note(f"no time stamp: {error}")
