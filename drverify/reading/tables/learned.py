"""The learned weights as shipped: JSON made by `lab.evaluation.learning`, read by `reading.learned`."""

from importlib.resources import files

LEARNED = (files("drverify.reading.tables") / "learned.json").read_text(encoding="utf-8")
