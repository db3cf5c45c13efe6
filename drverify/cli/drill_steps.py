"""What a drill's output says of a playbook's steps: how they went, and which of them nobody owns."""

from collections.abc import Iterator

from drverify.engine.drills.drill import Concluded
from drverify.errors import EvidenceError
from drverify.linting.steps import step_findings
from drverify.model.contract import Contract
from drverify.sealing import codec


def open_steps(concluded: Concluded) -> Iterator[str]:
    """One line for each step that nobody owns, or that the drill's agreement gives to somebody else."""
    for found in step_findings(concluded.plan.playbook.steps, contract_of(concluded)):
        yield f"step {found.step}: {found.what}"


def contract_of(concluded: Concluded) -> Contract | None:
    """The contract that the drill was judged by, as it lies beside the evidence; None when it does not."""
    kept = concluded.evidence.parent / "artefacts" / "sha256" / concluded.register.contract
    try:
        return codec.decode(kept.read_bytes(), Contract, what="contract")
    except (OSError, EvidenceError):
        return None
