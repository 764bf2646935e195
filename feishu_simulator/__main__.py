"""`python -m feishu_simulator`."""

import sys

from feishu_simulator.cli import main

sys.exit(main())
