"""Drift of leads: what they say of themselves beside what is known of the customer."""

from datetime import UTC, datetime

import lightgbm as lgb
import pandas as pd

from features.lake.lake import Lake
from features.store import Store
from features.transforms.leads import own_features
from models_registry.bundle import Bundle
from models_registry.columns import matrix
from models_registry.judge import judge
from models_registry.meta import Meta
from monitoring.drift import drift
from monitoring.verdict import DriftPolicy

MODEL, SERVICE = "lead_score", "lead_score_v1"
LEARNT, SCORED = datetime(2017, 10, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)
LEVELS = {"attr_campaign_type": ("Type A", "Type B", "Type C")}
INPUTS = ("attr_campaign_type", "attr_coupons", "recency_days")


def rows_of(lake: Lake, store: Store) -> pd.DataFrame:
    leads = lake.frame("leads")
    named = leads[["lead_id", "customer_id"]].assign(as_of=leads["created_at"])
    known = named[named["as_of"] > lake.first_moment()]
    store.build(list(known["as_of"].unique()), service=SERVICE)
    customers = store.history(SERVICE, known)[store.feature_names(SERVICE)]
    return pd.concat([named, own_features(leads), customers.reindex(leads.index)], axis=1)


def lead_bundle(rows: pd.DataFrame) -> Bundle:
    meta = Meta(
        model=MODEL,
        kind="probability",
        feature_service=SERVICE,
        features=INPUTS,
        levels=LEVELS,
        trained_at=LEARNT,
        trained_as_of=LEARNT,
        data_fingerprint="",
        link="logit",
    )
    x = matrix(rows, INPUTS, LEVELS)
    many_coupons = (rows["attr_coupons"] > rows["attr_coupons"].median()).astype(int)
    plain = {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbosity": -1}
    return Bundle(meta, {"main": lgb.train(plain, lgb.Dataset(x, many_coupons), num_boost_round=5)})


def test_new_leads_are_compared_with_those_learnt_from_up_to_that_moment(watched):
    lead_rows = rows_of(watched.lake, watched.store)
    bundle = lead_bundle(lead_rows)
    bundle = bundle.registered(watched.registry.log(bundle, metrics={}, params={}, lineage={}))
    new = lead_rows[lead_rows["as_of"] > LEARNT].reset_index(drop=True)
    scores = judge(bundle, new, scored_at=SCORED, max_age_days=7)
    watched.score_log.append_batch(scores, MODEL, bundle.meta.version, SCORED, new[bundle.inputs])
    summary = drift(
        MODEL,
        lake=watched.lake,
        store=watched.store,
        registry=watched.registry,
        score_log=watched.score_log,
        settings=watched.settings,
        policy=DriftPolicy(min_rows=50),
    )
    assert summary.current_rows == len(new)
    assert summary.reference_rows == (lead_rows["as_of"] <= LEARNT).sum()
    tests = {column.column: column.test for column in summary.columns}
    assert tests["attr_campaign_type"] == "jensenshannon"
    assert set(tests) == set(INPUTS)
    assert summary.html.name == "drift-lead_score-2018-01-01T000000.html"
