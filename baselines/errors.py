"""The one kind of error that the command line shows as a sentence, with exit code 2."""


class CommandError(Exception):
    """Something that the caller can mend: what is wrong, the value, and the remedy."""
