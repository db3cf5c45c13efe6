"""What belongs beside a verdict because no drill can see it: whose part it is, and on what condition."""

from collections.abc import Iterator

from drverify.model.obligation import Obligation


def circumstances(obligation: Obligation) -> Iterator[str]:
    """One phrase for each, as the register states it; none for an unconditional promise of the provider."""
    if obligation.party == "customer":
        yield "the customer's part"
    for condition in obligation.conditions:
        yield f"on condition: {condition}"
