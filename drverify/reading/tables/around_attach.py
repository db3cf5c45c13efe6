"""Which figures belong to the kinds around the core: the roles they take and the words they stand by."""

from collections.abc import Mapping
from types import MappingProxyType

from drverify.model.contract import Kind
from drverify.reading.tables.around_words import blanks

TAKES: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "response_time": ("duration",),
        "recovery_allowance": ("duration",),
        "reporting": ("interval", "duration"),
        "exit_support": ("duration",),
        "data_retention": ("duration",),
    }
)
_WORDS: Mapping[Kind, str] = {
    "response_time": r"\brespon(?:d|ds|se|ses)\b|\breaction\b|\backnowledg\w+",
    "recovery_allowance": (r"\bfixed at\b|\ballowance\b|\bdeemed\b|\badded\b|\bcounted\b|\btaken\b|\bflat\b"),
    "reporting": r"\breports?\b|\breporting(?: period)?\b|\breviews?\b",
    "exit_support": (
        r"\btransition\w*|\bassist\w*|\bhand-?over\b|\bsupport\b|\bcooperat\w+|\banswers?\b|"
        r"\bprovider\b|\bhelp\w*|\bremov\w+|\brevok\w+"
    ),
    "data_retention": r"\bretain\w*|\bretention\b|\bkept\b|\bkeeps?\b|\bstored\b|\bpreserv\w+",
}
STANDS_BY: Mapping[Kind, str] = MappingProxyType({kind: blanks(words) for kind, words in _WORDS.items()})
