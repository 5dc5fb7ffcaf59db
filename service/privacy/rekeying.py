"""Another data key: everything that is sealed is opened once and sealed with the newest."""

from collections.abc import Sequence
from typing import Protocol

from service.privacy.data_keys import DataKey, KeyRing
from service.repository.records import Records, Work


class Holder(Protocol):
    """Something that keeps what it sealed."""

    def reseal(self, work: Work, keys: Sequence[DataKey]) -> int:
        """Seal some of what is not under the first key with it; return how many, 0 at the end."""
        ...

    def keys_used(self, work: Work) -> set[str]:
        """Return the names of all keys something is sealed with."""
        ...


def rekey(records: Records, ring: KeyRing, holders: Sequence[Holder]) -> int:
    """Seal everything with the newest key, and return how much was sealed with another.

    Where keys are in a file, a new one is made first and those nothing needs are removed.
    """
    if ring.in_file:
        ring.add()
    changed = 0
    while done := _some(records, ring, holders):
        changed += done
    with records.transaction() as work:
        work.take_sealing_turn()
        if ring.in_file:
            ring.keep(set().union(*(each.keys_used(work) for each in holders)))
    return changed


def _some(records: Records, ring: KeyRing, holders: Sequence[Holder]) -> int:
    with records.transaction() as work:
        work.take_sealing_turn()
        keys = ring.all()
        return sum(each.reseal(work, keys) for each in holders)
