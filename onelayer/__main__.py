"""``python -m onelayer`` is the ``onelayer`` program."""

import sys

from onelayer.cli import main

sys.exit(main())
