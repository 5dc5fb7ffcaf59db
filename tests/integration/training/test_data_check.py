"""The check before a training on a simulated shop, with what is wrong planted into it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError, TableMissingError
from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.synthetic import Shop, ShopConfig, fill, simulate
from training import config
from training.data_check.check import DataCheck, check
from training.data_check.finding import Finding, Level, Topic
from training.data_check.outcomes import labels_of
from training.dataset import Context
from training.train import pipeline_of, plan_features


def checked(home: Path, tables: dict[str, pd.DataFrame], shop: Shop, *models: str) -> DataCheck:
    lake = Lake(home / "lake", threads=1)
    fill(lake, replace(shop, tables=tables))
    return check(lake, Store(Settings(home=home), lake), models)


def about(found: DataCheck, topic: Topic) -> list[Finding]:
    return [finding for finding in found.findings if finding.topic is topic]


def test_a_built_shop_has_labels_features_and_no_leak(shop_lake: Lake, shop_store: Store) -> None:
    service = "churn_28d_v1"
    shop_store.build(plan_features(shop_lake, ["churn_28d"])[service], service=service)
    shares: list[float] = []
    found = check(shop_lake, shop_store, ["churn_28d"], shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert found.exit_code == 0
    loaded = config.load("churn_28d")
    context = Context(shop_lake, shop_store, shop_lake.today())
    assert found.labels == labels_of(loaded, pipeline_of(loaded).prepare(context))
    assert [label.part for label in found.labels] == ["train", "valid", "test"]
    assert set(found.inputs) == {"churn_28d"}
    (leak,) = about(found, Topic.LEAKS)
    assert leak.level is Level.OK
    empty = [finding for finding in about(found, Topic.MISSING) if "service" in finding.what]
    assert "Import tickets" in empty[0].todo


@pytest.fixture(scope="module")
def small() -> Shop:
    return simulate(ShopConfig(customers=300, seed=5))


def test_without_features_it_says_what_to_run_and_looks_at_the_rest(
    small: Shop, home: Path
) -> None:
    found = checked(home, small.tables, small, "churn")
    assert found.exit_code == 0
    (labels,) = about(found, Topic.LABELS)
    assert "shuke features build" in labels.todo
    assert labels.where == "churn_28d, churn_60d"
    assert about(found, Topic.HISTORY)[0].level is Level.OK
    assert found.labels == ()
    lines = small.tables["order_lines"]
    assert f"{lines['customer_id'].nunique():,} customers" in about(found, Topic.CUSTOMERS)[0].what
    assert found.days["purchases"].sum() == lines["order_id"].nunique()


def test_lead_columns_written_after_the_outcome_are_named(small: Shop, home: Path) -> None:
    outcomes = small.tables["lead_outcomes"].set_index("lead_id")["outcome"]
    leads = small.tables["leads"]
    won = leads["lead_id"].map(outcomes).eq("converted")
    shade = np.random.default_rng(1).uniform(size=len(leads))
    attributes = [
        json.dumps({"amount_paid": float(w), "stage": "signed" if w else "open", "shade": s})
        for w, s in zip(won, shade, strict=True)
    ]
    strangers = leads.drop(columns="customer_id").assign(attributes=attributes)
    found = checked(home, {**small.tables, "leads": strangers}, small, "lead_score")
    assert found.exit_code == 1
    named = [finding.what.split()[0] for finding in about(found, Topic.LEAKS)]
    assert sorted(named) == ["attr_amount_paid", "attr_stage"]
    assert "--drop" in about(found, Topic.LEAKS)[0].todo


def test_a_slip_of_the_till_a_missing_week_and_a_strange_clock_are_named(
    small: Shop, home: Path
) -> None:
    lines = small.tables["order_lines"]
    start = pd.Timestamp(small.end) - timedelta(days=120)
    gone = lines["ordered_at"].between(start, start + timedelta(days=7))
    slipped = lines[~gone].reset_index(drop=True)
    slipped.loc[500, "net_amount"] = 6_901_234_567_892.0
    lake = Lake(home / "lake", threads=1)
    fill(lake, replace(small, tables={"order_lines": slipped}))
    early = slipped["ordered_at"].max() - timedelta(hours=3)
    found = check(lake, Store(Settings(home=home), lake), ["churn"], moment=early.to_pydatetime())
    said = [f.where for f in about(found, Topic.RANGES) if f.level is Level.WARNING]
    assert f"order_lines.net_amount, order {slipped.loc[500, 'order_id']}" in said
    assert f"{start:%Y-%m-%d} to {start + timedelta(days=6):%Y-%m-%d}" in said
    assert any(where.startswith("order_lines, newest") for where in said)


def test_a_short_history_is_a_problem_and_absent_leads_only_where_asked_for(
    small: Shop, home: Path
) -> None:
    lines = small.tables["order_lines"]
    first = lines["ordered_at"].min()
    short = {"order_lines": lines[lines["ordered_at"] < first + timedelta(days=120)]}
    found = checked(home, short, small)
    assert found.exit_code == 1
    levels = {finding.what.split()[0]: finding.level for finding in about(found, Topic.HISTORY)}
    assert levels["clv_90d"] is Level.PROBLEM
    assert levels["lead_score"] is Level.WARNING
    lake = Lake(home / "lake", threads=1)
    (asked,) = about(check(lake, Store(Settings(home=home), lake), ["lead_score"]), Topic.HISTORY)
    assert asked.level is Level.PROBLEM


def test_an_empty_lake_and_an_unknown_model_say_what_to_do(home: Path) -> None:
    lake = Lake(home / "lake", threads=1)
    store = Store(Settings(home=home), lake)
    with pytest.raises(TableMissingError, match="shuke import"):
        check(lake, store)
    with pytest.raises(InputError, match="churn_60d"):
        check(lake, store, ["weather"])
