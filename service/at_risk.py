"""The at-risk list: one nightly batch beside expected value and home store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import ibis
import orjson
import pandas as pd

from models_registry.errors import ScoresMissingError
from models_registry.reasons import say
from models_registry.score import Lang, Status
from models_registry.score_log import ScoreLog
from service.errors import NotFoundError
from service.lake_reader import LakeReader

RiskModel = Literal["churn_28d", "churn_60d"]
Sort = Literal["risk", "-risk", "value", "-value", "expected_loss", "-expected_loss"]
Place = tuple[float, str]

_LOGGED_LANG: Lang = "en"


@dataclass(frozen=True, slots=True)
class Filters:
    """Whom the list holds; None takes all."""

    risk_at_least: float | None = None
    value_at_least: float | None = None
    store_id: str | None = None
    band: str | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class AtRisk:
    """One customer on the list; `place` is where the list goes on after them."""

    customer_id: str
    store_id: str | None
    risk: float
    percentile: float | None
    band: str | None
    status: str
    value: float | None
    expected_loss: float | None
    reason: str | None
    place: Place


@dataclass(frozen=True)
class AtRiskList:
    """Reads the list from the score log.

    Attributes
    ----------
    value_model
        Model whose batch of the same moment gives the expected value; without one it is missing.
    """

    score_log: ScoreLog
    lake: LakeReader
    value_model: str

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
        batches = self.score_log.batches(model)
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
        sort: Sort,
        limit: int,
        after: Place | None = None,
        lang: Lang = "en",
        seen: Collection[str] | None = None,
    ) -> list[AtRisk]:
        """Return at most `limit` customers after `after`, in the order of `sort`.

        A missing sort value comes last in either direction; ties are in the order of ids.

        Parameters
        ----------
        seen
            The customers the viewer sees; None is everybody.
        """
        whole = _seen(self._joined(model, batch), seen)
        wanted = _placed(_filtered(whole, filters), sort)
        if after is not None:
            place, customer_id = after
            wanted = wanted.filter(
                (wanted.place > place)
                | ((wanted.place == place) & (wanted.customer_id > customer_id))
            )
        rows = wanted.order_by("place", "customer_id").limit(limit).execute()
        return [_row(_plain(row), lang) for row in rows.to_dict("records")]

    def _joined(self, model: RiskModel, batch: tuple[datetime, str]) -> Any:
        as_of, version = batch
        scored = self.score_log.batch(model, as_of, version)
        risk = scored.filter(scored.value.notnull()).select(
            "customer_id", "percentile", "band", "status", "reasons", risk=scored.value
        )
        values, homes = self._values(as_of), self.lake.home_stores(as_of)
        stores = pd.DataFrame(list(homes.items()), columns=["customer_id", "store_id"], dtype="str")
        joined = risk.left_join(ibis.memtable(values), "customer_id").drop("customer_id_right")
        joined = joined.left_join(ibis.memtable(stores), "customer_id").drop("customer_id_right")
        return joined.mutate(expected_loss=joined.risk * joined.value)

    def _values(self, as_of: datetime) -> pd.DataFrame:
        """Read through a frame: each batch opens an engine of its own, and engines cannot join."""
        try:
            batch = self.score_log.batch(self.value_model, as_of)
            values: pd.DataFrame = batch.select("customer_id", "value").execute()
            return values
        except ScoresMissingError:
            columns = {"customer_id": "str", "value": "float64"}
            return pd.DataFrame(columns=list(columns)).astype(columns)


def _seen(whole: Any, seen: Collection[str] | None) -> Any:
    if seen is None:
        return whole
    ids = pd.DataFrame({"customer_id": sorted(seen)}, dtype="str")
    return whole.semi_join(ibis.memtable(ids), "customer_id")


def _filtered(whole: Any, filters: Filters) -> Any:
    floors = {"risk": filters.risk_at_least, "value": filters.value_at_least}
    equals = {"store_id": filters.store_id, "band": filters.band, "status": filters.status}
    wanted = [whole[name] >= floor for name, floor in floors.items() if floor is not None]
    wanted += [whole[name] == str(value) for name, value in equals.items() if value is not None]
    return whole.filter(*wanted) if wanted else whole


def _placed(table: Any, sort: Sort) -> Any:
    key = table[sort.removeprefix("-")]
    towards = -key if sort.startswith("-") else key
    return table.mutate(place=towards.fill_null(float("inf")))


def _row(row: dict[str, Any], lang: Lang) -> AtRisk:
    reasons: Sequence[dict[str, Any]] = orjson.loads(row.pop("reasons") or "[]")
    place = (row.pop("place"), row["customer_id"])
    return AtRisk(**row, reason=_strongest(reasons, lang), place=place)


def _strongest(reasons: Sequence[dict[str, Any]], lang: Lang) -> str | None:
    raising = [reason for reason in reasons if reason["direction"] == "raises"]
    for reason in raising or list(reasons):
        if lang == _LOGGED_LANG:
            return str(reason["text"])
        return say(reason["feature"], reason["value"], reason["typical"], lang)
    return None


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {name: None if pd.isna(value) else value for name, value in row.items()}
