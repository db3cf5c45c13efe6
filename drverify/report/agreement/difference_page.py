"""What a renewal changed, as a self-contained page."""

from difflib import SequenceMatcher

from drverify.linting.difference import Difference
from drverify.model.contract import Contract
from drverify.report.agreement.difference import SENSES, SHOWN, fields, headline, summary
from drverify.report.agreement.findings import title
from drverify.report.agreement.page import render

MOST = 2_000
"""Words of a quote beyond which the changed ones are not looked for."""
Marked = list[tuple[str, bool]]


def marked(before: str, after: str) -> tuple[Marked, Marked]:
    """Both texts in pieces, each with whether the other text has it."""
    old, new = before.split(), after.split()
    if max(len(old), len(new)) > MOST:
        return [(before, False)], [(after, False)]
    left: Marked = []
    right: Marked = []
    for what, start, end, other_start, other_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        for pieces, said in ((left, old[start:end]), (right, new[other_start:other_end])):
            if said:
                pieces.append((" ".join(said), what != "equal"))
    return left, right


def difference_page(old: Contract, new: Contract, found: Difference) -> str:
    """The page as HTML; old beside new."""
    return render(
        "difference.html",
        style="difference.css",
        old=old,
        new=new,
        found=found,
        kinds=SHOWN,
        senses=SENSES,
        title=title,
        tally=summary(found),
        headline=headline,
        fields=fields,
        marked=marked,
    )
