"""``python -m vggstat``."""

from vggstat.cli.main import main

if __name__ == "__main__":
    main()
