"""What the project builds, as plain values, and what is wrong with it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from features.engine import connect
from features.transforms.categories import ARRAYS, CandidatePolicy, customer_categories
from features.transforms.customer import customer_features
from features.transforms.lifetime import Lifetime
from tests.unit.features_transforms import reference_categories, reference_peers
from tests.unit.features_transforms.worlds import Frames, World, frames

TOLERANCE = 1e-9
_SHOWN = 12
Key = tuple[str, datetime]
Values = Mapping[Key, Any]
_QUERIES: dict[Any, Any] = {}


def fast(world: World, cutoffs: Sequence[datetime], *, told: bool = True) -> Values:
    """Return the features the project builds, by customer and cutoff."""
    return features_of(frames(world, told=told), cutoffs)


def fast_categories(world: World, cutoffs: Sequence[datetime], *, told: bool = True) -> Values:
    """Return the candidates the project builds, a tuple each, by customer and cutoff."""
    return categories_of(frames(world, told=told), cutoffs)


def features_of(
    tables: Frames, cutoffs: Sequence[datetime], before: Lifetime | None = None, con: Any = None
) -> Values:
    """Return the features of tables, starting from the sums `before`, on the connection `con`."""
    return features_by_key((con or connect(1)).execute(customer_features(tables, cutoffs, before)))


def categories_of(
    tables: Frames, cutoffs: Sequence[datetime], before: Lifetime | None = None, con: Any = None
) -> Values:
    """Return the candidates of tables, starting from the sums `before`, on the connection `con`."""
    built = (con or connect(1)).execute(customer_categories(tables, cutoffs, before))
    return candidates_by_key(built)


def row_of(world: World, cutoff: datetime) -> dict[str, float]:
    """Return the features of the customer "a" at a cutoff.

    The query of the same tables and cutoff is the same, and Ibis takes seconds to write it: it is
    written once, over tables by name, whose rows are then others.
    """
    tables = frames(world).by_name
    kinds = tuple((name, table.schema()) for name, table in tables.items())
    con, written = _QUERIES.get((cutoff, kinds), (connect(1), None))
    for name, table in tables.items():
        con.con.register("told", table.op().data.to_pyarrow(table.schema()))
        con.con.execute(f'CREATE OR REPLACE TABLE "{name}" AS FROM told')
    if written is None:
        query = customer_features(Frames({name: con.table(name) for name in tables}), [cutoff])
        con.execute(query.limit(0))  # brings the cutoffs in, which last as long as `query`
        written = query, con.compile(query)
        _QUERIES[cutoff, kinds] = con, written
    found: dict[str, float] = features_by_key(con.con.execute(written[1]).df())["a", cutoff]
    return found


def features_by_key(built: pd.DataFrame) -> dict[Key, Any]:
    """Return a frame of features by customer and cutoff."""
    rows = built.to_dict("records")
    keyed = {(row.pop("customer_id"), row.pop("as_of").to_pydatetime()): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def candidates_by_key(built: pd.DataFrame) -> dict[Key, Any]:
    """Return a frame of arrays by customer and cutoff, as a tuple for each candidate."""
    keyed = {
        (row["customer_id"], row["as_of"].to_pydatetime()): list(
            zip(*(row[name] for name in ARRAYS), strict=True)
        )
        for row in built.to_dict("records")
    }
    assert len(keyed) == len(built)
    return keyed


def slow(world: World, cutoffs: Iterable[datetime]) -> Values:
    """Return the features by definition."""
    return {
        (name, cutoff): row
        for cutoff in set(cutoffs)
        for name, row in reference_peers.features(world, cutoff).items()
    }


def slow_categories(world: World, cutoffs: Iterable[datetime], policy: CandidatePolicy) -> Values:
    """Return the candidates by definition."""
    return {
        (name, cutoff): row
        for cutoff in set(cutoffs)
        for name, row in reference_categories.arrays(world, cutoff, policy).items()
    }


def assert_same(found: Values, expected: Values) -> None:
    """Fail with the first of what is different."""
    said = differences(found, expected)
    assert not said, "\n".join([f"{len(said)} values differ", *said[:_SHOWN]])


def differences(found: Values, expected: Values) -> list[str]:
    """Return what is not equal to 1e-9, a line each; a gap equals a gap."""
    said = [f"{key}: only found" for key in found.keys() - expected.keys()]
    said += [f"{key}: not found" for key in expected.keys() - found.keys()]
    for key in found.keys() & expected.keys():
        said += [f"{key} {what}" for what in _unequal(found[key], expected[key])]
    return sorted(said)


def _unequal(found: Any, expected: Any) -> list[str]:
    if isinstance(expected, Mapping):
        return [
            f"{name}: found {found[name]}, expected {value}"
            for name, value in expected.items()
            if not _same(found[name], value)
        ]
    if len(found) != len(expected):
        return [f"found {found}, expected {expected}"]
    return [
        f"found {one}, expected {other}"
        for one, other in zip(found, expected, strict=True)
        if not all(map(_same, one, other))
    ]


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return bool(found == expected)
    if math.isnan(expected) or math.isnan(found):
        return math.isnan(expected) and math.isnan(found)
    return math.isclose(found, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
