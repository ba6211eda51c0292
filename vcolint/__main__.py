"""`python -m vcolint`."""

import sys

from vcolint.cli import main

sys.exit(main())
