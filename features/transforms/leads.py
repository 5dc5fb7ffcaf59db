"""What a lead says about itself: the same columns for training, batches and single requests."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from features.errors import ContractError
from features.transforms.lead_policy import GROUPS, POLICY

ATTRIBUTE = "attr_"
_TEXTS = ("source", "medium", "region")


def own_features(leads: pd.DataFrame, zone: str = POLICY.zone) -> pd.DataFrame:
    """Return the features a lead brings along.

    Campaign, ad group and creative ids are left out: they name one campaign and say nothing of
    the next one.

    Parameters
    ----------
    leads
        Rows of the `leads` contract; every column may be missing. `attributes` holds mappings
        or JSON text.
    zone
        IANA time zone of hour and weekday.

    Returns
    -------
    pandas.DataFrame
        On the index of `leads`: `lead_hour`, `lead_weekday` (Monday 0), `lead_attributes` (how
        many keys are filled), `lead_completeness` (share of filled ones among the columns of
        `GROUPS` and the keys this lead names), all float64; `lead_source`, `lead_medium`,
        `lead_region` (text) and one `attr_<key>` per attribute key in alphabetical order. An
        attribute whose values are numbers or booleans becomes float64, any other stays text.
        Missing is NaN in numbers and None in texts.

    Raises
    ------
    ContractError
        If `attributes` holds something that is no JSON object.
    """
    created = pd.to_datetime(_column(leads, "created_at"), utc=True).dt.tz_convert(zone)
    columns: dict[str, pd.Series] = {
        "lead_hour": created.dt.hour.astype("float64"),
        "lead_weekday": created.dt.dayofweek.astype("float64"),
    }
    columns |= {f"lead_{name}": _column(leads, name).map(_text) for name in _TEXTS}
    attributes = [_mapping(value) for value in _column(leads, "attributes")]
    columns |= _filled(leads, attributes)
    keys = sorted({key for each in attributes for key in each})
    columns |= {
        f"{ATTRIBUTE}{key}": _attribute([each.get(key) for each in attributes], leads.index)
        for key in keys
    }
    return pd.DataFrame(columns, index=leads.index)


def _column(leads: pd.DataFrame, name: str) -> pd.Series:
    missing = pd.Series(None, index=leads.index, dtype="object")
    return leads[name] if name in leads.columns else missing


def _filled(leads: pd.DataFrame, attributes: list[Mapping[str, Any]]) -> dict[str, pd.Series]:
    """Return how much a lead tells; the keys it names are its own, so no other lead counts."""
    named = [sum(_text(v) not in (None, "") for v in each.values()) for each in attributes]
    fields = sum(_column(leads, name).notna().astype("float64") for name in GROUPS.values())
    filled = pd.Series(named, index=leads.index, dtype="float64")
    asked = pd.Series([len(each) for each in attributes], index=leads.index, dtype="float64")
    share = (fields + filled) / (asked + len(GROUPS))
    return {"lead_attributes": filled, "lead_completeness": share}


def _mapping(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if value is None or value is pd.NA or value != value:
        return {}
    try:
        parsed = json.loads(str(value))
    except json.JSONDecodeError as error:
        raise _unreadable(value) from error
    if not isinstance(parsed, dict):
        raise _unreadable(value)
    return parsed


def _unreadable(value: object) -> ContractError:
    return ContractError(
        "Lead attributes must be a JSON object",
        where=f"attributes {str(value)[:60]!r}",
        todo='Write them as {"key": value, ...}.',
    )


def _attribute(values: list[Any], index: pd.Index) -> pd.Series:
    is_number = all(value is None or isinstance(value, int | float) for value in values)
    if is_number:
        return pd.Series([_number(value) for value in values], index=index, dtype="float64")
    return pd.Series([_text(value) for value in values], index=index, dtype="object")


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _text(value: object) -> str | None:
    return None if value is None or value is pd.NA or value != value else str(value)
