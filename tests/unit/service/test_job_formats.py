"""Results in three formats, part by part."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_registry.score import Category, Interval, Reason, Score, Status
from models_registry.score_rows import COLUMNS
from service.jobs.asked import Format, ScoresAsked
from service.jobs.folder import JobFolder
from service.jobs.formats import part, whole

AT = datetime(2018, 1, 1, 6, 12, 9, 215373, tzinfo=UTC)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)


def score(customer_id: str, value: float | None = 0.5, text: str = "33 days") -> Score:
    reason = Reason("RECENCY_DAYS", "recency_days", 33.0, None, 1.5, "raises", True, text)
    return Score(
        customer_id=customer_id,
        lead_id=None,
        model="churn_60d",
        model_version="1",
        feature_service="churn_60d_v1",
        as_of=AT,
        scored_at=AT,
        horizon_days=60,
        value=value,
        percentile=None,
        band="low",
        interval=Interval(1.0, 2.0, 0.8),
        status=Status.OK,
        baseline=None,
        reasons=(reason, reason),
        categories=(Category("BREAD", 0.25),),
    )


def written(form: Format, parts: list[list[Score]], folder: Path) -> Path:
    files = [folder / f"{number}.part" for number in range(len(parts))]
    for file, scores in zip(files, parts, strict=True):
        file.write_bytes(part(form, scores))
    whole(form, files, folder / "whole")
    return folder / "whole"


def ids_in(form: Format, file: Path) -> list[str]:
    if form is Format.PARQUET:
        return list(pd.read_parquet(file)["customer_id"])
    text = file.read_text("utf-8")
    if form is Format.NDJSON:
        return [json.loads(line)["customer_id"] for line in text.split("\n")[:-1]]
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [row["customer_id"].removeprefix("'") for row in rows]


@pytest.mark.parametrize("form", list(Format))
@settings(deadline=None, max_examples=25)
@given(parts=st.lists(st.lists(names.filter(lambda n: n[0] != "'"), max_size=3), min_size=1))
def test_a_whole_is_its_parts_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, form: Format, parts: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    file = written(form, [[score(name) for name in names] for names in parts], folder)
    assert ids_in(form, file) == [name for names in parts for name in names]


def test_csv_runs_no_formula_and_says_reasons_as_sentences(tmp_path: Path) -> None:
    file = written(Format.CSV, [[score("=1+1", -0.5, text="@SUM(A1)")]], tmp_path)
    text = file.read_text("utf-8")
    assert text.startswith("\ufeff" + ",".join(COLUMNS))
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["customer_id"], row["value"]) == ("'=1+1", "-0.5")
    assert (row["reasons"], row["categories"]) == ("'@SUM(A1); @SUM(A1)", "BREAD")
    assert row["scored_at"] == "2018-01-01T06:12:09.215373Z"


def test_what_a_job_was_asked_comes_back_from_json() -> None:
    asked = ScoresAsked("churn_60d", "3", AT, None, "zh-CN", Format.CSV, 1_000)
    assert ScoresAsked.from_json(json.loads(json.dumps(asked.to_json()))) == asked


@settings(deadline=None)
@given(
    ids=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20),
    size=st.integers(1, 7),
    skip=st.integers(0, 4),
)
def test_ids_come_back_in_parts_from_where_one_goes_on(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], size: int, skip: int
) -> None:
    folder = JobFolder(tmp_path_factory.mktemp("ids"))
    folder.write_ids(ids)
    parts = list(folder.ids(size, skip))
    assert [one for some in parts for one in some] == ids[size * skip :]
    assert all(len(some) == size for some in parts[:-1])
