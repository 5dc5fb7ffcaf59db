"""What only the service can fail at."""

from features.errors import InputError, ShukeError


class NotFoundError(InputError):
    """There is no such customer, lead or batch."""

    code = "not-found"


def unknown_customer(customer_id: str) -> NotFoundError:
    """Return the error for a customer nobody knows, and for one the viewer may not see."""
    return NotFoundError(
        "No customer of this id is known",
        where=customer_id,
        todo="Customers appear with their first order, after the next nightly run.",
    )


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
