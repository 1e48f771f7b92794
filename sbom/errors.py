"""What goes wrong, by who must act. Every command turns these into one line and exit code 2."""


class LadingError(Exception):
    """Root of the errors a user is shown: what happened, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InputError(LadingError):
    """A file, image, document or option of the user's cannot be used."""


class FetchError(LadingError):
    """A registry, feed or other place outside this machine did not give what was asked."""


class StoreError(LadingError):
    """The store (the database on our side) is missing, locked, too old or damaged."""
