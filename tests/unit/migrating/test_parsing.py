import pytest

from drverify.migrating.parsing import MAX_VALUE, PARSERS, Unreadable
from drverify.migrating.questions import QUESTIONS, Answer
from drverify.migrating.reading import inventory, unread
from drverify.model.system import Item, Part
from tests.support.migrations import answers, read


def facts_of(seen: Item) -> dict[str, str]:
    return dict(seen.facts)


def test_every_question_has_a_parser_and_every_part_a_question() -> None:
    assert {one.tool for one in QUESTIONS} == set(PARSERS)
    assert {one.part for one in QUESTIONS} == set(Part)


def test_a_whole_system_is_read() -> None:
    seen = read(answers(sata=False))
    assert [one.not_read for one in seen.parts] == [""] * len(Part)
    keys = {part: [one.key for one in seen.of(part).items] for part in Part}
    assert keys[Part.SYSTEM] == ["architecture", "firmware", "hostname", "kernel", "machine"]
    assert keys[Part.DISKS] == ["disk 73686f70", "partition 73686f70-01"]
    assert keys[Part.MOUNTS] == ["/"]
    assert keys[Part.CARDS] == ["card 52:54:00:14:00:0a"]
    assert keys[Part.ADDRESSES] == ["10.20.0.10/24"]
    assert keys[Part.LISTENING] == ["tcp 0.0.0.0:80", "tcp [::]:22"]
    assert keys[Part.PACKAGES] == ["nginx", "systemd"]
    assert keys[Part.JOBS] == ["cron /etc/crontab", "timer logrotate.timer"]
    assert keys[Part.CERTIFICATES] == ["/etc/nginx/shop.crt"]
    assert facts_of(seen.of(Part.LISTENING).items[0]) == {"program": "nginx"}
    assert facts_of(seen.of(Part.CERTIFICATES).items[0])["sha256"] == "aabb"
    assert facts_of(seen.of(Part.DISKS).items[1])["size"] == "3220176896"


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("uname", b"kernel=6.1\n"),
        ("uname", b"firmware=bios\nkernel=1\nkernel=2\n"),
        ("uname", b"firmware=bios\nkernel=1\nshell=bash\n"),
        ("lsblk", b"[]"),
        ("lsblk", b'{"blockdevices": [{"name": "sda", "type": "disk", "size": 1.5}]}'),
        ("lsblk", b'{"blockdevices": [{"name": "sda", "type": "disk", "size": -1}]}'),
        ("lsblk", b'{"blockdevices": [], "blockdevices": []}'),
        ("lsblk", b'{"blockdevices": NaN}'),
        ("lsblk", b"[" * 100_000),
        ("findmnt", b'{"filesystems": [{"target": "swap"}]}'),
        ("ip link", b'[{"ifname": "eth0", "address": "none"}]\neth0\te1000\n'),
        ("ip link", b"[]\neth0 e1000\n"),
        ("ip addr", b'[{"addr_info": [{"local": "10.0.0.1"}]}]'),
        ("ss", b"tcp LISTEN 0 5 nowhere 0.0.0.0:*\n"),
        ("ss", b"tcp LISTEN 0 5 0.0.0.0:80 0.0.0.0:*"),
        ("dpkg-query", b"ii \tnginx\n"),
        ("systemctl", b'{"unit": "x"}'),
        ("cron", b"abc  /etc/crontab\n"),
        ("openssl", b"-----BEGIN CERTIFICATE-----\n"),
        ("uname", b"\xff\n"),
    ],
)
def test_what_no_program_prints_is_not_read(tool: str, said: bytes) -> None:
    with pytest.raises(Unreadable):
        list(PARSERS[tool](said))
    part = next(one.part for one in QUESTIONS if one.tool == tool)
    assert tool in read({**answers(sata=False), tool: said}).of(part).not_read


def test_a_program_that_is_missing_leaves_its_part_unread() -> None:
    given = {one.tool: Answer(tool=one.tool, exit_code=127) for one in QUESTIONS}
    seen = inventory(given)
    assert seen.of(Part.PACKAGES).not_read == "dpkg-query or rpm is not there"
    assert all(one.not_read and not one.items for one in seen.parts)


def test_another_program_answers_for_one_that_is_missing() -> None:
    rpm = Answer(tool="rpm", exit_code=0, output=b"ii \tnginx.x86_64\t1:1.22-1\n")
    seen = inventory({"dpkg-query": Answer(tool="dpkg-query", exit_code=127), "rpm": rpm}).of(Part.PACKAGES)
    assert (seen.not_read, seen.tools, [one.key for one in seen.items]) == ("", ("rpm",), ["nginx.x86_64"])


def test_one_question_of_two_without_an_answer_is_said_beside_what_was_read() -> None:
    outputs = answers(sata=False)
    del outputs["systemctl"]
    seen = read(outputs).of(Part.JOBS)
    assert seen.not_read == "systemctl was not asked"
    assert [one.key for one in seen.items] == ["cron /etc/crontab"]


def test_a_command_that_failed_or_never_ran_says_why() -> None:
    failed = inventory({"ss": Answer(tool="ss", exit_code=1, output=b"")}).of(Part.LISTENING)
    silent = inventory({"ss": Answer(tool="ss", exit_code=None, why="no answer within 90 s")}).of(
        Part.LISTENING
    )
    assert (failed.not_read, silent.not_read) == ("ss: it ended with 1", "ss: no answer within 90 s")
    assert all(one.not_read == "login refused" for one in unread("login refused").parts)


def test_what_a_system_says_comes_out_as_short_printable_lines() -> None:
    said = b"firmware=bios\nkernel=\x1b[31m6.1\nhostname=%s\n" % (b"h" * 1000)
    facts = {one.key: facts_of(one)["value"] for one in PARSERS["uname"](said) if one.facts}
    assert facts["kernel"] == "\\x1b[31m6.1"
    assert len(facts["hostname"]) == MAX_VALUE


def test_things_of_one_name_are_told_apart() -> None:
    said = b"ii \tnginx\t1\nii \tnginx\t1\nii \tnginx\t2\n"
    seen = read({**answers(sata=False), "dpkg-query": said}).of(Part.PACKAGES)
    assert [one.key for one in seen.items] == ["nginx", "nginx (3)"]
