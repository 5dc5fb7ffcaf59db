"""A person's rights: a copy of all that is held of them, and its removal from every store."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from features.errors import StateError
from features.lake import erasure as lake
from features.lake.erasure import Person
from features.store import Store
from models_registry import score_erasure
from models_registry.score_log import ScoreLog
from service.audit import Action, AuditTrail, Occasion
from service.audit_chain import named
from service.jobs import erasure as jobs
from service.jobs.folder import JobFolder
from service.privacy.contacts import ContactBook
from service.repository.records import Records
from service.worker import TURN

_PSEUDONYM_BYTES = 8


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure removed.

    Attributes
    ----------
    subject
        A digest of the id: the receipt does not hold what was erased.
    removed
        Rows by place, such as ``lake.order_lines``; empty if nothing was held.
    digest
        Of subject, moment and counts.
    audit_line, audit_hash
        Where the audit log keeps this.
    """

    subject: str
    at: datetime
    removed: Mapping[str, int]
    digest: str
    audit_line: int
    audit_hash: str


@dataclass(frozen=True, slots=True)
class Rights:
    """Exports and erases one person, wherever they are held.

    Attributes
    ----------
    lake_root
        Folder of the lake.
    logs
        The score log and that of challengers, by name.
    job_root
        Folder of the jobs' files.
    """

    lake_root: Path
    store: Store
    logs: Mapping[str, ScoreLog]
    job_root: Path
    records: Records
    contacts: ContactBook
    audit: AuditTrail
    clock: Callable[[], datetime]

    def export(self, customer_id: str, occasion: Occasion) -> dict[str, Any]:
        """Return all that is held of a customer, for a file that people and programs can read."""
        person = self._person(customer_id)
        with self.records.transaction(read_only=True) as work:
            held = work.erasure.held(customer_id, person.lead_ids)
        contacts = self.contacts.of("customer", customer_id)
        for lead_id in sorted(person.lead_ids):
            contacts += self.contacts.of("lead", lead_id)
        found: dict[str, Any] = {
            "customer_id": customer_id,
            "exported_at": self.clock(),
            "lake": lake.rows_of(self.lake_root, person),
            "features": self.store.held(customer_id),
            "scores": {
                name: score_erasure.held(log.root, person.doomed) for name, log in self.logs.items()
            },
            "jobs": jobs.naming(self.job_root, _ids(person)),
            "records": held,
            "contacts": [asdict(contact) for contact in contacts],
        }
        subject = named("customer", customer_id)
        self.audit.add(occasion, Action.EXPORT, subject=subject, details=_sizes(found))
        return found

    def erase(self, customer_id: str, occasion: Occasion) -> Receipt:
        """Remove a customer from every store and return what went.

        Whatever breaks off in between is done by erasing again. The audit log stays: it names
        the customer by a digest and holds no more than that somebody read or erased them.

        Raises
        ------
        StateError
            A worker folds events: it holds rows in memory and would write them back.
        """
        with self._nobody_folds():
            return self._erase(customer_id, occasion)

    def _erase(self, customer_id: str, occasion: Occasion) -> Receipt:
        person = self._person(customer_id)
        removed = {
            f"lake.{table}": rows for table, rows in lake.erase(self.lake_root, person).items()
        }
        removed |= self.store.forget(customer_id)
        for name, log in self.logs.items():
            removed[name] = score_erasure.erase(log.root, person.doomed)
        removed["jobs"] = self._forget_jobs(person)
        pseudonym = f"erased-{secrets.token_hex(_PSEUDONYM_BYTES)}"
        with self.records.transaction(durable=True) as work:
            records = work.erasure.anonymise(customer_id, person.lead_ids, pseudonym)
        if records:
            self.records.scrub()
        removed |= {f"records.{table}": rows for table, rows in records.items()}
        return self._receipt(customer_id, occasion, {k: v for k, v in removed.items() if v})

    def _forget_jobs(self, person: Person) -> int:
        found = jobs.naming(self.job_root, _ids(person))
        for job_id in found:
            JobFolder(self.job_root / job_id).remove()
            with self.records.transaction() as work:
                work.jobs.forget(job_id)
        return len(found)

    def _receipt(self, customer_id: str, occasion: Occasion, removed: Mapping[str, int]) -> Receipt:
        subject, at = named("customer", customer_id), self.clock()
        text = json.dumps([subject, at.isoformat(), removed], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        line = self.audit.add(
            occasion,
            Action.ERASE,
            subject=subject,
            details={"removed": removed, "receipt": digest, "at": at.isoformat()},
        )
        return Receipt(subject, at, removed, digest, line.seq, line.hash)

    def _person(self, customer_id: str) -> Person:
        with self.records.transaction(read_only=True) as work:
            recorded = work.erasure.leads_of(customer_id)
        return Person(customer_id, recorded | lake.leads_of(self.lake_root, customer_id))

    @contextmanager
    def _nobody_folds(self) -> Iterator[None]:
        turn = self.records.turn(TURN)
        if not turn.take():
            raise StateError(
                "A worker folds events; it would write back what it holds in memory",
                todo="Stop `shuke worker`, or `shuke serve` where it folds, and erase again.",
            )
        try:
            yield
        finally:
            turn.give_up()


def _ids(person: Person) -> frozenset[str]:
    return person.lead_ids | {person.customer_id}


def _sizes(found: Mapping[str, Any]) -> dict[str, int]:
    return {
        f"{place}.{name}": len(rows)
        for place, parts in found.items()
        if isinstance(parts, dict)
        for name, rows in parts.items()
    } | {"contacts": len(found["contacts"])}
