"""A card written by hand, for tests of what is made of cards."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from training.cards.card import (
    Bin,
    Card,
    Dependence,
    Estimate,
    Measured,
    Part,
    Point,
    Slice,
    Use,
)

AT = datetime(2018, 1, 1, tzinfo=UTC)


def part(name: str = "test", **more: Any) -> Part:
    plain = Part(name, AT, AT, rows=1200, judged=1000, people=990, outcome=0.25)
    return replace(plain, **more)


def metric(name: str = "auc", value: float = 0.8, **more: Any) -> Measured:
    plain = Measured(
        metric=name,
        better="higher",
        target=None,
        model=Estimate(value, value - 0.02, value + 0.02),
        baselines={"recency_days": Estimate(0.75, 0.73, 0.77)},
        rival="recency_days",
        gain=Estimate(value - 0.75, value - 0.76, value - 0.74),
    )
    return replace(plain, **more)


def a_bin(**more: Any) -> Bin:
    plain = Bin(rows=100, predicted=0.2, happened=0.21, chance=0.08, covered=None, off=False)
    return replace(plain, **more)


def card(**more: Any) -> Card:
    plain = Card(
        model="churn_28d",
        pipeline="churn",
        kind="probability",
        trained_at=AT,
        trained_as_of=AT,
        purpose="The probability that a customer buys nothing.",
        population=("purchase days (active_days): at least 3",),
        outcome="share who bought nothing",
        margin="log-odds",
        split="By time.",
        parts=(part("train"), part("test")),
        features=(
            Use("recency_days", "days since last purchase", "距上次购买天数", 0.7, 0.5),
            Use("lead_source", "source", "来源", 0.3, 0.2),
            Use("orders_90d", "orders, 90 days", "近90天订单数", 0.0, 0.0),
        ),
        explained=1000,
        dependence=(
            Dependence(
                "recency_days",
                "days since last purchase",
                (
                    Point("3", 3.1, 100, -0.5, -0.6, -0.4),
                    Point("12", 12.0, 100, 0.5, 0.4, 0.6),
                    Point("missing", None, 50, 0.1, 0.0, 0.2),
                ),
            ),
            Dependence("lead_source", "source", (Point("web", None, 100, 0.1, 0.0, 0.2),)),
        ),
        rows=1000,
        rows_digest="same",
        metrics=(metric(), metric("ece", 0.01, better="lower", baselines={}, rival="", gain=None)),
        level=0.95,
        slices=(Slice("recency_days 0 to 5", 400, {"brier": 0.12}),),
        calibration=(a_bin(), a_bin(predicted=0.6, happened=0.55)),
        allowed="a calibration error (ece) of at most 0.03",
        limits=("It was measured on one moment.",),
        passed=True,
        gate=("passed: auc 0.8000, at least 0.7 asked",),
        command="shuke train churn_28d --fresh",
        reproduce={"seed": "20170101", "lake_fingerprint": "abc"},
        config={"boosting.rounds": 150, "rules": ["recency_days"]},
    )
    return replace(plain, **more)
