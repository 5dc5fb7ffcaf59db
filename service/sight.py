"""What one viewer sees: the one place that drops rows, hides fields and says who was read.

Every list, score, reason, task, lead, CSV and whatever else leaves the service asks here first. A
person who is not seen is answered for exactly as one whom nobody knows, so ids cannot be probed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from features.clock import utc
from features.errors import InputError
from models_registry.score import Score, Status
from service.audit import Action, AuditTrail, Occasion, seen_by
from service.audit_chain import digest
from service.champions import LEAD_MODEL
from service.crm.permissions import (
    AccessPolicy,
    Bounds,
    Role,
    Subject,
    Viewer,
    bounds,
    masked,
)
from service.errors import unknown_customer
from service.lake_reader import LakeReader
from service.repository.records import Records
from service.repository.rows import LeadRecord

_NOBODY = ""  # no id is empty: asking for it gives the answer for somebody unknown
_LEADS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Access:
    """Gives each viewer their sight."""

    records: Records
    lake: LakeReader
    policy: AccessPolicy
    audit: AuditTrail
    clock: Callable[[], datetime]

    def sight(self, viewer: Viewer, route: str, request_id: str | None) -> "Sight":
        """Return what a viewer sees during one request."""
        return Sight(self, viewer, seen_by(viewer, route, request_id))


@dataclass(frozen=True, slots=True)
class Sight:
    """What one viewer sees during one request."""

    access: Access
    viewer: Viewer
    occasion: Occasion

    @property
    def bounds(self) -> Bounds:
        """Which rows are seen, for a query to apply."""
        return bounds(self.viewer, self.access.policy)

    def customers(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of some customers who are seen; to the unlimited also unknown ones."""
        limits = self.bounds
        if limits.unlimited:
            return frozenset(ids)
        with self.access.records.transaction(read_only=True) as work:
            held = work.holders.of_customers(ids, self._since())
        homes = self._homes() if limits.store_ids is not None else {}
        return frozenset(each for each in ids if limits.hold(_subject(each, held, homes)))

    def everybody(self) -> frozenset[str] | None:
        """Return every customer who is seen; None where that is everybody."""
        limits = self.bounds
        if limits.unlimited:
            return None
        with self.access.records.transaction(read_only=True) as work:
            held = work.holders.customers_within(limits, self._since())
        if limits.store_ids is None:
            return frozenset(held)
        homes = self._homes().items()
        return frozenset(held) | {each for each, store in homes if store in limits.store_ids}

    def leads(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of some leads who are seen; to the unlimited also unknown ones."""
        limits = self.bounds
        if limits.unlimited:
            return frozenset(ids)
        with self.access.records.transaction(read_only=True) as work:
            held = dict(work.holders.of_leads(ids))
        imported = self.access.lake.leads([each for each in ids if each not in held])
        stores = {each: lead.store_id for each, lead in imported.items() if lead.store_id}
        return frozenset(each for each in ids if limits.hold(_subject(each, held, stores)))

    def require_customer(self, customer_id: str) -> None:
        """Raise the error for an unknown customer unless this one is seen."""
        if customer_id not in self.customers([customer_id]):
            raise unknown_customer(customer_id)

    def require_capture(self, lead: LeadRecord) -> None:
        """Raise unless the viewer may bring in a lead for its store and of its customer.

        A lead's score tells of its customer, and whoever gets the lead sees that customer.
        """
        if self.bounds.unlimited:
            return
        if lead.store_id not in self.viewer.store_ids:
            raise InputError(
                "A lead is captured for a store of one's own",
                where="store_id",
                todo=f"Send store_id, one of {', '.join(sorted(self.viewer.store_ids))}.",
            )
        if lead.customer_id is not None:
            self.require_customer(lead.customer_id)

    def require_known_lead(self, lead_id: str) -> None:
        """Raise unless a lead that is there already may be shown to whoever sends it again."""
        if lead_id not in self.leads([lead_id]):
            raise InputError(
                "The lead_id is taken by another lead",
                where=lead_id,
                todo="Choose another, or leave it out.",
            )

    def scores(
        self, model: str, ids: Sequence[str], score: Callable[[Sequence[str]], list[Score]]
    ) -> list[Score]:
        """Return one score per id, in their order; one not seen is scored like one unknown.

        Parameters
        ----------
        score
            Gives the scores of some ids in their order.
        """
        of_leads = model == LEAD_MODEL
        seen = self.leads(ids) if of_leads else self.customers(ids)
        found = score([each if each in seen else _NOBODY for each in ids])
        read = [
            each
            for each, one in zip(ids, found, strict=True)
            if each in seen and one.status is not Status.UNKNOWN_CUSTOMER
        ]
        self.saw("lead" if of_leads else "customer", read)
        return [
            one if each in seen else _of_nobody(one, each, of_leads=of_leads)
            for each, one in zip(ids, found, strict=True)
        ]

    def shown(self, record: Mapping[str, object]) -> dict[str, object]:
        """Return a record with the fields hidden that the viewer may not read."""
        return masked(self.viewer, record, self.access.policy)

    def saw(self, kind: str, ids: Iterable[str], action: Action = Action.READ) -> None:
        """Write into the audit log that people were read; nobody read leaves no line."""
        read = list(ids)
        if read:
            self.access.audit.people(self.occasion, action, kind, read)

    def leaving(
        self, kind: str, parts: Iterable[Sequence[Sequence[object]]]
    ) -> Iterator[Sequence[Sequence[object]]]:
        """Yield rows that leave as a file, each part once the audit log says who was read.

        Parameters
        ----------
        parts
            Rows that begin with the id, some at a time.
        """
        for part in parts:
            self.saw(kind, [str(row[0]) for row in part], Action.EXPORT)
            yield part

    @property
    def asker(self) -> str | None:
        """Whose jobs are seen; None is everybody's, as head office sees them."""
        return None if self.viewer.role is Role.HEAD_OFFICE else self.viewer.who

    def into_job(self, model: str, ids: Collection[str]) -> frozenset[str]:
        """Return those of very many customers or leads who are seen, and log that they are read."""
        of_leads = model == LEAD_MODEL
        seen = self._many_leads(ids) if of_leads else self._many_customers(ids)
        self.saw("lead" if of_leads else "customer", seen, Action.EXPORT)
        return seen

    def searched(self, found: Sequence[str]) -> None:
        """Write into the audit log that a contact was looked up, whether anybody was found."""
        details = {"count": len(found), "ids": digest(found)}
        self.access.audit.add(self.occasion, Action.CONTACT_SEARCH, details=details)

    def _many_customers(self, ids: Collection[str]) -> frozenset[str]:
        everybody = self.everybody()
        return frozenset(ids) if everybody is None else everybody & frozenset(ids)

    def _many_leads(self, ids: Collection[str]) -> frozenset[str]:
        once = list(dict.fromkeys(ids))
        starts = range(0, len(once), _LEADS_AT_ONCE)
        return frozenset().union(*(self.leads(once[i : i + _LEADS_AT_ONCE]) for i in starts))

    def _since(self) -> datetime:
        return self.access.clock() - timedelta(days=self.access.policy.assigned_days)

    def _homes(self) -> Mapping[str, str]:
        # A day has one moment, so that homes are read once a day and when orders came in.
        tomorrow = utc(self.access.clock()).date() + timedelta(days=1)
        return self.access.lake.home_stores(utc(datetime.combine(tomorrow, time())))


def _of_nobody(score: Score, asked: str, *, of_leads: bool) -> Score:
    return replace(score, lead_id=asked) if of_leads else replace(score, customer_id=asked)


def _subject(subject_id: str, held: Mapping[str, Subject], stores: Mapping[str, str]) -> Subject:
    found, home = held.get(subject_id, Subject()), stores.get(subject_id)
    return found if home is None else replace(found, store_ids=found.store_ids | {home})
