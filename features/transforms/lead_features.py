"""All features of leads at their scoring moments: training, the night and a request call this."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from features.transforms.base import Tables
from features.transforms.lead_behaviour import behaviour
from features.transforms.lead_history import STEPS, LeadHistory, lead_facts
from features.transforms.lead_policy import GROUPS
from features.transforms.lead_words import lead_feature
from features.transforms.leads import own_features

_IDS = ("lead_id", "customer_id", *GROUPS.values())
_NO_FACTS = pd.DataFrame(columns=["lead_id", *GROUPS.values(), *STEPS], dtype="object")
_SAID = ("lead_attributes", "lead_completeness")


def read_history(tables: Tables) -> LeadHistory:
    """Return the history of all leads of the lake; keep it as long as they are the same."""
    return LeadHistory.of(lead_facts(tables).execute() if tables.has("leads") else _NO_FACTS)


def lead_features(
    tables: Tables,
    history: LeadHistory,
    leads: pd.DataFrame,
    as_of: "pd.Series[pd.Timestamp]",
    types: Sequence[str],
) -> pd.DataFrame:
    """Return what is known of leads strictly before their scoring moments.

    Parameters
    ----------
    tables
        The lake.
    history
        `read_history` of the same lake.
    leads
        Rows of the `leads` contract with any unique index; a lead scored at several moments has
        several rows. It need not be in the lake.
    as_of
        The scoring moments (aware UTC, not before capture), on the same index.
    types
        Types of interaction that get counts of their own: `types_seen` of the lake in training,
        `types_named` in a model's inputs afterwards.

    Returns
    -------
    pandas.DataFrame
        On the index of `leads`: `own_features`, `behaviour` and `LeadHistory.features`.
    """
    asked = leads.reindex(columns=[*_IDS, "created_at"]).assign(as_of=as_of)
    asked = asked.assign(**{name: _texts(asked[name]) for name in _IDS})
    return pd.concat(
        [
            own_features(leads),
            behaviour(tables, asked, types),
            history.features(asked),
        ],
        axis="columns",
    )


def reads_the_lake(features: Iterable[str]) -> bool:
    """Return whether any of these features is one of leads and not what the lead itself says."""
    return any(lead_feature(name) is not None and name not in _SAID for name in features)


def _texts(column: "pd.Series[str]") -> "pd.Series[str]":
    nothing: Any = None
    texts: pd.Series[str] = column.astype("object")
    return texts.where(texts.notna(), nothing)
