"""Numbers as lists print them: a, b, ... z, aa; i, ii, iii; 01; first."""

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ALPHABET = 26
_LARGEST = 10_000


def letters(number: int) -> str:
    """1 -> a, 26 -> z, 27 -> aa, 28 -> bb: as word processors count."""
    if not 0 < number <= _LARGEST:
        return str(number)
    return chr(ord("a") + (number - 1) % _ALPHABET) * ((number - 1) // _ALPHABET + 1)


def roman(number: int) -> str:
    """4 -> iv."""
    if not 0 < number <= _LARGEST:
        return str(number)
    parts = []
    for value, sign in _ROMAN:
        parts.append(sign * (number // value))
        number %= value
    return "".join(parts)


def ordinal(number: int) -> str:
    """2 -> 2nd."""
    teen = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def decimal_run(numbers: list[str]) -> str:
    """The number of a nested list's item: "3.2" for 2 within 3; the last one where they are no decimals."""
    run: list[str] = []
    for number in reversed(numbers):
        if not number.isdigit():
            break
        run.insert(0, number)
    return ".".join(run) or (numbers[-1] if numbers else "")
