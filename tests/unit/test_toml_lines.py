import pytest

from drverify.toml_lines import line_of

TEXT = """\
state_dir = "/var/lib/x"
# a remark = with an equals sign

[sources.main]
kind = "restic"
"odd key" = 1

[[log.authorities]]
name = "first"

[[log.authorities]]
name = "second"
url = "ftp://nowhere"

[operation]
web.listen = "x"
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("state_dir",), 1),
        (("sources", "main", "kind"), 5),
        (("sources", "main", "odd key"), 6),
        (("sources", "main", "password"), 4),
        (("log", "authorities", 1, "url"), 13),
        (("log", "authorities", 0, "url"), 8),
        (("operation", "web", "listen"), 16),
        (("operation", "notify"), 15),
        (("nights",), 1),
    ],
)
def test_a_key_or_what_is_around_it_is_found(place: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, place) == line
