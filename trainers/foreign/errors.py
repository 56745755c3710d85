"""What is said of a file that cannot become a model here."""

from explorer.contract.errors import ExplorerError


class CannotImport(ExplorerError):
    """A file or folder is not one that can be made into a bundle; the sentence says why and what can be done."""


class UnsafeFile(CannotImport):
    """A file asks for code to be run, or promises what it does not hold; nothing of it was run."""
