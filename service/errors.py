"""What only the service can fail at."""

from features.errors import InputError


class NotFoundError(InputError):
    """There is no such customer, lead or batch."""

    code = "not-found"


class ConflictError(InputError):
    """What is asked for does not go together with the state of the thing it is asked of."""

    code = "conflict"
