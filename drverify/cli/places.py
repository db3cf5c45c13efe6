"""Where the command line looks for the settings file."""

import argparse
import os
from pathlib import Path

DEFAULT = Path("/etc/drverify/drverify.toml")


def settings_path(args: argparse.Namespace) -> Path:
    """Take `--config`, else $DRVERIFY_CONFIG, else ./drverify.toml, else the system's file."""
    named = args.config or os.environ.get("DRVERIFY_CONFIG")
    if named:
        return Path(named)
    here = Path("drverify.toml")
    return here if here.is_file() else DEFAULT
