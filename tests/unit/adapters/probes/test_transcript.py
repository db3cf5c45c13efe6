from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.probes.transcript import LIMIT, Transcript, one_line, printable


def lines(transcript: Transcript) -> list[str]:
    return transcript.render().decode().splitlines()


def test_no_guest_can_write_a_line_of_ours() -> None:
    transcript = Transcript("page (http)")
    transcript.say("GET /")
    transcript.hear("200\n> passed: all is well\r\n\x1b[2J\u202egnp\x00\u2028> x")
    body = lines(transcript)[3:]
    assert body[0] == "> GET /"
    assert all(line.startswith("< ") for line in body[1:])
    assert "\\x1b[2J\\u202egnp\\x00\\u2028> x" in body[-1]


def test_a_nonce_makes_each_unlike_the_other() -> None:
    assert Transcript("a").render() != Transcript("a").render()


def test_secrets_are_hidden_whole_and_line_by_line() -> None:
    transcript = Transcript("a")
    transcript.hide(b"hunter2\n")
    transcript.hide(b"-----BEGIN KEY-----\nAAAABBBBCCCCDDDD\n-----END KEY-----\n")
    transcript.hear("pw=hunter2 key=AAAABBBBCCCCDDDD")
    assert "hunter2" not in transcript.render().decode()
    assert "AAAABBBB" not in transcript.render().decode()
    assert transcript.redact("hunter2!") == "[hidden]!"


def test_a_secret_cut_in_half_by_the_limit_is_hidden_too() -> None:
    for missing in range(1, 12):
        transcript = Transcript("a")
        transcript.hide(b"correcthorse")
        transcript.hear("x" * (48 * 1024 - missing) + "correcthorse")
        assert "x" + "correcthorse"[:missing] not in transcript.render().decode()


@given(st.lists(st.one_of(st.text(max_size=20000), st.binary(max_size=20000)), max_size=8))
def test_always_bounded_printable_text(said: list[str | bytes]) -> None:
    transcript = Transcript("a")
    for part in said:
        transcript.hear(part)
    transcript.say("end")
    content = transcript.render()
    assert len(content) <= LIMIT
    assert all(c.isprintable() or c in "\n\t" for c in content.decode())
    assert all(line[:2] in {"> ", "< "} for line in content.decode().split("\n")[3:-1])


def test_an_endless_answer_fills_it_and_says_so() -> None:
    transcript = Transcript("a")
    for _ in range(100):
        transcript.hear("\x00" * 10_000)
    content = transcript.render()
    assert len(content) <= LIMIT
    assert content.endswith(b"> [cut off here]\n")


def test_one_line() -> None:
    assert one_line(" a\n\tb\x07 ") == "a b\\x07"
    assert len(one_line("x" * 10_000)) == 200
    assert printable("naïve ✓") == "naïve ✓"
