"""Writes one drill into the evidence log: that it begins, and what came of it."""

from drverify.engine.keeping import DrillStore, EvidenceLog, Signer
from drverify.model.drill import DrillId, DrillPlan, LoggedStart
from drverify.sealing.logged import leaf_of
from drverify.sealing.started import seal_start

START = "started.dsse.json"
START_PROOF = "started.tlog-proof"
RESULT_PROOF = "evidence.tlog-proof"


class Journal:
    """The log's part in one drill; does nothing when the runner keeps none."""

    def __init__(self, log: EvidenceLog | None, store: DrillStore, drill_id: DrillId) -> None:
        self._log = log
        self._store = store
        self._drill_id = drill_id

    def started(self, plan: DrillPlan, signer: Signer) -> LoggedStart | None:
        """Log that the drill begins. HostError or EvidenceError of the log: nothing may begin then."""
        if self._log is None:
            return None
        envelope = seal_start(plan, signer)
        self._store.attach(self._drill_id, START, envelope)
        index = self._log.add("drill-started", envelope)
        self._store.attach(self._drill_id, START_PROOF, self._log.proof(index))
        return LoggedStart(
            origin=self._log.origin, index=index, payload=leaf_of("drill-started", envelope).payload
        )

    def ended(self, envelope: bytes) -> None:
        """Log the sealed result. Whoever is killed before leaves it to `drverify log mend`."""
        if self._log is not None:
            index = self._log.add("restore-drill", envelope)
            self._store.attach(self._drill_id, RESULT_PROOF, self._log.proof(index))
