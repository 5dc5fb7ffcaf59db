"""The book of contacts: sealed on the way in, opened for those who may, found by what they say."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.privacy.data_keys import DataKey, KeyRing, missing
from service.privacy.normal import ContactPolicy, Kind, Spotted, as_told, normalised
from service.repository.contacts import SealedContact
from service.repository.records import Records, Work

SubjectKind = Literal["customer", "lead"]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Contact:
    """One phone number or e-mail address, in clear."""

    subject_kind: str
    subject_id: str
    label: str
    kind: str
    value: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ContactBook:
    """Contacts of customers and leads."""

    records: Records
    ring: KeyRing
    policy: ContactPolicy
    clock: Callable[[], datetime]

    def put(
        self, work: Work, subject_kind: SubjectKind, subject_id: str, kind: Kind, value: str
    ) -> str:
        """Store the one contact of a kind and return it as it is kept.

        Raises
        ------
        InputError
            It is no phone number or no address.
        """
        plain = normalised(kind, value, self.policy)
        work.take_sealing_turn()
        self._put(work, self.ring.all()[0], subject_kind, subject_id, kind, kind, plain)
        return plain

    def keep(self, work: Work, lead_id: str, found: Sequence[Spotted]) -> None:
        """Store what was found among the attributes of a lead."""
        if found:
            work.take_sealing_turn()
            key = self.ring.all()[0]
            for each in found:
                plain = as_told(each.kind, each.value, self.policy)
                self._put(work, key, "lead", lead_id, each.label, each.kind, plain)

    def of(self, subject_kind: SubjectKind, subject_id: str) -> list[Contact]:
        """Return the contacts of a customer or lead."""
        with self.records.transaction(read_only=True) as work:
            found = work.contacts.of(subject_kind, subject_id)
        keys = {key.key_id: key for key in self.ring.all()} if found else {}
        return [_opened(each, keys) for each in found]

    def find(self, kind: Kind, value: str) -> list[Contact]:
        """Return the contacts that say the same, however it is spelt.

        Raises
        ------
        InputError
            It is no phone number or no address.
        """
        plain = normalised(kind, value, self.policy)
        keys = {key.key_id: key for key in self.ring.all()}
        lookups = [key.lookup(kind, plain) for key in keys.values()]
        with self.records.transaction(read_only=True) as work:
            found = work.contacts.found(kind, lookups)
        return [_opened(each, keys) for each in found]

    def reseal(self, work: Work, keys: Sequence[DataKey]) -> int:
        """Seal some contacts that are not under the first key with it; return how many."""
        known = {key.key_id: key for key in keys}
        old = work.contacts.not_under(keys[0].key_id, _AT_ONCE)
        for each in old:
            work.contacts.put(_sealed(keys[0], _opened(each, known)))
        return len(old)

    def keys_used(self, work: Work) -> set[str]:
        """Return the names of all keys some contact is sealed with."""
        return work.contacts.keys_used()

    def _put(
        self,
        work: Work,
        key: DataKey,
        subject_kind: SubjectKind,
        subject_id: str,
        label: str,
        kind: Kind,
        plain: str,
    ) -> None:
        contact = Contact(subject_kind, subject_id, label, kind, plain, self.clock())
        work.contacts.put(_sealed(key, contact))


def _sealed(key: DataKey, contact: Contact) -> SealedContact:
    return SealedContact(
        subject_kind=contact.subject_kind,
        subject_id=contact.subject_id,
        label=contact.label,
        kind=contact.kind,
        sealed=key.seal(contact.value, _place(contact)),
        lookup=key.lookup(contact.kind, contact.value),
        key_id=key.key_id,
        updated_at=contact.updated_at,
    )


def _opened(sealed: SealedContact, keys: Mapping[str, DataKey]) -> Contact:
    if sealed.key_id not in keys:
        raise missing(sealed.key_id)
    return Contact(
        subject_kind=sealed.subject_kind,
        subject_id=sealed.subject_id,
        label=sealed.label,
        kind=sealed.kind,
        value=keys[sealed.key_id].open(sealed.sealed, _place(sealed)),
        updated_at=sealed.updated_at,
    )


def _place(contact: Contact | SealedContact) -> str:
    return json.dumps([contact.subject_kind, contact.subject_id, contact.label, contact.kind])
