from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.doors.yaml import USUAL, Document, load
from drverify.errors import InputError


def read(folder: Path, text: str | bytes, variables: dict[str, str] | None = None) -> Document:
    path = folder / "file.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, variables=variables)


def complaint(folder: Path, text: str | bytes, variables: dict[str, str] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, text, variables)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("90s", timedelta(seconds=90)),
        ("'90s'", "90s"),
        ('"90s"', "90s"),
        ("|-\n  90s", "90s"),
        ("5", 5),
        ("-7", -7),
        ("'5'", "5"),
        ("4.10", "4.10"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("0x10", "0x10"),
        ("010", "010"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("true", True),
        ("no", "no"),
        ("on", "on"),
        ("null", None),
        ("~", None),
        ("", None),
        ("''", ""),
        ("2025-01-31", date(2025, 1, 31)),
        ("2025-01-31T12:00:00Z", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("2025-01-31 14:00:00+02:00", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("10.20.0.10", "10.20.0.10"),
        ("[a, 1]", ("a", 1)),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_scalars(tmp_path: Path, written: str, value: Any) -> None:
    found = read(tmp_path, f"a: {written}\n").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_lines_are_known_of_keys_and_items(tmp_path: Path) -> None:
    document = read(tmp_path, "# comment\na:\n  - x\n  - b: 1\n    c:\n      d: 2\n")
    assert document.line_of(("a",)) == 2
    assert document.line_of(("a", 1)) == 4
    assert document.line_of(("a", 1, "c", "d")) == 6
    assert document.line_of(("a", 1, "missing")) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3: a: expected each key once, found it again (first on line 1)"),
        ("a: 1\n? [x]\n: 2\n", "file.yaml:2: the file: expected a key that is text"),
        ("a: !!python/object:os.system x\n", "file.yaml:1: a: expected no YAML tag"),
        ("a: !vault x\n", "file.yaml:1: a: expected no YAML tag, found !vault"),
        ("a: [\n", "file.yaml:2: not YAML"),
        ("a: 1\n---\nb: 2\n", "file.yaml:2: not YAML"),
        ("\n", "file.yaml: the file is empty"),
        (b"a: \xff\n", "file.yaml: cannot be read: not UTF-8"),
        (b"a: \x07\n", "file.yaml: not YAML"),
        ("a: " + "[" * 40 + "]" * 40, "file.yaml:1: not YAML: nested deeper"),
        ("a: *nowhere\n", "file.yaml:1: not YAML: found undefined alias"),
        ("a: 2025-13-45\n", "file.yaml:1: a:"),
        ("a: 2025-01-01T00:00:00\n", "file.yaml:1: a: expected an instant with a zone"),
        ("a: 999999w\n", "file.yaml:1: a:"),
    ],
)
def test_refused_with_its_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert words in complaint(tmp_path, text)


def test_all_complaints_at_once(tmp_path: Path) -> None:
    said = complaint(tmp_path, "a: 1\na: 2\nb: !x 3\n")
    assert [line.split(":")[1] for line in said.splitlines()] == ["2", "3"]


def test_laughing_aliases_are_stopped(tmp_path: Path) -> None:
    lines = ["l0: &l0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "more than 50000 values" in complaint(tmp_path, "\n".join(lines))
    assert "more than 50000 values" in complaint(tmp_path, "a: &a [*a]")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    assert "larger than" in complaint(tmp_path, b"#" * (USUAL.size + 1))


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load(tmp_path / "absent.yaml")


def test_variables_are_filled_in_and_typed_as_if_written_there(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        'a: ${x}\nb: "${x}"\nc: http://${host}:${x}/\nd: $${x}\ne: ^a$\n',
        {"x": "80", "host": "h"},
    ).data
    assert data == {"a": 80, "b": "80", "c": "http://h:80/", "d": "${x}", "e": "^a$"}


def test_without_variables_the_text_stays(tmp_path: Path) -> None:
    assert read(tmp_path, "a: ${x}\n").data == {"a": "${x}"}


def test_unknown_variable_is_named_once_with_every_line(tmp_path: Path) -> None:
    said = complaint(tmp_path, "a: ${adress}\nb: ${adress}\n", {"address": "1"})
    assert said == (
        "file.yaml:1: a: the variable ${adress} is not set (did you mean address?); set are: address (also used on line 2)"
    )


def test_a_variable_cannot_bring_structure(tmp_path: Path) -> None:
    data = read(tmp_path, "a: ${x}\n", {"x": "[1, 2]\nb: 3"}).data
    assert data == {"a": "[1, 2]\nb: 3"}
