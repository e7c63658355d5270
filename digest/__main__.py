"""Lets ``python -m digest`` do what the command ``digest`` does."""

import sys

from digest.cli import main

if __name__ == "__main__":
    sys.exit(main())
