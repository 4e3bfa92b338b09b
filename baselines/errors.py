"""The one kind of error that the command line shows as a sentence, with exit code 2."""


class CommandError(Exception):
    """Something that the caller can mend: what is wrong, the value, and the remedy."""


def reason(problem: OSError) -> str:
    """Return why the system refuses a path, in words that say so."""
    if isinstance(problem, FileExistsError | NotADirectoryError):
        return "a file is where a folder should be"
    return problem.strerror or str(problem)
