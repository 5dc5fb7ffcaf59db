"""One, many, a whole night: every score is read here, judged once and logged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import pandas as pd

from features.errors import InputError
from features.rows import FeatureRows
from features.store import Materialized, Store
from models_registry.bundle import Bundle
from models_registry.columns import Table, framed
from models_registry.judge import judge
from models_registry.reasons import ReasonPolicy
from models_registry.score import Lang, Score
from models_registry.score_log import ScoreLog
from service.champions import CUSTOMER_MODELS, LEAD_MODEL, Champions
from service.errors import unknown_customer
from service.given import Value, given_rows
from service.lake_reader import LakeReader
from service.lead_rows import lead_rows
from service.repository.rows import LeadRecord
from service.shadow import Answered, RowsOf, Shadow
from service.what_if import Changes, WhatIf, compare, require_inputs, supposed_rows

Clock = Callable[[], datetime]
FindLeads = Callable[[Sequence[str]], list[LeadRecord | None]]

_EVERY_REASON = ReasonPolicy(min_share=0.0)


@dataclass(frozen=True, slots=True)
class Batch:
    """The scores of one night by one model.

    Attributes
    ----------
    rows
        What they were made from, one row per score: ids, as_of, features.
    added
        False if this model version was logged at this moment before.
    """

    scores: list[Score]
    rows: pd.DataFrame
    added: bool


Spread = Callable[[Bundle, datetime, int], Batch]


def _unheard(_: Sequence[Score]) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Scorer:
    """Scores customers and leads.

    Attributes
    ----------
    find_leads
        Gives the leads of some ids in their order, None for an unknown one.
    lake
        Where behaviour and history of leads come from.
    max_feature_age_days
        Features older than this make an online score `stale`.
    spread
        Scores everybody of a moment on another engine; None does it in this process.
    shadow
        Scores the same with the challengers; None leaves them out.
    heard
        Is told every score given to a request.
    turn
        History is joined over one connection, which is not for several threads: they take turns.
    """

    store: Store
    champions: Champions
    score_log: ScoreLog
    find_leads: FindLeads
    lake: LakeReader
    clock: Clock
    max_feature_age_days: float
    spread: Spread | None = None
    shadow: Shadow | None = None
    heard: Callable[[Sequence[Score]], None] = _unheard
    turn: Lock = field(default_factory=Lock, compare=False)

    def one(
        self,
        model: str,
        subject_id: str,
        *,
        as_of: datetime | None = None,
        top_k: int | None = 0,
        lang: Lang = "en",
    ) -> Score:
        """Return the score of one customer or lead; see `many`."""
        return self.many(model, [subject_id], as_of=as_of, top_k=top_k, lang=lang)[0]

    def many(
        self,
        model: str,
        ids: Sequence[str],
        *,
        as_of: datetime | None = None,
        top_k: int | None = 0,
        lang: Lang = "en",
    ) -> list[Score]:
        """Return one score per id by the champion, in the order of `ids`, and log them.

        Parameters
        ----------
        ids
            Customer ids; lead ids for `lead_score`. An unknown one gets a score that says so.
        as_of
            None reads the newest features online, a moment those known then. A lead is always
            judged by what was known when it was captured.
        top_k
            Reasons for each score; 0 saves nine tenths of the time, None gives every one.

        Raises
        ------
        UnknownModelError, NoChampionError
        FeaturesMissingError
            Features were not materialized, or not built for `as_of`.
        """
        return self.by(self.champions.get(model), ids, as_of=as_of, top_k=top_k, lang=lang)

    def by(
        self,
        bundle: Bundle,
        ids: Sequence[str],
        *,
        as_of: datetime | None = None,
        top_k: int | None = 0,
        lang: Lang = "en",
    ) -> list[Score]:
        """Return one score per id by any version of a model; otherwise as `many`."""
        if bundle.meta.model == LEAD_MODEL:
            rows_of = self._leads_of(ids)
        elif as_of is None:
            return self._online(bundle, self._newest_of(ids), top_k, lang, now=True)
        else:
            rows_of = self._history_of(ids, as_of)
        return self._online(bundle, rows_of, top_k, lang, now=False)

    def of_customer(
        self, customer_id: str, *, top_k: int = 0, lang: Lang = "en"
    ) -> dict[str, Score]:
        """Return a customer's newest score by each customer model with a champion, and log them.

        All by the champions of one moment: an exchange in between never mixes them.
        """
        rows_of = self._newest_of([customer_id])
        return {
            model: self._online(bundle, rows_of, top_k, lang, now=True)[0]
            for model, bundle in self.champions.of_customers().items()
        }

    def given(
        self,
        bundle: Bundle,
        customers: Sequence[Mapping[str, Value]],
        ids: Sequence[str | None],
        *,
        top_k: int | None = 0,
        lang: Lang = "en",
    ) -> list[Score]:
        """Return one score per customer described by the caller, in their order.

        Nothing of them is kept: these scores are not logged, and no challenger sees them.

        Parameters
        ----------
        customers
            Features by name, free of `service.given.fault`; one that is not given is missing.
        ids
            What the caller calls them; never looked up.
        """
        rows = given_rows(bundle, customers, ids, self.clock())
        return self._judge(bundle, rows, None, top_k, lang)

    def leads(self, leads: Sequence[LeadRecord], *, top_k: int = 0) -> list[Score]:
        """Return one score per lead just captured, stored or not, and log them."""
        bundle = self.champions.get(LEAD_MODEL)
        rows_of = self._captured_of(leads, as_captured=False)
        return self._online(bundle, rows_of, top_k, "en", now=True)

    def what_if(
        self, model: str, customer_id: str, changes: Changes, *, top_k: int = 0, lang: Lang = "en"
    ) -> WhatIf:
        """Return a customer's newest score beside the one with changed features.

        Not logged: nobody was given this score, and one that is logged is measured later.

        Parameters
        ----------
        changes
            By name of an input, the number to put in its place; None for missing.

        Raises
        ------
        InputError
            The model reads no such feature, or judges leads.
        NotFoundError
            Nothing is known of the customer.
        UnknownModelError, NoChampionError, FeaturesMissingError
            As in `many`.
        """
        bundle = self.champions.get(model)
        if model == LEAD_MODEL:
            known = ", ".join(CUSTOMER_MODELS)
            raise InputError(
                "What-if is for customers", where=model, todo=f"Choose one of {known}."
            )
        require_inputs(model, bundle.inputs, changes)
        row = self.store.online(bundle.meta.feature_service, [customer_id])
        if row["as_of"].isna().all():
            raise unknown_customer(customer_id)
        rows, newest = supposed_rows(row, changes), self.store.materialized()
        every = len(bundle.meta.features) if top_k else 0
        both = self._judge(bundle, rows[:2], newest, every, lang)
        alone = self._judge(bundle, rows[2:], newest, 0, lang)
        return compare([*both, *alone], row, changes, bundle.meta.groups, top_k)

    def batch(self, model: str, ids: Sequence[str], as_of: datetime, *, top_k: int = 0) -> Batch:
        """Score customers as of a moment and log them as one batch.

        With `spread` that is everybody who has features at `as_of`.
        """
        bundle = self.champions.get(model)
        if self.spread is None:
            return self._night(bundle, self._history_of(ids, as_of), as_of, top_k)
        batch = self.spread(bundle, as_of, top_k)
        if self.shadow is not None:
            self.shadow.everybody(model, as_of)
        return batch

    def lead_batch(self, leads: Sequence[LeadRecord], as_of: datetime, *, top_k: int = 0) -> Batch:
        """Score leads by what was known when each was captured, and log them as one batch."""
        bundle = self.champions.get(LEAD_MODEL)
        rows_of = self._captured_of(leads, as_captured=True)
        return self._night(bundle, rows_of, as_of, top_k)

    def _online(
        self, bundle: Bundle, rows_of: RowsOf, top_k: int | None, lang: Lang, *, now: bool
    ) -> list[Score]:
        rows = rows_of(bundle)
        newest = self._freshness(rows) if now else None
        scores = self._judge(bundle, rows, newest, top_k, lang)
        self.score_log.append_online(scores, rows, bundle.inputs)
        self.heard(scores)
        if self.shadow is not None:
            self.shadow.online(bundle.meta.model, Answered(scores, rows, rows_of), newest)
        return scores

    def _freshness(self, rows: Table) -> Materialized | None:
        return rows.newest if isinstance(rows, FeatureRows) else self.store.materialized()

    def _night(self, bundle: Bundle, rows_of: RowsOf, as_of: datetime, top_k: int) -> Batch:
        batch = self._batch(bundle, framed(rows_of(bundle)), as_of, top_k)
        if self.shadow is not None:
            answered = Answered(batch.scores, batch.rows, rows_of)
            self.shadow.night(bundle.meta.model, answered, as_of)
        return batch

    def _batch(self, bundle: Bundle, rows: pd.DataFrame, as_of: datetime, top_k: int) -> Batch:
        scores = self._judge(bundle, rows, None, top_k, "en")
        inputs, meta = rows.reindex(columns=bundle.inputs), bundle.meta
        added = bool(scores) and self.score_log.append_batch(
            scores, meta.model, meta.version, as_of, inputs
        )
        return Batch(scores, rows, added)

    def _judge(
        self,
        bundle: Bundle,
        rows: Table,
        newest: Materialized | None,
        top_k: int | None,
        lang: Lang,
    ) -> list[Score]:
        every = len(bundle.meta.features) + 1  # a lower rung has a reason of its own
        return judge(
            bundle,
            rows,
            scored_at=self.clock(),
            max_age_days=self.max_feature_age_days,
            newest=newest,
            snapshot=newest is not None and newest.snapshot,
            top_k=every if top_k is None else top_k,
            lang=lang,
            told=_EVERY_REASON if top_k is None else None,
        )

    def _newest_of(self, ids: Sequence[str]) -> RowsOf:
        return lambda bundle: self.store.online_rows(bundle.meta.feature_service, ids)

    def _history_of(self, ids: Sequence[str], as_of: datetime) -> RowsOf:
        return lambda bundle: self._history(bundle, ids, as_of)

    def _leads_of(self, ids: Sequence[str]) -> RowsOf:
        return lambda bundle: self._lead_rows(bundle, ids)

    def _captured_of(self, leads: Sequence[LeadRecord], *, as_captured: bool) -> RowsOf:
        return lambda bundle: self._captured(bundle, leads, as_captured=as_captured)

    def _captured(
        self, bundle: Bundle, leads: Sequence[LeadRecord], *, as_captured: bool
    ) -> pd.DataFrame:
        with self.turn:
            return lead_rows(self.store, bundle, leads, as_captured=as_captured, lake=self.lake)

    def _history(self, bundle: Bundle, ids: Sequence[str], as_of: datetime) -> pd.DataFrame:
        asked = pd.DataFrame({"customer_id": list(ids), "as_of": as_of})
        with self.turn:
            rows = self.store.history(bundle.meta.feature_service, asked)
        # Every customer with a row has a recency: a row without any number was never built.
        unknown = rows.select_dtypes("float64").isna().all(axis=1)
        return rows.assign(as_of=rows["as_of"].mask(unknown))

    def _lead_rows(self, bundle: Bundle, ids: Sequence[str]) -> pd.DataFrame:
        found = self.find_leads(ids)
        known = {lead.lead_id: lead for lead in found if lead is not None}
        rows = self._captured(bundle, list(known.values()), as_captured=False)
        return rows.set_index("lead_id").reindex(list(ids)).rename_axis("lead_id").reset_index()
