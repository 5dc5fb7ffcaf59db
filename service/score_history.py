"""The score history of a customer: what the log holds, newest first, each beside the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson
import pandas as pd

from features.clock import utc
from features.errors import InputError, ShukeError
from features.feature_sets import CUSTOMER, SERVICES
from features.store import Store
from models_registry.bundle import Bundle
from models_registry.errors import UnknownModelError
from models_registry.score import Lang
from models_registry.score_log import ScoreLog
from service.champions import CUSTOMER_MODELS, Champions
from service.errors import unknown_customer
from service.score_changes import (
    Change,
    Pair,
    PastScore,
    by_another_version,
    by_one_version,
    untold,
)

Place = tuple[datetime, datetime, str, str]  # of one score among those of a history


@dataclass(frozen=True, slots=True)
class HistoryPolicy:
    """How much of the log one question reads and answers.

    Attributes
    ----------
    nights
        The newest of the span that are read; the answer says where they begin.
    scores, most_scores
        Scores of a page without a limit, and at most.
    moves, most_moves
        Features told of each change without a number, and at most.
    """

    nights: int = 120
    scores: int = 20
    most_scores: int = 100
    moves: int = 5
    most_moves: int = 20


POLICY = HistoryPolicy()
_SERVICE = next(name for name, sets in SERVICES.items() if sets == (CUSTOMER,))


@dataclass(frozen=True, slots=True)
class History:
    """A page of the scores of one customer by one model.

    Attributes
    ----------
    since
        From where on the log was read; None is from its beginning.
    total
        Scores of the span.
    between_ends
        What changed from the oldest score of the span to its newest; None on later pages, and
        where there are no two.
    """

    since: datetime | None
    total: int
    scores: tuple[PastScore, ...]
    between_ends: Change | None
    following: Place | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which scores, and how much to say of them.

    Attributes
    ----------
    since, until
        Scores with an `as_of` from `since` on and before `until`; None does not bound.
    after
        The place of the last score of the page before.
    """

    since: datetime | None = None
    until: datetime | None = None
    limit: int = POLICY.scores
    after: Place | None = None
    moves: int = POLICY.moves
    lang: Lang = "en"


@dataclass(frozen=True)
class ScoreHistory:
    """Reads histories from the score log, and works out with the versions of then what moved."""

    score_log: ScoreLog
    champions: Champions
    store: Store
    policy: HistoryPolicy = POLICY

    def of(self, customer_id: str, model: str, asked: Asked) -> History:
        """Return a page of what a model said of a customer.

        Raises
        ------
        UnknownModelError
            No model of customers has this name.
        InputError
            The span ends before it begins.
        NotFoundError
            Nobody knows the customer.
        """
        if model not in CUSTOMER_MODELS:
            raise UnknownModelError(
                "No model of customers has this name",
                where=model,
                todo=f"Choose one of {', '.join(CUSTOMER_MODELS)}.",
            )
        if asked.since and asked.until and asked.since >= asked.until:
            raise InputError(
                "The span ends before it begins", where="from, to", todo="Give `from` before `to`."
            )
        since = self._since(model, asked)
        kept = given(self.score_log.history(customer_id, model, since, asked.until))
        if not kept:
            self._require_known(customer_id)
        every = list(kept)
        rest = [each for each in every if asked.after is None or place(each) < asked.after]
        page, more = rest[: asked.limit], len(rest) > asked.limit
        steps = [(before, after) for after, before in pairwise(rest[: asked.limit + 1])]
        ends = [(every[-1], every[0])] if asked.after is None and len(every) > 1 else []
        changes = self._changes(customer_id, model, [*steps, *ends], kept, asked)
        told: list[Change | None] = [*changes[: len(steps)], None]
        return History(
            since=since,
            total=len(every),
            scores=tuple(
                replace(each, change=change)
                for each, change in zip(page, told[: len(page)], strict=True)
            ),
            between_ends=changes[-1] if ends else None,
            following=place(page[-1]) if more else None,
        )

    def _since(self, model: str, asked: Asked) -> datetime | None:
        nights = [
            moment
            for moment, _ in self.score_log.batches(model)
            if (asked.since is None or moment >= asked.since)
            and (asked.until is None or moment < asked.until)
        ]
        if len(nights) <= self.policy.nights:
            return asked.since
        return nights[-self.policy.nights]

    def _require_known(self, customer_id: str) -> None:
        rows = self.store.online_rows(_SERVICE, [customer_id])
        if rows.as_of.tolist() == [None]:
            raise unknown_customer(customer_id)

    def _changes(
        self,
        customer_id: str,
        model: str,
        steps: Sequence[tuple[PastScore, PastScore]],
        kept: dict[PastScore, str | None],
        asked: Asked,
    ) -> list[Change]:
        """Return what changed from the first to the second of each two scores."""
        read: dict[PastScore, dict[str, object]] = {}
        same: dict[str, list[tuple[int, Pair]]] = {}
        changes: dict[int, Change] = {}
        for at, (before, after) in enumerate(steps):
            if before.model_version != after.model_version:
                changes[at] = by_another_version(model, before, after, asked.lang)
                continue
            for each in (before, after):
                if each not in read:
                    read[each] = self._inputs(customer_id, model, each, kept[each])
            pair = Pair(before, after, read[before], read[after])
            same.setdefault(before.model_version, []).append((at, pair))
        for version, found in same.items():
            bundle, pairs = self._bundle(model, version), [pair for _, pair in found]
            told = (
                by_one_version(bundle, pairs, asked.moves, asked.lang)
                if bundle
                else [untold(model, pair.before, pair.after, asked.lang) for pair in pairs]
            )
            changes |= {at: change for (at, _), change in zip(found, told, strict=True)}
        return [changes[at] for at in range(len(steps))]

    def _inputs(
        self, customer_id: str, model: str, score: PastScore, online: str | None
    ) -> dict[str, object]:
        if online is not None:
            logged: dict[str, object] = orjson.loads(online)
            return logged
        return self.score_log.inputs(customer_id, model, score.as_of, score.model_version)

    def _bundle(self, model: str, version: str) -> Bundle | None:
        try:
            return self.champions.load(model, version)
        except (ShukeError, OSError):  # a version that is gone takes its why along, not the scores
            return None


def given(rows: pd.DataFrame) -> dict[PastScore, str | None]:
    """Return the scores of a log, newest first, with the inputs of those given online.

    An answer given again as of the same moment is counted, not repeated; one that says only that
    nobody is known is none.

    Parameters
    ----------
    rows
        As `ScoreLog.history` returns them: in the order they were given.
    """
    found: dict[tuple[object, ...], list[Mapping[Any, Any]]] = {}
    for row in rows[rows["as_of"].notna()].to_dict("records"):
        said = (row["as_of"], row["model_version"], _number(row["value"]), row["status"])
        found.setdefault(said, []).append(row)
    told = {_given(same[0], len(same)): _text(same[0]["inputs"]) for same in found.values()}
    return {each: told[each] for each in sorted(told, key=place, reverse=True)}


def place(score: PastScore) -> Place:
    """Return where a score stands in the order of a history."""
    return (score.as_of, score.scored_at, score.model_version, score.status)


def _given(row: Mapping[Any, Any], times: int) -> PastScore:
    return PastScore(
        as_of=utc(row["as_of"].to_pydatetime()),
        scored_at=utc(row["scored_at"].to_pydatetime()),
        path=row["path"],
        times=times,
        value=_number(row["value"]),
        band=_text(row["band"]),
        percentile=_number(row["percentile"]),
        status=row["status"],
        model_version=row["model_version"],
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
