"""A foretold site loss in words: what one drill cannot tell is not said to be known."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console

from drverify.report.site_loss import show
from drverify.simulating.calibrating import Calibration
from drverify.simulating.course import Capacity
from drverify.simulating.foreseeing import Foresight, foresee
from tests.unit.simulating.test_foreseeing import HOSTS, promise, variants


@dataclass(frozen=True, kw_only=True)
class Told:
    foresight: Foresight
    drills: Mapping[str, int]
    hosts: Mapping[str, Capacity]
    calibration: Calibration
    borrowed: Mapping[str, str]


def test_an_interval_of_one_drill_is_not_known() -> None:
    found = {"one": variants("one", 10), "two": variants("two", 20, 30)}
    foresight = foresee(found, HOSTS, [promise("one", 60)], runs=50, seed=1, contention=True)
    calibration = Calibration(loads={}, runs=1, largest=2, error=0.07)
    drills = {name: len(each) for name, each in found.items()}
    told = Told(foresight=foresight, drills=drills, hosts=HOSTS, calibration=calibration, borrowed={})
    console = Console(record=True, width=150)
    show(console, told, {"one": 11.0, "two": 25.0})
    text = console.export_text()
    rows = {line.split("│")[1].strip(): line for line in text.splitlines() if line.count("│") > 2}
    assert "not known" in rows["one"]
    assert "20 s to 30 s" in rows["two"]
    assert "-9%" in rows["one"]
    assert "spread      one drill tells none: one is taken to need the same each time" in text
