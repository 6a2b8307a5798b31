"""The one error that is meant for the user's eyes."""


class RefusedError(Exception):
    """A request that cannot be met; the text says which object, what was wanted and what was found."""
