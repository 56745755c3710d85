"""Errors that a person can act on: each is one sentence that says what happened and what to do."""

_SHOWN = 60  # characters of a name from outside that a sentence may carry


class ExplorerError(Exception):
    """Anything the user can act on; ``str(error)`` is the sentence to show, any other exception is a crash."""


class BundleError(ExplorerError):
    """A model on disk cannot be used."""


class BundleNotFound(BundleError):
    """There is no bundle at the path."""


class DamagedBundle(BundleError):
    """The folder or zip cannot be read: truncated, not a zip, a file missing or torn."""


class ManifestInvalid(BundleError):
    """The manifest is not JSON, or breaks the format."""


class NewerFormat(BundleError):
    """The bundle was written by a later version of Latent Explorer."""


class WrongHash(BundleError):
    """A file is not the one that the manifest describes."""


class UnsafePath(BundleError):
    """A file would lie outside the bundle: an absolute path, ``..``, a link or external data."""


class TooLarge(BundleError):
    """A file, array, tensor or header is larger than the limits of ``archive``."""


class UnsafeGraph(BundleError):
    """A graph uses operators or features that are refused."""


class PortMismatch(BundleError):
    """An array does not fit the port it was sent to, or a graph lacks the port the manifest names."""


class ModelFault(ExplorerError):
    """A graph ran and failed: not-a-number answers, a time limit, an error inside the runtime."""


class Cancelled(Exception):
    """A run was stopped on request; not an error, never shown."""


class RunError(ExplorerError):
    """A run folder cannot be used."""


class CannotWrite(ExplorerError):
    """A file or folder cannot be written: no space, no right, read-only."""


class DiskFull(CannotWrite):
    """There is no space; what is tried again later may succeed."""


class UnknownName(ExplorerError):
    """A name (of a data set, a recipe, a metric, ...) that nothing answers to."""


def short(text: object, limit: int = _SHOWN) -> str:
    """Text from outside as it may stand in a sentence: printable, on one line, at most ``limit`` characters."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in str(text)[: limit + 1])
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
