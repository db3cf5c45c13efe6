"""drverify proves promised recovery: restore, boot, probe, measure, judge, sign."""

__version__ = "0.1.0"
