"""What a retention plan is made of: the newest scores, and who was contacted or held out."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from models_registry.errors import ScoresMissingError
from service.crm.tasks import Rule

if TYPE_CHECKING:
    from service.bootstrap import App


@dataclass(frozen=True)
class ScoredCustomers:
    """One night's scores of everybody who has both.

    Attributes
    ----------
    risk_model, risk_version, value_model
        Which scores these are.
    frame
        `customer_id`, `risk` (calibrated probability of leaving) and `value` (expected spend of
        the value model's horizon), in the order of ids.
    """

    as_of: datetime
    risk_model: str
    risk_version: str
    value_model: str
    frame: pd.DataFrame


def scored_customers(app: "App") -> ScoredCustomers:
    """Read risk and value of the newest night, as the at-risk list does.

    Raises
    ------
    ScoresMissingError
        No night has run yet, or it had no model of value.
    """
    risk_model, value_model = app.policies.night.risk_model, app.policies.night.value_model
    batches = app.score_log.batches(risk_model)
    if not batches:
        raise ScoresMissingError(
            f"No batch of {risk_model} was scored yet",
            where=risk_model,
            todo="Run `shuke nightly` first.",
        )
    as_of, version = batches[-1]
    risks = _values(app, risk_model, as_of, version, "risk")
    try:
        values = _values(app, value_model, as_of, None, "value")
    except ScoresMissingError:
        raise ScoresMissingError(
            f"The night scored {risk_model} but not {value_model}, so nobody's worth is known",
            where=f"{as_of:%Y-%m-%d}",
            todo=f"Run `shuke train {value_model}`, then `shuke nightly`.",
        ) from None
    frame = risks.merge(values, on="customer_id").sort_values("customer_id", ignore_index=True)
    return ScoredCustomers(as_of, risk_model, version, value_model, frame)


def contacts(app: "App") -> pd.DataFrame:
    """Return every contact and holdout: campaigns of the lake, and our own retention lists.

    A list counts as a campaign named after its policy, for that decides who is held out; whoever
    is on it counts as contacted, called or not (intention to treat).

    Returns
    -------
    pandas.DataFrame
        `campaign_id`, `customer_id`, `contacted_at` (aware UTC) and `is_holdout`.
    """
    with app.records.transaction(read_only=True) as work:
        members = work.lists.ever(Rule.RETENTION)
    listed = pd.DataFrame(
        {
            "campaign_id": [f"{m.policy_version}:{m.as_of:%Y-%m-%dT%H:%M}" for m in members],
            "customer_id": [member.customer_id for member in members],
            "contacted_at": pd.to_datetime([member.as_of for member in members], utc=True),
            "is_holdout": [member.group == "holdout" for member in members],
        }
    )
    if not app.lake.has("campaign_contacts"):
        return listed
    sent = app.lake.frame("campaign_contacts")[list(listed.columns)]
    return pd.concat([sent, listed], ignore_index=True) if members else sent


def _values(
    app: "App", model: str, as_of: datetime, version: str | None, name: str
) -> pd.DataFrame:
    batch = app.score_log.batch(model, as_of, version)
    known = batch.filter(batch.value.notnull()).select("customer_id", **{name: batch.value})
    found: pd.DataFrame = known.execute()
    return found
