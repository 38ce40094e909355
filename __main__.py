"""`python -m ascendify` is `translate`."""

import sys

from ascendify.cli import main

if __name__ == "__main__":
    sys.exit(main())
