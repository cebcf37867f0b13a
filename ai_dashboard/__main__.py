"""`python -m ai_dashboard`."""

import sys

from ai_dashboard.cli.main import main

sys.exit(main())
