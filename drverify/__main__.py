"""`python -m drverify`."""

import sys

from drverify.cli.main import main

sys.exit(main())
