"""What the rules found, as a self-contained page."""

from collections import Counter
from collections.abc import Sequence

from drverify.model.contract import Contract
from drverify.model.rule import Finding
from drverify.report.agreement.findings import SEVERITIES, STATUS_WORDS, facts, summary, title
from drverify.report.agreement.page import render


def findings_page(contract: Contract, found: Sequence[Finding]) -> str:
    """The page as HTML; check boxes hide severities, without a script."""
    counts = Counter(one.severity for one in found)
    return render(
        "findings.html",
        style="findings.css",
        contract=contract,
        name=title(contract),
        found=found,
        facts=facts,
        summary=summary(found),
        status_words=STATUS_WORDS,
        counts=[(severity, counts[severity]) for severity in SEVERITIES if counts[severity]],
    )
