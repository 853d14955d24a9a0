"""`python -m simengine`."""

import sys

if __name__ == "__main__":
    try:
        from simengine.cli import main

        code = main()
    except KeyboardInterrupt:  # while modules are imported
        code = 130
    sys.exit(code)
