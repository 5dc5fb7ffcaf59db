"""Phone numbers and e-mail addresses as stored: sealed, and found by a keyed digest."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row
from service.repository.schema_people import ContactRow


@dataclass(frozen=True, slots=True)
class SealedContact:
    """One contact of a customer or lead.

    Attributes
    ----------
    label
        What it is called among the contacts of this subject; one label is one contact.
    sealed, lookup, key_id
        The encrypted value, its keyed digest, and the name of the key both were made with.
    """

    subject_kind: str
    subject_id: str
    label: str
    kind: str
    sealed: bytes
    lookup: str
    key_id: str
    updated_at: datetime


class Contacts:
    """The contacts, sealed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, contact: SealedContact) -> None:
        """Store a contact in the place of the one with its label."""
        self._session.merge(ContactRow(**as_row(contact)))
        self._session.flush()

    def of(self, subject_kind: str, subject_id: str) -> list[SealedContact]:
        """Return the contacts of a customer or lead, by label."""
        query = select(ContactRow).where(
            ContactRow.subject_kind == subject_kind, ContactRow.subject_id == subject_id
        )
        rows = self._session.scalars(query.order_by(ContactRow.label))
        return [as_record(row, SealedContact) for row in rows]

    def found(self, kind: str, lookups: Collection[str]) -> list[SealedContact]:
        """Return the contacts of a kind whose digest is one of these."""
        query = select(ContactRow).where(ContactRow.kind == kind, ContactRow.lookup.in_(lookups))
        rows = self._session.scalars(query.order_by(ContactRow.subject_kind, ContactRow.subject_id))
        return [as_record(row, SealedContact) for row in rows]

    def not_under(self, key_id: str, limit: int) -> list[SealedContact]:
        """Return contacts sealed with another key."""
        query = select(ContactRow).where(ContactRow.key_id != key_id).limit(limit)
        return [as_record(row, SealedContact) for row in self._session.scalars(query)]

    def keys_used(self) -> set[str]:
        """Return the names of all keys that some contact is sealed with."""
        return set(self._session.scalars(select(ContactRow.key_id).distinct()))

    def remove(self, subject_kind: str, subject_id: str) -> int:
        """Remove every contact of a customer or lead; return how many there were."""
        mine = delete(ContactRow).where(
            ContactRow.subject_kind == subject_kind, ContactRow.subject_id == subject_id
        )
        return len(self._session.scalars(mine.returning(ContactRow.label)).all())
