"""`python -m simengine`."""

import sys

if __name__ == "__main__":
    from simengine.cli import main

    sys.exit(main())
