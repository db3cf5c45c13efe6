from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.doors.playbook import load_playbook
from drverify.errors import InputError
from drverify.model.playbook import (
    BootProbe,
    Expectation,
    FreshnessProbe,
    HttpProbe,
    Limits,
    NewestRow,
    NewestToken,
    Playbook,
    PostgresProbe,
    TokenFile,
    addresses,
)
from drverify.transparency.note import KeyType, NoteKey

GOOD = """\
version: 1
name: web
applies_to: disk-image
probes:
  - id: boot
    kind: boot
    console: "login:"
  - id: page
    kind: http
    url: http://shop.example/
    address: 10.20.0.10
    headers: {Content-Type: text/html}
    within: 250ms
    proves_application: true
  - id: rows
    kind: postgres
    database: &db {address: 10.20.0.10, name: shop, user: probe, password: "env:PW"}
    query: select 1
    expect: {op: ge, value: 1}
  - id: newest
    kind: freshness
    newest: {kind: row, database: *db, query: select now()}
limits: {settle: 3s}
allowances: [{name: detection, time: 10m, clause: 6}]
"""


def read(folder: Path, text: str) -> Playbook:
    path = folder / "p.yaml"
    path.write_text(text)
    return load_playbook(path)


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def swapped(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_reads_into_the_model(tmp_path: Path) -> None:
    playbook = read(tmp_path, GOOD)
    boot, page, rows, newest = playbook.probes
    assert boot == BootProbe(id="boot", console="login:")
    assert isinstance(page, HttpProbe)
    assert page.headers == (("Content-Type", "text/html"),)
    assert page.within == timedelta(milliseconds=250)
    assert isinstance(rows, PostgresProbe)
    assert rows.expect == Expectation(op="ge", value="1")
    assert isinstance(newest, FreshnessProbe)
    assert isinstance(newest.newest, NewestRow)
    assert newest.newest.database == rows.database
    assert playbook.limits == Limits(settle=timedelta(seconds=3))
    assert playbook.allowances[0].clause == "6"
    hash(playbook)  # frozen to the ground: no list, no dict


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("name: web\n", "", "p.yaml:1: name: expected the key name, which is missing"),
        ("name: web\n", "nmae: web\n", "p.yaml:2: nmae: unknown key nmae (did you mean name?)"),
        ("settle: 3s", "settel: 3s", "p.yaml:23: limits.settel: unknown key settel (did you mean settle?)"),
        ("settle: 3s", "settle: 3", "p.yaml:23: limits.settle: expected a duration such as 90s, 15m, 4h or 30d, found the number 3"),
        ("settle: 3s", "settle: '3s'", "p.yaml:23: limits.settle: expected a duration such as 90s, 15m, 4h or 30d, found the text '3s'"),
        ("settle: 3s", "drill: 0s", "p.yaml:23: limits.drill: expected more than 0 seconds, found the duration 0s (put it in quotes if it is text)"),
        ("kind: boot", "kind: bot", "p.yaml:5: probes[0]: expected a kind out of boot, ping, tcp, tls, http, command, unit, postgres, freshness, checksum, dump; found bot (did you mean boot?)"),
        ("    kind: boot\n", "", "p.yaml:5: probes[0]: expected the key kind, which is missing"),
        ('"login:"', '"login("', "p.yaml:7: probes[0].console: expected a regular expression: missing ) at position 6 in 'login('"),
        ('"login:"', "90s", "p.yaml:7: probes[0].console: expected text, found the duration 1m30s (put it in quotes if it is text)"),
        ('    console: "login:"\n', "", "p.yaml:5: probes[0]: expected a console pattern or agent: true, found neither"),
        ("    address: 10.20.0.10\n", "", "p.yaml:10: probes[1].url: expected an address beside the name shop.example: names are not looked up by probes"),
        ("    address: 10.20.0.10\n", "    address: shop\n", "p.yaml:11: probes[1].address: expected an IP address, found 'shop'"),
        ("http://shop.example/", "ftp://shop.example/", "p.yaml:10: probes[1].url: expected an http or https URL without a login, found 'ftp://shop.example/'"),
        ("text/html}", "'(a'}", "p.yaml:12: probes[1].headers: expected a regular expression: missing ) at position 2 in '(a'"),
        ('"env:PW"', "hunter2", "p.yaml:17: probes[2].database.password: expected a secret by reference (env:NAME, file:/path or cred:NAME), found other text (not shown)"),
        ("op: ge", "op: above", "p.yaml:19: probes[2].expect.op: expected 'eq', 'ne', 'ge', 'gt', 'le', 'lt' or 'matches', found the text 'above'"),
        ("{op: ge, value: 1}", "{op: matches, value: '['}", "p.yaml:19: probes[2].expect.value: expected a regular expression: unterminated character set at position 1 in '['"),
        ("id: newest", "id: page", "p.yaml:20: probes[3].id: expected each id once, found page again (first in probes[1])"),
        ("kind: row,", "kind: file,", "p.yaml:22: probes[3].newest.database: unknown key database (did you mean pattern?)"),
        ("probes:\n", "probes: []\nx:\n", "p.yaml:4: probes: expected at least 1 of them, found an empty list"),
        ("disk-image", "vm", "p.yaml:3: applies_to: expected 'disk-image' or 'file-set', found the text 'vm'"),
        ("version: 1", "version: 2", "p.yaml:1: version: expected 1, found the number 2"),
        ("version: 1", "version: true", "p.yaml:1: version: expected another value, found true (put it in quotes if it is text)"),
    ],
)  # fmt: skip
def test_says_where_what_and_what_instead(tmp_path: Path, old: str, new: str, line: str) -> None:
    found = complaints(tmp_path, swapped(old, new))
    wanted = line.replace(" (did you mean pattern?)", "")
    assert any(said.startswith(wanted) for said in found), "\n".join(found)


@pytest.mark.parametrize(
    "probe",
    [
        "kind: boot, agent: true",
        "kind: ping, address: 10.20.0.10",
        "kind: tcp, address: 10.20.0.10, port: 80",
        "kind: tls, address: 10.20.0.10, server_name: shop.example",
    ],
)
def test_what_only_answers_proves_no_application(tmp_path: Path, probe: str) -> None:
    text = f"name: x\napplies_to: disk-image\nprobes:\n- {{id: a, {probe}, proves_application: true}}\n"
    (said,) = complaints(tmp_path, text)
    kind = probe.split(",", maxsplit=1)[0].removeprefix("kind: ")
    assert said.startswith(
        f"p.yaml:4: probes[0].proves_application: expected false: a {kind} probe shows that something answers"
    )
    assert read(tmp_path, text.replace("true}", "false}")).probes[0].kind == kind


def test_every_mistake_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = (
        GOOD.replace("name: web", "name: 5s")
        .replace("op: ge", "op: x")
        .replace("3s", "3")
        .replace("kind: boot", "kind: b")
    )
    assert [said.split(":")[1] for said in complaints(tmp_path, text)] == ["2", "5", "19", "23"]


def test_a_playbook_without_a_required_probe_proves_nothing(tmp_path: Path) -> None:
    text = "name: x\napplies_to: disk-image\nprobes: [{id: a, kind: boot, agent: true, required: false}]\n"
    assert complaints(tmp_path, text) == [
        "p.yaml:3: probes: expected at least one required probe: without one nothing is ever proven"
    ]


@pytest.mark.parametrize(
    ("world", "probe", "words"),
    [
        ("file-set", "{id: a, kind: boot, agent: true}", "expected only probes of restored files"),
        (
            "file-set",
            "{id: a, kind: tcp, address: 10.0.0.1, port: 1}",
            "expected only probes of restored files",
        ),
        ("disk-image", "{id: a, kind: checksum, manifest: M}", "expected a way into the machine"),
        ("disk-image", "{id: a, kind: freshness, newest: {kind: file}}", "expected a way into the machine"),
        ("disk-image", "{id: a, kind: unit, unit: x, access: {}}", "expected an address for access over ssh"),
        (
            "disk-image",
            "{id: a, kind: unit, unit: 'x; rm', access: {via: agent}}",
            "expected text that matches",
        ),
        ("disk-image", "{id: a, kind: tcp, address: 10.0.0.1, port: 0}", "expected at least 1"),
        ("disk-image", "{id: a b, kind: boot, agent: true}", "expected text that matches"),
    ],
)
def test_probes_that_make_no_sense_there(tmp_path: Path, world: str, probe: str, words: str) -> None:
    said = complaints(tmp_path, f"name: x\napplies_to: {world}\nprobes:\n  - {probe}\n")
    assert all(line.startswith("p.yaml:4: probes[0]") for line in said)
    assert words in said[0]


def test_a_file_set_playbook(tmp_path: Path) -> None:
    text = "name: x\napplies_to: file-set\nprobes: [{id: a, kind: checksum, manifest: M}, {id: b, kind: freshness, newest: {kind: file}}]\n"
    assert len(read(tmp_path, text).probes) == 2


VKEY = NoteKey(name="acme.example/heartbeat", type=KeyType.LOG, material=bytes(32)).vkey
BEATS = f"""\
version: 1
name: files
applies_to: file-set
probes:
  - id: beat
    kind: freshness
    newest:
      kind: heartbeat
      workload: shop-files
      keys: ["{VKEY}"]
      tokens: {{kind: file, path: .heartbeat}}
"""


def test_heartbeats_of_files_of_a_machine_and_of_a_database(tmp_path: Path) -> None:
    (probe,) = read(tmp_path, BEATS).probes
    assert isinstance(probe, FreshnessProbe)
    assert probe.newest == NewestToken(
        workload="shop-files", keys=(VKEY,), tokens=TokenFile(path=".heartbeat")
    )
    machine = BEATS.replace("file-set", "disk-image")
    ssh = machine.replace("heartbeat}", "heartbeat, access: {address: 10.20.0.10, key: file:id}}")
    (probe,) = read(tmp_path, ssh).probes
    assert addresses(probe) == ("10.20.0.10",)
    database = "database: {address: 10.20.0.11, name: shop, user: probe, password: env:PW}"
    row = machine.replace(
        "{kind: file, path: .heartbeat}", f"{{kind: row, {database}, query: select token from beats}}"
    )
    (probe,) = read(tmp_path, row).probes
    assert addresses(probe) == ("10.20.0.11",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("file-set", "disk-image", "expected a way into the machine"),
        ("heartbeat}", "heartbeat, access: {via: agent}}", "expected only probes of restored files"),
        (VKEY, VKEY[:-4] + "AAA=", "expected a public key as `drverify customer key --heartbeat` prints it"),
        (
            VKEY,
            NoteKey(name="a", type=KeyType.COSIGNER, material=bytes(32)).vkey,
            "expected a key that signs heartbeats",
        ),
        ("workload: shop-files", "workload: shop files", "workload"),
        ("{kind: file, path: .heartbeat}", "{kind: file, path: ''}", "path"),
        (f'["{VKEY}"]', "[]", "keys"),
    ],
)
def test_heartbeats_that_could_not_be_read(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in BEATS
    (complaint,) = complaints(tmp_path, BEATS.replace(old, new))
    assert said in complaint
