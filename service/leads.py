"""A lead's way in: score, grade, route, keep. Whatever is missing, the lead is kept and routed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from features.clock import utc
from features.errors import InputError, StateError
from models_registry.errors import BundleError
from models_registry.score import Score
from service.crm.grading import Grade, grade
from service.crm.routing import LeadFacts, route_all
from service.crm.tasks import Rule, Task, follow_up_tasks, task_id
from service.errors import NotFoundError
from service.lake_reader import LakeReader
from service.policies import Policies
from service.privacy.contacts import ContactBook
from service.privacy.normal import spotted, without
from service.repository.records import Records, Work
from service.repository.rows import Assignment, LeadRecord
from service.scoring import Clock, Scorer
from service.webhooks.announcing import announce_routes, announce_tasks

_log = structlog.get_logger("shuke.leads")

CLOCK_SKEW = timedelta(minutes=5)
UNSCORED = "unscored"


@dataclass(frozen=True, slots=True)
class LeadAnswer:
    """What became of a lead.

    Attributes
    ----------
    created
        False if the lead was there already; then the rest is what was stored the first time.
    task
        The follow-up task capture made, whose reason says why the lead is worth a call.
    """

    lead: LeadRecord
    grade: Grade
    assignment: Assignment
    task: Task | None
    created: bool


@dataclass(frozen=True)
class LeadDesk:
    """Takes leads in, one at a time from outside or many at night."""

    records: Records
    lake: LakeReader
    scorer: Scorer
    policies: Policies
    clock: Clock
    contacts: ContactBook

    def capture(self, lead: LeadRecord) -> LeadAnswer:
        """Score, grade, route and store a lead; one that is there already stays as it is.

        A lead that cannot be scored yet (no champion, no features) is graded and routed all the
        same, and its status says so. Attributes that are phone numbers or e-mail addresses go to
        the book of contacts; nothing else keeps or reads them.

        Raises
        ------
        InputError
            The lead was created in the future.
        """
        at = self.clock()
        if utc(lead.created_at) > at + CLOCK_SKEW:
            raise InputError(
                "The lead was created in the future",
                where=f"created_at {lead.created_at.isoformat()}",
                todo="Send the moment of capture with its time zone, or leave it out.",
            )
        with self.records.transaction(read_only=True) as work:
            stored = self.stored(work, lead.lead_id)
        if stored is not None:
            return stored
        contacts = spotted(lead.attributes)
        lead = replace(lead, attributes=without(lead.attributes, contacts))
        score = self._score(lead)
        with self.records.transaction() as work:
            added = self.keep(work, [lead], [score], at=at, as_of=at, in_lake=False)
            if added:
                self.contacts.keep(work, lead.lead_id, contacts)
            answer = self.stored(work, lead.lead_id)
        if answer is None:
            raise NotFoundError("The lead was not stored", where=lead.lead_id)
        return replace(answer, created=added == 1)

    def stored(self, work: Work, lead_id: str) -> LeadAnswer | None:
        """Return what became of a stored lead; None if it is not stored or not routed."""
        lead, assignment = work.leads.get(lead_id), work.assignments.of_lead(lead_id)
        if lead is None or assignment is None:
            return None
        graded = grade(lead.percentile, self.policies.grade)
        captured = task_id(Rule.FOLLOW_UP, None, lead_id, assignment.assigned_at)
        return LeadAnswer(lead, graded, assignment, work.tasks.get(captured), created=False)

    def keep(
        self,
        work: Work,
        leads: Sequence[LeadRecord],
        scores: Sequence[Score | None],
        *,
        at: datetime,
        as_of: datetime,
        in_lake: bool,
    ) -> int:
        """Store, grade and route the leads nobody has yet, best grades first; return how many.

        Parameters
        ----------
        at
            The moment of assignment.
        as_of
            The moment follow-up tasks are due from.
        in_lake
            Whether the leads came from the lake.
        """
        new = [
            (lead, score)
            for lead, score in zip(leads, scores, strict=True)
            if work.assignments.of_lead(lead.lead_id) is None
        ]
        facts = {lead.lead_id: self._facts(lead, score) for lead, score in new}
        for lead, score in new:
            work.leads.add(_scored(lead, score, facts[lead.lead_id]), in_lake=in_lake)
        routes = route_all(
            facts.values(),
            work.staff.all(),
            work.assignments.loads(),
            self.policies.routing,
            self.policies.store_regions,
        )
        work.assignments.add_new(routes, at)
        tasks = follow_up_tasks(routes, facts, self.policies.tasks, as_of)
        work.tasks.add_new(_explained(tasks, {lead.lead_id: score for lead, score in new}))
        announce_routes(work, list(facts), at)
        announce_tasks(work, tasks, at)
        return len(new)

    def find(self, ids: Sequence[str]) -> list[LeadRecord | None]:
        """Return the leads of some ids in their order, wherever they are stored."""
        return find_leads(self.records, self.lake, ids)

    def _score(self, lead: LeadRecord) -> Score | None:
        try:
            return self.scorer.leads([lead], top_k=self.policies.night.reasons)[0]
        except (StateError, BundleError) as error:
            _log.warning("lead not scored", lead_id=lead.lead_id, error=str(error))
            return None

    def _facts(self, lead: LeadRecord, score: Score | None) -> LeadFacts:
        letter = grade(score.percentile if score else None, self.policies.grade).letter
        return LeadFacts(lead.lead_id, lead.store_id, lead.region, letter, lead.expires_at)


def find_leads(records: Records, lake: LakeReader, ids: Sequence[str]) -> list[LeadRecord | None]:
    """Return the leads of some ids in their order, from the records or else from the lake."""
    with records.transaction(read_only=True) as work:
        stored = {lead_id: work.leads.get(lead_id) for lead_id in ids}
    missing = [lead_id for lead_id, lead in stored.items() if lead is None]
    imported = lake.leads(missing) if missing else {}
    return [stored[lead_id] or imported.get(lead_id) for lead_id in ids]


def _scored(lead: LeadRecord, score: Score | None, facts: LeadFacts) -> LeadRecord:
    if score is None:
        return replace(lead, grade=facts.grade, status=UNSCORED)
    return replace(
        lead,
        value=score.value,
        percentile=score.percentile,
        grade=facts.grade,
        status=score.status.value,
        model_version=score.model_version,
        scored_at=score.scored_at,
    )


def _explained(tasks: Sequence[Task], scores: Mapping[str, Score | None]) -> list[Task]:
    """Return the tasks with what speaks for each lead put before why its person has it."""

    def why(task: Task) -> str:
        score = scores.get(task.lead_id or "")
        raises = [r.text for r in score.reasons if r.direction == "raises"] if score else []
        return "; ".join([*raises, task.reason])

    return [replace(task, reason=why(task)) for task in tasks]
