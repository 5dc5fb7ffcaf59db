"""What only the service can fail at."""

from features.errors import InputError


class NotFoundError(InputError):
    """There is no such customer, lead or batch."""

    code = "not-found"
