"""What a renewal changed, as a self-contained page."""

from drverify.linting.difference import Difference
from drverify.model.contract import Contract
from drverify.report.agreement.difference import SENSES, SHOWN, fields, headline, summary
from drverify.report.agreement.findings import title
from drverify.report.agreement.page import render


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
    )
