"""The at-risk list: one nightly batch beside expected value and home store."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from models_registry.errors import ScoresMissingError
from models_registry.reasons import say
from models_registry.score import Lang, Status
from service import listing
from service.board import Board, Night
from service.customer_row import CUSTOMER_COLUMNS, CUSTOMER_ID
from service.errors import NotFoundError
from service.predicates.paging import Place, Sort, all_of
from service.predicates.tree import (
    Column,
    Compare,
    Missing,
    Not,
    Operator,
    Plain,
    Predicate,
    Value,
    column_names,
)

RiskModel = Literal["churn_28d", "churn_60d"]
Order = Literal["risk", "-risk", "value", "-value", "expected_loss", "-expected_loss"]

_LOGGED_LANG: Lang = "en"
_LOSS = CUSTOMER_COLUMNS["expected_loss"].column


@dataclass(frozen=True, slots=True)
class Filters:
    """Whom the list holds; None takes all.

    Attributes
    ----------
    met
        A filter over the columns of the customers list; `expected_loss` is that of the model asked
        for.
    seen
        The customers the viewer sees.
    """

    risk_at_least: float | None = None
    value_at_least: float | None = None
    store_id: str | None = None
    band: str | None = None
    status: Status | None = None
    met: Predicate | None = None
    seen: Collection[str] | None = None

    def of(self, model: RiskModel) -> Predicate:
        """Return all of them as one filter over the board, for the scores of a model."""
        wanted: tuple[tuple[str, Operator, Plain | None], ...] = (
            (model, ">=", self.risk_at_least),
            ("value_90d", ">=", self.value_at_least),
            ("store_id", "=", self.store_id),
            (f"{model}_band", "=", self.band),
            (f"{model}_status", "=", self.status and self.status.value),
        )
        scored = Not(Missing(_column(model)))
        return all_of([scored, *(_compared(*each) for each in wanted), self.met]) or scored


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One customer on the list."""

    customer_id: str
    store_id: str | None
    risk: float
    percentile: float | None
    band: str | None
    status: str
    value: float | None
    expected_loss: float | None
    reason: str | None


@dataclass(frozen=True)
class AtRiskList:
    """Reads the list from the board."""

    board: Board

    def batch(self, model: RiskModel, as_of: datetime | None) -> tuple[datetime, str]:
        """Return moment and model version of the batch that answers.

        Parameters
        ----------
        as_of
            None takes the newest.

        Raises
        ------
        ScoresMissingError
            No night has run yet.
        NotFoundError
            No batch was made at `as_of`.
        """
        batches = self.board.score_log.batches(model)
        if not batches:
            raise ScoresMissingError(
                f"No batch of {model} was scored yet", where=model, todo="Run `shuke nightly`."
            )
        fitting = [batch for batch in batches if as_of in (None, batch[0])]
        if not fitting:
            raise NotFoundError(
                f"No batch of {model} was scored as of that moment",
                where=f"as_of {as_of:%Y-%m-%dT%H:%M:%SZ}",
                todo=f"The newest is of {batches[-1][0]:%Y-%m-%dT%H:%M:%SZ}.",
            )
        return fitting[-1]

    def page(
        self,
        model: RiskModel,
        batch: tuple[datetime, str],
        filters: Filters,
        *,
        sort: Order,
        limit: int,
        after: Place | None = None,
        lang: Lang = "en",
    ) -> list[AtRisk]:
        """Return at most `limit` customers after `after`, in the order of `sort`.

        A missing sort value comes last in either direction; ties are in the order of ids.
        """
        table = self._table(model, batch, filters, sort, after)
        return [_row(row, lang) for row in listing.rows(table, limit)]

    def whole(
        self,
        model: RiskModel,
        batch: tuple[datetime, str],
        filters: Filters,
        *,
        sort: Order,
        after: Place | None = None,
        lang: Lang = "en",
    ) -> Iterator[list[AtRisk]]:
        """Yield all customers after `after`, some at a time, as they are read."""
        table = self._table(model, batch, filters, sort, after)
        names = table.columns
        for some in listing.stream(table):
            yield [_row(dict(zip(names, row, strict=True)), lang) for row in some]

    def count(self, model: RiskModel, batch: tuple[datetime, str], filters: Filters) -> int:
        """Return how many customers the whole list holds."""
        return int(self._kept(model, batch, filters).count().execute())

    def _table(
        self,
        model: RiskModel,
        batch: tuple[datetime, str],
        filters: Filters,
        sort: Order,
        after: Place | None,
    ) -> Any:
        kept = self._kept(model, batch, filters)
        ordered = listing.ordered(kept, sort_key(model, sort), CUSTOMER_ID, after)
        return ordered.select(**_names(model))

    def _kept(self, model: RiskModel, batch: tuple[datetime, str], filters: Filters) -> Any:
        as_of, version = batch
        others = self.board.night(as_of)
        met = filters.of(model)
        names = {*column_names(met), *_names(model).values()} - {_LOSS.name}
        night = Night(as_of, {**others.versions, model: version})
        table = self.board.table(night, {*names, model, "value_90d"}, seen=filters.seen)
        return listing.kept(table.mutate(expected_loss=table[model] * table.value_90d), met)


def sort_key(model: RiskModel, sort: Order) -> Sort:
    """Return the order of the board that an order of the list is."""
    name = sort.removeprefix("-")
    return Sort(_column(_names(model)[name]), sort.startswith("-"))


def _names(model: RiskModel) -> dict[str, str]:
    """Return column of the list -> column of the board."""
    return {
        "customer_id": CUSTOMER_ID.name,
        "store_id": "store_id",
        "risk": model,
        "percentile": f"{model}_percentile",
        "band": f"{model}_band",
        "status": f"{model}_status",
        "value": "value_90d",
        "expected_loss": _LOSS.name,
        "reasons": f"{model}_reasons",
    }


def _column(name: str) -> Column:
    return CUSTOMER_COLUMNS[name].column


def _compared(name: str, test: Operator, value: Plain | None) -> Predicate | None:
    if value is None:
        return None
    column = _column(name)
    return Compare(test, column, Value(value, column.kind))


def _row(row: dict[str, Any], lang: Lang) -> AtRisk:
    reasons: Sequence[dict[str, Any]] = orjson.loads(row.pop("reasons") or "[]")
    return AtRisk(**row, reason=_strongest(reasons, lang))


def _strongest(reasons: Sequence[dict[str, Any]], lang: Lang) -> str | None:
    raising = [reason for reason in reasons if reason["direction"] == "raises"]
    for reason in raising or list(reasons):
        if lang == _LOGGED_LANG:
            return str(reason["text"])
        return say(reason["feature"], reason["value"], reason["typical"], lang)
    return None
