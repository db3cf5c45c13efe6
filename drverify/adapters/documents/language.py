"""Which language a text is in: the share of each language's commonest words. Cheap and deterministic."""

import re

from drverify.model.document import Remark

_COMMON = {
    "en": "the of and to in or any shall be by is for this that with such as not on which will are",
    "de": "der die und das den von ist des mit dem nicht ein eine für auf werden wird sich auch oder bei",
    "fr": "le la les des et du un une est dans pour par sur que qui au aux ou pas sont avec ce",
    "es": "el los las del y que en una por con para es al lo como o su sus no se será este",
    "nl": "het een van en dat niet zijn op te voor met door worden wordt aan bij of uit naar deze dit ook",
    "it": "il di che della del per una con non sono è nel alla dei delle gli dalla le al da si ed",
    "pt": "o os do da dos das e que em uma um para por com não ao na no se pela pelo será",
    "pl": "i w na z do się nie jest oraz przez dla lub od o po za jako są które tego może być",
    "sv": "och att det som en på är av för med till den har inte ett om kan ska eller vid från ej",
    "da": "og at det som en på er af for med til den har ikke et om kan skal eller ved fra de",
}
_PROFILES = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_WORD = re.compile(r"[^\W\d_]+")
_MARKUP = re.compile(r"<[^<>]{1,300}>|\]\([^()]{1,300}\)|\{\{.{1,200}?\}\}|https?://\S+")
_SAMPLE = 20_000
_FEW = 25
_LEAST = 0.06
_OTHER = 0.35
_CHUNK = 150
_FOREIGN_LETTERS = 0.3


def language_of(text: str) -> str:
    """ISO 639-1 code, `mul` where a third or more is in another language, `und` where it cannot be told."""
    words = [word.casefold() for word in _WORD.findall(_MARKUP.sub(" ", text))][:_SAMPLE]
    if len(words) < _FEW:
        return "und" if not words or not _is_latin(words) else _best(words, least=0.25) or "und"
    if not _is_latin(words):
        return "und"
    chunks = [words[at : at + _CHUNK] for at in range(0, len(words), _CHUNK)]
    votes: dict[str, int] = {}
    for chunk in chunks:
        if (best := _best(chunk, least=_LEAST)) is not None:
            votes[best] = votes.get(best, 0) + len(chunk)
    if not votes:
        return "und"
    total = sum(votes.values())
    first = max(sorted(votes), key=lambda language: votes[language])
    return first if votes[first] > (1 - _OTHER) * total else "mul"


def _best(words: list[str], *, least: float) -> str | None:
    shares = {
        language: sum(word in profile for word in words) / len(words)
        for language, profile in _PROFILES.items()
    }
    best = max(sorted(shares), key=lambda language: shares[language])
    return best if shares[best] >= least else None


def _is_latin(words: list[str]) -> bool:
    letters = "".join(words[:2000])
    foreign = sum(ord(letter) > 0x24F for letter in letters)  # noqa: PLR2004 - end of Latin Extended-B
    return foreign < _FOREIGN_LETTERS * len(letters)


def language_remark(language: str, text: str) -> Remark | None:
    """Says that the language is none we read, which makes "absent" "not determined"."""
    words = [word.casefold() for word in _WORD.findall(_MARKUP.sub(" ", text[: 40 * _FEW]))]
    if language == "en" or not words or (language == "und" and len(words) < _FEW and _is_latin(words)):
        return None
    if language == "mul":
        return Remark(kind="language", detail="parts of the text are not in English; those are not read")
    if language == "und":
        return Remark(kind="language", detail="the text's language cannot be told; only English is read")
    return Remark(kind="language", detail=f"the text is in `{language}`; only English is read")
