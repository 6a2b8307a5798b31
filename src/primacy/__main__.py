"""`python -m primacy`."""

from primacy.cli import main

if __name__ == "__main__":
    main()
