"""What drills will judge of an accepted register, and what they will not, with the reasons."""

from datetime import datetime

from rich.console import Console
from rich.text import Text

from drverify.model.contract import Contract, Provision
from drverify.planning.obligations import TESTABLE, untestable
from drverify.report.agreement.words import KINDS, clean, figure_words, place


def show(console: Console, contract: Contract, *, at: datetime) -> None:
    """Print both lists; `at` is the instant at which months and business time are resolved."""
    why = {one.provision: one.why for one in untestable(contract, at=at)}
    of_kind = [one for one in contract.provisions if one.kind in TESTABLE and one.review != "rejected"]
    judged = [one for one in of_kind if one.id not in why]
    console.print(
        Text(f"Drills will judge {len(judged)} of {len(contract.provisions)} provisions:", style="bold")
    )
    for one in judged:
        systems = clean(", ".join(one.scope.systems))
        console.print(_line(one, f"{figure_words(one.figure)} for {systems}".strip()), soft_wrap=True)
    left = [one for one in of_kind if one.id in why]
    if left:
        console.print(Text("\nPromises of these kinds that no drill can judge:", style="bold"))
    for one in left:
        console.print(_line(one, clean(why[one.id])), soft_wrap=True)
    rejected = sum(one.review == "rejected" for one in contract.provisions)
    others = len(contract.provisions) - len(of_kind) - rejected
    console.print(f"\n{others} of other kinds are kept for the record, {rejected} were rejected as misread.")


def _line(one: Provision, words: str) -> Text:
    return Text.assemble(f"  {clean(place(one)):<12} ", (f"{KINDS[one.kind]:<24}", "bold"), f" {words}")
