"""The turn of those who seal with a data key, whatever they seal."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_LOCK = 740_219_559  # any number, the same for everyone who seals


def take_turn(session: Session) -> None:
    """Wait until nobody else seals, so that a key is not taken out of use meanwhile.

    On SQLite there is one writer by nature.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
