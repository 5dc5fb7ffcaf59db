"""Features given by the caller instead of the store: the same columns, read by the same judge."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

import pandas as pd

from features.catalog import described
from features.feature_sets import columns
from models_registry.bundle import Bundle
from models_registry.calibration import Levels
from service.champions import LEAD_MODEL
from service.faults import ItemFault

Value = float | str | Sequence[float | str | None] | None
UNKNOWN = "unknown-feature"
UNUSABLE = "unusable-value"
_SAID = {
    "number": "a number",
    "text": "a text",
    "numbers": "a list of numbers",
    "texts": "a list of texts",
}


def read_features(bundle: Bundle) -> dict[str, str]:
    """Return all that a model and its reasons read: feature -> number, text, numbers or texts."""
    meta, head = bundle.meta, bundle.meta.category
    usual = [own for name in meta.features if (own := _typical_from(name)) is not None]
    of_categories = [head.key, *head.arrays, *head.features] if head else []
    kinds: Mapping[str, str] = columns(meta.feature_service)
    rule = [meta.baseline.feature] if isinstance(meta.baseline, Levels) else []
    texts = {*meta.levels, *rule}
    return {
        name: "text" if name in texts else kinds.get(name, "number")
        for name in dict.fromkeys([*bundle.inputs, *usual, *of_categories])
    }


def fault(bundle: Bundle, features: Mapping[str, Value]) -> ItemFault | None:
    """Return the first thing wrong with the features of one customer; None if all can be read."""
    known = read_features(bundle)
    for name, value in features.items():
        if name not in known:
            return _unknown(bundle.meta.model, name, list(known))
        if value is not None and not _fits(known[name], value):
            detail = f"{name} is {_SAID[known[name]]}, or null where it is not known"
            return ItemFault(UNUSABLE, detail, (name,))
    return _uneven(bundle, features)


def given_rows(
    bundle: Bundle,
    customers: Sequence[Mapping[str, Value]],
    ids: Sequence[str | None],
    as_of: datetime,
) -> pd.DataFrame:
    """Return one row per customer: its id, the moment, and every column the model reads."""
    kinds = read_features(bundle)
    told = {name: [each.get(name) for each in customers] for name in kinds}
    dtypes = {name: "float64" if kind == "number" else "object" for name, kind in kinds.items()}
    frame = pd.DataFrame(told, columns=list(kinds), dtype="object").astype(dtypes)
    subject = "lead_id" if bundle.meta.model == LEAD_MODEL else "customer_id"
    heads = pd.DataFrame({subject: pd.Series(list(ids), dtype="object"), "as_of": as_of})
    return pd.concat([heads, frame], axis="columns")


def _typical_from(name: str) -> str | None:
    feature = described(name)
    return feature.typical_from if feature else None


def _fits(kind: str, value: Value) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind == "number":
        return isinstance(value, int | float)
    wanted = str if kind == "texts" else int | float | None
    return not isinstance(value, str | int | float) and all(
        isinstance(each, wanted) for each in value or ()
    )


def _unknown(model: str, name: str, known: Sequence[str]) -> ItemFault:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it reads {', '.join(known)}"
    return ItemFault(UNKNOWN, f"{model} reads no feature {name}; {hint}", (name,))


def _uneven(bundle: Bundle, features: Mapping[str, Value]) -> ItemFault | None:
    """Return what is wrong with lists that tell of the same categories, place by place."""
    head = bundle.meta.category
    names = [head.key, *head.arrays] if head else []
    lengths = {
        name: len(value) if isinstance(value := features.get(name), Sequence) else None
        for name in names
    }
    for name, length in lengths.items():
        if length != lengths[names[0]]:
            detail = f"{name} needs as many places as {names[0]}"
            return ItemFault(UNUSABLE, detail, (name,))
    return None
