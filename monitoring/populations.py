"""The two populations of a drift report: whom the model learnt from and who was scored last."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from features.clock import utc
from features.lake.lake import Lake
from features.store import Store
from features.transforms.lead_behaviour import types_named
from features.transforms.lead_features import lead_features, read_history
from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.score import Status
from models_registry.score_log import ScoreLog
from models_registry.score_rows import INPUT
from monitoring.columns import sampled
from monitoring.verdict import DriftPolicy

SCORE = "value"
JUDGED = (Status.OK.value, Status.STALE.value)


@dataclass(frozen=True)
class Populations:
    """Both populations under the same column names.

    Attributes
    ----------
    as_of, reference_as_of
        The moments the two are described at.
    columns
        The model's inputs; `value` stands beside them.
    reference, current
        One row per customer the model itself judges: no cold starts, no unknown customers.
    """

    model: str
    version: str
    as_of: datetime
    reference_as_of: datetime
    columns: tuple[str, ...]
    reference: pd.DataFrame
    current: pd.DataFrame

    @property
    def title(self) -> str:
        """What is compared with what."""
        return (
            f"{self.model} version {self.version}, scored at {self.as_of:%Y-%m-%d},"
            f" against {self.reference_as_of:%Y-%m-%d}"
        )

    @property
    def about(self) -> dict[str, str | datetime]:
        """The same for machines."""
        return {
            "model": self.model,
            "version": self.version,
            "as_of": self.as_of,
            "reference_as_of": self.reference_as_of,
        }


def populations(
    model: str,
    *,
    lake: Lake,
    store: Store,
    registry: Registry,
    score_log: ScoreLog,
    as_of: datetime | None = None,
    policy: DriftPolicy,
) -> Populations:
    """Read a logged batch and whom the version that scored it learnt from.

    The reference of a customer model is everyone it may judge at the newest cutoff it learnt from,
    read again from the feature store: its percentiles describe the same customers. That of a lead
    model is the newest leads it learnt from.

    Parameters
    ----------
    as_of
        The batch; the newest one without it.
    policy
        How many customers or leads of the reference are read at most.

    Raises
    ------
    ScoresMissingError
        No such batch was ever scored.
    FeaturesMissingError
        The features of the leads learnt from are gone.
    """
    batch = score_log.batch(model, as_of).to_pandas()
    newest = score_log.batches(model)[-1][0]
    bundle = registry.load(model, str(batch["model_version"].iloc[0]))
    meta = bundle.meta
    if batch["lead_id"].notna().any():
        reference = _leads(bundle, lake, store, policy)
    else:
        reference = _customers(bundle, store, policy)
    judged = reference[bundle.eligible(reference)].reset_index(drop=True)
    current = batch[batch["status"].isin(JUDGED)].reset_index(drop=True)
    return Populations(
        model=model,
        version=meta.version,
        as_of=utc(as_of or newest),
        reference_as_of=meta.trained_as_of,
        columns=meta.features,
        reference=judged.assign(**{SCORE: bundle.predict(judged)[SCORE]}),
        current=current.rename(columns={f"{INPUT}{name}": name for name in meta.features}),
    )


def _customers(bundle: Bundle, store: Store, policy: DriftPolicy) -> pd.DataFrame:
    cutoff, service = bundle.meta.trained_as_of, bundle.meta.feature_service
    store.build([cutoff], service=service)
    everyone = pd.DataFrame({"customer_id": store.customers(cutoff), "as_of": cutoff})
    return store.history(service, sampled(everyone, policy))


def _leads(bundle: Bundle, lake: Lake, store: Store, policy: DriftPolicy) -> pd.DataFrame:
    service = bundle.meta.feature_service
    leads = lake.frame("leads").sort_values(["created_at", "lead_id"], ignore_index=True)
    leads = leads[leads["created_at"] <= bundle.meta.trained_as_of].tail(policy.max_rows)
    named = leads[["customer_id"]].assign(as_of=leads["created_at"]).dropna()
    known = store.history(service, named) if len(named) else named
    of_customer = known.reindex(index=leads.index, columns=store.feature_names(service))
    types = types_named(bundle.inputs)
    own = lead_features(lake, read_history(lake), leads, leads["created_at"], types)
    return pd.concat([own, of_customer], axis=1).reindex(columns=bundle.inputs)
