import json
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from models_registry import score_erasure
from models_registry.errors import ScoresMissingError
from models_registry.judge import judge
from models_registry.score import Score
from models_registry.score_log import ScoreLog
from tests.unit.models_registry.small_bundles import (
    AS_OF,
    SCORED_AT,
    churn,
    customers,
    next_purchase,
)

DAY = timedelta(days=1)


def scores(frame: pd.DataFrame, version: str = "1", days_later: int = 0) -> list[Score]:
    at = SCORED_AT + days_later * DAY
    return judge(churn().registered(version), frame, scored_at=at, max_age_days=3, top_k=2)


@pytest.fixture
def frame() -> pd.DataFrame:
    drawn = customers(8)
    drawn.loc[5, "as_of"] = pd.NaT
    return drawn


@pytest.fixture
def log(tmp_path: Path) -> ScoreLog:
    return ScoreLog(tmp_path / "scores")


def test_a_rerun_of_a_batch_adds_nothing(log: ScoreLog, frame: pd.DataFrame, tmp_path: Path):
    first = log.append_batch(scores(frame), "churn_28d", "1", AS_OF)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = log.append_batch(scores(frame, days_later=1), "churn_28d", "1", AS_OF)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert (first, again) == (True, False)
    assert before == after
    assert len(after) == 1


def test_a_batch_reads_back_as_the_scores_and_inputs_it_was_given(
    log: ScoreLog, frame: pd.DataFrame
):
    given = scores(frame)
    log.append_batch(given, "churn_28d", "1", AS_OF, frame[churn().inputs])
    read = log.batch("churn_28d").to_pandas()
    assert read.customer_id.tolist() == [score.customer_id for score in given]
    assert read.value.astype(object).where(read.value.notna(), None).tolist() == [
        score.value for score in given
    ]
    assert read.status.tolist() == [score.status.value for score in given]
    assert read.as_of.isna().tolist() == [score.as_of is None for score in given]
    assert json.loads(read.reasons[0])[0]["text"] == given[0].reasons[0].text
    pd.testing.assert_series_equal(
        read.in_recency_days, frame.recency_days, check_names=False, check_exact=True
    )
    assert read.in_ipt_median.isna().tolist() == frame.ipt_median.isna().tolist()
    assert read.in_lead_source[0] == frame.lead_source[0]


@pytest.mark.parametrize("in_folder", [False, True], ids=["a file", "a folder of Spark"])
def test_the_state_of_a_batch_changes_with_its_files_alone(
    log: ScoreLog, frame: pd.DataFrame, *, in_folder: bool
):
    given = scores(frame)
    log.append_batch(given, "churn_28d", "1", AS_OF)
    path = log.batch_path("churn_28d", AS_OF, "1")
    if in_folder:
        file = path.rename(path.with_name("written"))
        path.mkdir()
        file.rename(path / "part-0.parquet")
    batch = ("churn_28d", AS_OF, "1")
    before = log.state([batch])
    log.append_batch(given, "churn_60d", "1", AS_OF)
    assert log.state([batch]) == before
    score_erasure.erase(log.root, {"customer_id": [str(given[0].customer_id)]})
    assert log.state([batch]) != before


def test_a_batch_can_be_filtered_and_sorted_as_a_table(log: ScoreLog, frame: pd.DataFrame):
    log.append_batch(scores(frame), "churn_28d", "1", AS_OF)
    table = log.batch("churn_28d")
    risky = table.filter(table.percentile >= 50).order_by(table.value.desc()).to_pandas()
    assert risky.value.is_monotonic_decreasing
    assert (risky.percentile >= 50).all()


def test_the_newest_batch_is_the_latest_night_of_the_highest_version(
    log: ScoreLog, frame: pd.DataFrame
):
    for version, night in (("9", 0), ("10", 0), ("2", -1)):
        log.append_batch(scores(frame, version), "churn_28d", version, AS_OF + night * DAY)
    assert log.batches("churn_28d") == [(AS_OF - DAY, "2"), (AS_OF, "9"), (AS_OF, "10")]
    assert set(log.batch("churn_28d").to_pandas().model_version) == {"10"}
    assert set(log.batch("churn_28d", AS_OF - DAY).to_pandas().model_version) == {"2"}
    assert set(log.batch("churn_28d", AS_OF, "9").to_pandas().model_version) == {"9"}


def test_a_batch_nobody_scored_says_what_to_run(log: ScoreLog, frame: pd.DataFrame):
    with pytest.raises(ScoresMissingError, match="shuke nightly"):
        log.batch("churn_28d")
    log.append_batch(scores(frame), "churn_28d", "1", AS_OF)
    with pytest.raises(ScoresMissingError):
        log.batch("churn_28d", AS_OF + DAY)
    with pytest.raises(ScoresMissingError):
        log.online()
    assert log.batches("clv_90d") == []


def test_online_scores_survive_reopening_and_keep_their_inputs(
    log: ScoreLog, frame: pd.DataFrame, tmp_path: Path
):
    inputs = frame[churn().inputs]
    log.append_online(scores(frame)[:2], inputs.iloc[:2], churn().inputs)
    log.append_online(scores(frame)[2:3], inputs.iloc[2:3], churn().inputs)
    reopened = ScoreLog(tmp_path / "scores")
    reopened.append_online(scores(frame)[3:4], inputs.iloc[3:4], churn().inputs)
    read = reopened.online().to_pandas().sort_values("customer_id")
    assert read.customer_id.tolist() == ["c0", "c1", "c2", "c3"]
    assert json.loads(read.inputs.iloc[1])["recency_days"] == frame.recency_days[1]
    assert json.loads(read.inputs.iloc[3])["ipt_median"] is None
    assert len(list((tmp_path / "scores" / "online").iterdir())) == 2


def test_a_line_cut_short_loses_only_itself(log: ScoreLog, frame: pd.DataFrame):
    log.append_online(scores(frame), frame[churn().inputs], churn().inputs)
    (file,) = (log.root / "online").iterdir()
    file.write_bytes(file.read_bytes()[:-40])
    assert len(log.online().to_pandas()) == len(frame) - 1


def test_history_holds_every_score_of_one_customer_in_order(log: ScoreLog, frame: pd.DataFrame):
    inputs = frame[churn().inputs]
    log.append_online(scores(frame, days_later=2)[:1], inputs[:1], churn().inputs)
    log.append_batch(scores(frame), "churn_28d", "1", AS_OF, inputs)
    log.append_batch(scores(frame, "2", 1), "churn_28d", "2", AS_OF + DAY, inputs)
    days = judge(next_purchase(), frame, scored_at=SCORED_AT + 3 * DAY, max_age_days=3)
    log.append_batch(days, "next_purchase", "1", AS_OF, frame[next_purchase().inputs])
    mine = log.history("c0")
    assert mine.path.tolist() == ["batch", "batch", "online", "batch"]
    assert mine.model.tolist() == ["churn_28d"] * 3 + ["next_purchase"]
    assert mine.scored_at.tolist() == [SCORED_AT + n * DAY for n in range(4)]
    assert set(mine.customer_id) == {"c0"}


def test_history_reads_batches_whose_inputs_are_of_different_kinds(
    log: ScoreLog, frame: pd.DataFrame
):
    numbers, texts = (
        frame[["recency_days"]],
        frame[["lead_source"]].set_axis(["recency_days"], axis=1),
    )
    log.append_batch(scores(frame), "churn_28d", "1", AS_OF, numbers)
    log.append_batch(scores(frame), "churn_28d", "2", AS_OF, texts)
    assert len(log.history("c0")) == 2


def test_a_customer_nobody_scored_has_an_empty_history_of_the_same_shape(
    log: ScoreLog, frame: pd.DataFrame
):
    nothing = log.history("c0")
    log.append_batch(scores(frame), "churn_28d", "1", AS_OF)
    assert nothing.empty
    assert log.history("nobody").empty
    assert nothing.columns.tolist() == log.history("c0").columns.tolist()


def test_an_unknown_customer_alone_is_logged_too(log: ScoreLog, frame: pd.DataFrame):
    unknown = scores(frame)[5:6]
    log.append_batch(unknown, "churn_28d", "1", AS_OF)
    log.append_online(unknown, frame[churn().inputs].iloc[5:6], churn().inputs)
    assert log.history("c5").status.tolist() == ["unknown_customer"] * 2


def test_a_log_that_was_never_written_makes_no_folder(log: ScoreLog, tmp_path: Path):
    log.append_online([], pd.DataFrame(), churn().inputs)
    assert log.history("c0").empty
    assert list(tmp_path.iterdir()) == []


def test_history_is_read_of_one_model_and_one_span(log: ScoreLog, frame: pd.DataFrame):
    inputs = frame[churn().inputs]
    for night in range(3):
        later = frame.assign(as_of=frame.as_of + night * DAY)
        log.append_batch(scores(later), "churn_28d", "1", AS_OF + night * DAY, inputs)
    log.append_online(scores(frame, days_later=2)[:1], inputs[:1], churn().inputs)
    days = judge(next_purchase(), frame, scored_at=SCORED_AT, max_age_days=3)
    log.append_batch(days, "next_purchase", "1", AS_OF, frame[next_purchase().inputs])

    def moments(**span: datetime) -> list[datetime]:
        return log.history("c0", "churn_28d", **span).as_of.tolist()

    assert sorted(moments()) == [AS_OF, AS_OF, AS_OF + DAY, AS_OF + 2 * DAY]
    assert moments(since=AS_OF + DAY, until=AS_OF + 2 * DAY) == [AS_OF + DAY]
    assert moments(until=AS_OF + DAY) == [AS_OF, AS_OF]
    assert moments(since=AS_OF + 3 * DAY) == []
    assert set(log.history("c0", "next_purchase").model) == {"next_purchase"}


def test_inputs_of_a_batch_are_those_of_the_customer(log: ScoreLog, frame: pd.DataFrame):
    inputs = frame[churn().inputs]
    log.append_batch(scores(frame), "churn_28d", "1", AS_OF, inputs)
    log.append_batch(scores(frame), "churn_28d", "2", AS_OF)
    # Spark writes a batch as a folder, with a file that says it is whole.
    whole = pd.read_parquet(log.batch_path("churn_28d", AS_OF, "1"))
    folder = log.batch_path("churn_28d", AS_OF, "3")
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    for part, rows in enumerate((whole[:4], whole[4:])):
        rows.to_parquet(folder / f"part-{part}.parquet", index=False)
    for version in ("1", "3"):
        read = log.inputs("c1", "churn_28d", AS_OF, version)
        assert read["recency_days"] == frame.recency_days[1]
        assert read.keys() == set(churn().inputs)
    assert log.inputs("c1", "churn_28d", AS_OF, "2") == {}
    assert log.inputs("nobody", "churn_28d", AS_OF, "1") == {}
    assert log.inputs("c1", "churn_28d", AS_OF, "4") == {}
