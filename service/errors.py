"""What only the service can fail at."""

from features.errors import InputError, ShukeError


class NotFoundError(InputError):
    """There is no such customer, lead or batch."""

    code = "not-found"


class TryLaterError(ShukeError):
    """The same call may be made again after a while.

    Parameters
    ----------
    after
        Whole seconds until it is worth it.
    """

    code = "try-later"

    def __init__(self, what: str, *, after: int, where: str = "", todo: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.after = after


class ConflictError(InputError):
    """What is asked for does not go together with the state of the thing it is asked of."""

    code = "conflict"
