"""What can go wrong between a data set's name and its pictures, each with a sentence that says what to do."""

from explorer.contract.errors import ExplorerError


class DataError(ExplorerError):
    """Pictures cannot be read or made as asked."""


class MissingSource(DataError):
    """A data set is not on this machine; the sentence holds the command that gets it."""


class BrokenSource(DataError):
    """Files of a data set are there but cannot be read."""
