"""Lead scores beside logistic regression, a points card, and the average of the source."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features.lake.lake import frame_fingerprint
from tests.benchmarks.models_bootstrap import CUTOFF, OURS, Columns, judged
from tests.benchmarks.models_case import Case
from tests.benchmarks.models_points import draw_up
from tests.benchmarks.models_rolling import Fitted, identity, rolling
from tests.benchmarks.models_shops import Shop
from training.cards.weighted import Weighed, probability
from training.config import LeadConfig
from training.pipelines.lead_score import LABEL
from training.rules import fit_curve

DIGITS = {"auc": 4, "average_precision": 3, "lift_top_decile": 2, "brier": 4, "ece": 4}
LOGISTIC, CARD, AVERAGE = "logistic regression", "points card", "average of the source"
SCHOOL = Path(__file__).parents[3] / "shared" / "data" / "x_education_leads.csv"
# Written by the sales staff after they spoke to the lead.
WRITTEN_LATER = (
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Last Activity",
    "Last Notable Activity",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
)
_OWN_COLUMNS = ("Prospect ID", "Lead Number", "Converted", "Lead Origin", "Lead Source")
_MOST_ROUNDS, _RARE = 2_000, 20

Floats = npt.NDArray[np.float64]


def leads_case(shop: Shop, config: LeadConfig, todays: Sequence[datetime], kept: Path) -> Case:
    """Return the question which lead converts, asked at its capture."""
    return Case(
        name=f"lead score, {shop.name}",
        title=f"Which lead converts, {shop.name}",
        rows=rolling(shop, config, todays, said, kept),
        prepare=prepared,
        baselines=(LOGISTIC, CARD, AVERAGE),
        digits=DIGITS,
    )


def prepared(columns: Columns) -> dict[str, Weighed]:
    """Measure probabilities."""
    return judged(columns, "happened", probability, lambda _: DIGITS)


def said(fitted: Fitted) -> pd.DataFrame:
    """Return what everybody said of the newest leads at their capture."""
    dataset, bundle = fitted.dataset, fitted.bundle
    numbers, texts = list(dataset.features), list(dataset.texts)
    known = _plain(dataset.known, texts)
    captured = dataset.test["as_of"] == dataset.test["created_at"]
    test = _plain(dataset.test[captured].reset_index(drop=True), texts)
    settled = known[LABEL].to_numpy(np.float64)
    regression = _regression(numbers, texts).fit(known[numbers + texts], settled)
    card = draw_up(known, settled, numbers, texts)
    # The card ranks; the line from its sum to a probability is drawn on the same leads.
    line = fit_curve(known.assign(points=card(known)), "points", settled)
    who = test["customer_id"].fillna(test["lead_id"])
    rows = identity(test.assign(who=who), "who")
    return rows.assign(
        **{
            CUTOFF: test["created_at"].min(),
            "happened": test[LABEL],
            OURS: bundle.predict(test)["value"],
            LOGISTIC: regression.predict_proba(test[numbers + texts])[:, 1],
            CARD: line(test.assign(points=card(test))),
            AVERAGE: bundle.predict(test)["baseline"],
        }
    )


def school_shop(folder: Path, file: Path = SCHOOL) -> Shop:
    """Return X Education: leads of a seller of online courses, with what was known at capture.

    The file has no times: the order of its numbers stands for it, an hour a lead.
    """
    raw = pd.read_csv(file).replace("Select", None).sort_values("Lead Number", ignore_index=True)
    captured = pd.Timestamp("2017-01-01", tz="UTC") + pd.to_timedelta(raw.index, unit="h")
    told = raw.drop(columns=[*WRITTEN_LATER, *_OWN_COLUMNS])
    leads = pd.DataFrame(
        {
            "lead_id": raw["Lead Number"].astype(str),
            "created_at": captured,
            "source": raw["Lead Source"],
            "medium": raw["Lead Origin"],
            "attributes": [
                json.dumps({name: value for name, value in row.items() if pd.notna(value)})
                for row in told.to_dict("records")
            ],
        }
    )
    outcomes = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "decided_at": captured + pd.Timedelta(minutes=30),
            "outcome": raw["Converted"].map({1: "converted", 0: "lost"}),
        }
    )
    shop = Shop("X Education", folder / "x-education")
    for table, frame in (("leads", leads), ("lead_outcomes", outcomes)):
        shop.lake.append(table, [frame], source="x_education", fingerprint=frame_fingerprint(frame))
    return shop


def _plain(rows: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """Return the rows with a word where a text is missing, as scikit-learn wants it."""
    return rows.assign(**{name: rows[name].astype(object).fillna("unknown") for name in texts})


def _regression(numbers: Sequence[str], texts: Sequence[str]) -> Pipeline:
    filled = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    coded = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=_RARE)
    inputs = make_column_transformer((filled, list(numbers)), (coded, list(texts)))
    return make_pipeline(inputs, LogisticRegression(C=0.1, max_iter=_MOST_ROUNDS))
