"""What only the service can fail at."""

from features.errors import InputError


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
