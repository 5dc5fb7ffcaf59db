"""Bundles on the lower rungs of the ladder: status, reasons, files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models_registry.bundle import Bundle
from models_registry.errors import BundleError
from models_registry.judge import judge
from models_registry.rungs import CODE, Rung, Shortage
from models_registry.score import Lang, Score, Status
from tests.unit.models_registry.small_bundles import SCORED_AT, churn, customers

SHORT = Shortage("days", 58, 167)


def on(rung: Rung) -> Bundle:
    whole = churn()
    boosters = {} if rung == "rule" else whole.boosters
    return Bundle(replace(whole.meta, rung=rung, shortage=SHORT), boosters)


def scored(bundle: Bundle, lang: Lang = "en", top_k: int = 3) -> list[Score]:
    return judge(bundle, customers(), scored_at=SCORED_AT, max_age_days=3, top_k=top_k, lang=lang)


@pytest.mark.parametrize("rung", ["pooled", "rule"])
def test_a_lower_rung_is_a_cold_start_for_everybody_and_says_why_first(rung: Rung) -> None:
    for score in scored(on(rung)):
        assert score.status is Status.COLD_START
        first = score.reasons[0]
        assert (first.code, first.feature) == (CODE, "shop_days")
        assert (first.value, first.typical, first.contribution) == (58.0, 167.0, 0.0)
        assert first.text.startswith("too little history in this shop: 58 days")


def test_the_reason_is_told_in_chinese_too() -> None:
    (told, *_) = scored(on("rule"), "zh-CN")
    assert [reason.text for reason in told.reasons] == [
        "本店历史记录太少：58 天，完整模型需要 167 天；目前由简单规则给出"
    ]


def test_a_rule_answers_everybody_by_its_baseline_and_has_no_other_reason() -> None:
    frame, bundle = customers(), on("rule")
    said = bundle.predict(frame)
    assert said["value"].tolist() == said["baseline"].tolist()
    assert np.isfinite(said["value"]).all()
    assert not said["eligible"].any()
    assert {len(score.reasons) for score in scored(bundle)} == {1}
    assert scored(bundle, top_k=0)[0].reasons == ()
    assert not bundle.contributions(frame).any()


def test_a_small_model_keeps_its_value_and_its_own_reasons() -> None:
    frame = customers()
    assert on("pooled").predict(frame).equals(churn().predict(frame))
    assert max(len(score.reasons) for score in scored(on("pooled"))) == 3


def test_a_rule_survives_the_disk_without_a_booster(tmp_path: Path) -> None:
    on("rule").save(tmp_path / "rule")
    loaded = Bundle.load(tmp_path / "rule")
    assert loaded.meta == on("rule").meta
    assert loaded.predict(customers()).equals(on("rule").predict(customers()))


def test_a_description_that_contradicts_its_rung_is_refused() -> None:
    meta = churn().meta
    with pytest.raises(BundleError, match="lacks"):
        replace(meta, rung="pooled")
    with pytest.raises(BundleError, match="lacks"):
        replace(meta, shortage=SHORT)
    with pytest.raises(BundleError, match="baseline"):
        replace(meta, rung="rule", shortage=SHORT, baseline=None, population=())
    with pytest.raises(BundleError, match="no boosters"):
        Bundle(on("rule").meta, churn().boosters)
