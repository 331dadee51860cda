"""``python -m arir`` is the command line."""

from arir.cli import main

if __name__ == "__main__":
    main()
