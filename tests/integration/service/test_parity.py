"""One customer, one moment: every path gives the same number."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from service.bootstrap import App
from service.champions import CUSTOMER_MODELS
from service.lead_rows import lead_rows

TOLERANCE = 1e-9


@pytest.mark.parametrize("model", CUSTOMER_MODELS)
def test_online_batch_and_training_rows_give_the_same_scores(app: App, model: str) -> None:
    moment = app.lake.today()
    ids = app.store.customers(moment)
    bundle = app.champions.get(model)
    asked = pd.DataFrame({"customer_id": ids, "as_of": moment})
    trained_on = bundle.predict(app.store.history(bundle.meta.feature_service, asked))

    batch = app.score_log.batch(model, moment).execute().set_index("customer_id").value[ids]
    online = [score.value for score in app.scorer.many(model, ids)]
    past = [score.value for score in app.scorer.many(model, ids, as_of=moment)]
    one_by_one = [app.scorer.one(model, customer_id).value for customer_id in ids[:20]]

    assert trained_on.value.notna().all()
    for values in (batch, online, past):
        np.testing.assert_allclose(values, trained_on.value, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(one_by_one, trained_on.value[:20], rtol=0, atol=TOLERANCE)


def test_reasons_are_the_same_online_and_at_night(app: App) -> None:
    moment = app.lake.today()
    ids = app.store.customers(moment)
    batch = app.score_log.batch("churn_60d", moment).execute().set_index("customer_id").reasons
    for score in app.scorer.many("churn_60d", ids, top_k=3):
        logged = json.loads(batch[score.customer_id])
        assert [reason["code"] for reason in logged] == [reason.code for reason in score.reasons]
        contributions = [reason.contribution for reason in score.reasons]
        assert [reason["contribution"] for reason in logged] == pytest.approx(contributions)


def test_a_lead_scores_the_same_at_capture_at_night_and_by_its_id(app: App) -> None:
    leads = app.lake_reader.open_leads(app.lake.today(), 30)
    night = app.score_log.batch("lead_score").execute().set_index("lead_id").value
    asked = app.scorer.many("lead_score", [lead.lead_id for lead in leads])
    captured = app.scorer.leads(leads)
    assert leads
    expected = night[[lead.lead_id for lead in leads]]
    np.testing.assert_allclose([s.value for s in asked], expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose([s.value for s in captured], expected, rtol=0, atol=TOLERANCE)


def test_a_lead_newer_than_the_night_scores_the_same_online_and_from_history(app: App) -> None:
    moment = app.lake.today()
    known = app.lake_reader.open_leads(moment, 30)[0]
    newest = replace(known, lead_id="new", created_at=moment + timedelta(hours=9))
    [online] = app.scorer.leads([newest])
    bundle = app.champions.get("lead_score")
    rows = lead_rows(app.store, bundle, [newest], as_captured=True)
    assert online.value == pytest.approx(bundle.predict(rows).value.iloc[0], abs=TOLERANCE)
