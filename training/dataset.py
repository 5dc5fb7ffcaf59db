"""Rows to learn from: features as they were known, outcomes that followed, split by time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd

from features.errors import EmptyDataError
from features.feature_sets import sets_of
from features.lake.lake import Lake
from features.store import Store
from training.config import Windows
from training.cutoffs import Plan, closed, plan
from training.labels import check_matured, outcomes

PARTS = ("train", "between", "valid", "test")
LEAST_ROWS = 20
KEY = ["customer_id", "as_of"]


@dataclass(frozen=True)
class Context:
    """Where rows come from.

    Attributes
    ----------
    today
        Outcomes up to here are known (aware UTC).
    """

    lake: Lake
    store: Store
    today: datetime
    _kept: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def history(self, service: str, asked: pd.DataFrame) -> pd.DataFrame:
        """Return `asked` with the features of a service as they were known; see `Store.history`.

        Models of one family read the same sets at the same moments: once is enough.
        """
        pairs, sets = pd.MultiIndex.from_frame(asked[KEY]), sets_of(service)
        missing = [each for each in sets if not self._holds(each.name, pairs)]
        if missing:
            rows = self.store.history(service, asked, missing)
            keyed = rows.set_index(pairs)
            self._kept.update({each.name: keyed[list(each.columns)] for each in missing})
            if len(missing) == len(sets):
                return rows
        found = [self._kept[each.name].loc[pairs].reset_index(drop=True) for each in sets]
        return pd.concat([asked.reset_index(drop=True), *found], axis=1)

    def _holds(self, name: str, pairs: pd.MultiIndex) -> bool:
        kept = self._kept.get(name)
        return kept is not None and bool(pairs.isin(kept.index).all())


@dataclass(frozen=True)
class Dataset:
    """Rows in three parts, in order of time.

    Every outcome of `train` and `valid` is settled before the first row of `test` begins, so
    the test is what a model trained that day would have met.

    Attributes
    ----------
    train, between, valid, test
        Identity (`customer_id` or `lead_id`, `as_of`), features and outcomes; everybody known,
        inside the model's population or not. `between` as in `Plan`, possibly empty.
    features
        Numeric inputs in the order of the feature service, then what the source itself brings.
    texts
        Text inputs.
    lineage
        What the rows are, for the record.
    spells
        Rows of a survival curve, of all cutoffs before the test, each with what followed it until
        the test begins; None where nothing is learned from them.
    """

    train: pd.DataFrame
    between: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame
    features: tuple[str, ...]
    texts: tuple[str, ...] = ()
    lineage: Mapping[str, str] = field(default_factory=dict)
    spells: pd.DataFrame | None = None

    @property
    def known(self) -> pd.DataFrame:
        """All rows a fit may look at, in order of time."""
        return pd.concat([self.train, self.between, self.valid], ignore_index=True)

    @property
    def trained_as_of(self) -> datetime:
        """The newest moment the model learned from."""
        newest = self.known["as_of"].max()
        return datetime.fromtimestamp(newest.timestamp(), UTC)


def planned(lake: Lake, today: datetime, windows: Windows) -> Plan:
    """Return the cutoffs a customer model needs; CutoffError if the history is too short."""
    return plan(windows, lake.first_moment(), today)


def customer_dataset(ctx: Context, windows: Windows, service: str) -> Dataset:
    """Join features and outcomes of every customer known at the planned cutoffs.

    Raises
    ------
    CutoffError
        The history is too short.
    FeaturesMissingError
        The cutoffs were not built.
    EmptyDataError
        A part has almost no customers.
    """
    cutoffs = planned(ctx.lake, ctx.today, windows)
    check_matured(cutoffs.all, windows.horizon_days, ctx.today)
    lines = ctx.lake.table("order_lines")
    labels = ctx.lake.con.execute(
        outcomes(lines, cutoffs.all, windows.horizon_days).order_by(["as_of", "customer_id"])
    )
    labels = labels.assign(as_of=labels["as_of"].dt.tz_localize(UTC))
    rows = ctx.history(service, labels)
    names = ctx.store.feature_names(service)
    parts = {part: rows_at(rows, getattr(cutoffs, part)) for part in PARTS}
    for part in ("train", "valid", "test"):
        _check(parts[part], part)
    return Dataset(
        train=parts["train"],
        between=parts["between"],
        valid=parts["valid"],
        test=parts["test"],
        features=tuple(name for name in names if rows[name].dtype == "float64"),
        lineage={
            **{f"cutoffs.{part}": _said(getattr(cutoffs, part)) or "none" for part in PARTS},
            **{f"rows.{part}": str(len(parts[part])) for part in PARTS},
            "windows_apart": str(cutoffs.apart).lower(),
        },
    )


def settled_customers(ctx: Context, windows: Windows, service: str) -> Dataset:
    """Return every customer known at every cutoff whose window has closed, all in `train`.

    Features that are not built yet are built: no plan of cutoffs asked for them.

    Raises
    ------
    CutoffError
        Not even one window has closed.
    EmptyDataError
        Almost nobody is known.
    """
    cutoffs = closed(windows, ctx.lake.first_moment(), ctx.today)
    ctx.store.build(cutoffs, service=service)
    lines = ctx.lake.table("order_lines")
    labels = ctx.lake.con.execute(
        outcomes(lines, cutoffs, windows.horizon_days).order_by(["as_of", "customer_id"])
    )
    rows = ctx.history(service, labels.assign(as_of=labels["as_of"].dt.tz_localize(UTC)))
    _check(rows, "settled")
    return only_train(rows, ctx.store.feature_names(service), {"cutoffs.train": _said(cutoffs)})


def only_train(
    rows: pd.DataFrame, names: Sequence[str], lineage: Mapping[str, str] | None = None
) -> Dataset:
    """Return a data set that has nothing to calibrate or test on."""
    none = rows.iloc[:0]
    return Dataset(
        train=rows,
        between=none,
        valid=none,
        test=none,
        features=tuple(name for name in names if rows[name].dtype == "float64"),
        lineage={**(lineage or {}), "rows.train": str(len(rows))},
    )


def rows_at(rows: pd.DataFrame, cutoffs: tuple[datetime, ...]) -> pd.DataFrame:
    """Return the rows of some cutoffs."""
    return rows[rows["as_of"].isin(list(cutoffs))].reset_index(drop=True)


def _check(part: pd.DataFrame, name: str) -> None:
    if len(part) < LEAST_ROWS:
        raise EmptyDataError(
            f"Only {len(part)} customers are known at the {name} cutoffs",
            where="order_lines",
            todo=f"Import at least {LEAST_ROWS} customers.",
        )


def _said(cutoffs: tuple[datetime, ...]) -> str:
    return ", ".join(f"{cutoff:%Y-%m-%d}" for cutoff in cutoffs)
