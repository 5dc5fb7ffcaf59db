"""The examples of the schema's page are what the API really takes and gives."""

import pytest
from pydantic import BaseModel

from service.api import (
    contact_schemas,
    examples,
    job_examples,
    job_schemas,
    list_examples,
    list_schemas,
    people_examples,
    schemas,
    score_examples,
    score_schemas,
    session_schemas,
    webhook_examples,
    webhook_message_examples,
    webhook_messages,
    webhook_schemas,
    what_if_examples,
    what_if_schemas,
)


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (schemas.ScoreRequest, examples.SCORE_REQUEST),
        (schemas.ScoreResponse, examples.SCORE_RESPONSE),
        (what_if_schemas.WhatIfRequest, what_if_examples.WHAT_IF_REQUEST),
        (what_if_schemas.WhatIfResponse, what_if_examples.WHAT_IF_RESPONSE),
        (score_schemas.FeaturesRequest, score_examples.FEATURES_REQUEST),
        (score_schemas.FeaturesResponse, score_examples.FEATURES_RESPONSE),
        (job_schemas.ScoresJobRequest, job_examples.SCORES_JOB_REQUEST),
        (job_schemas.JobOut, job_examples.JOB),
        (schemas.CustomerScores, examples.CUSTOMER_SCORES),
        (schemas.AtRiskPage, examples.AT_RISK_PAGE),
        (list_schemas.CustomerPage, list_examples.CUSTOMER_PAGE),
        (list_schemas.LeadPage, list_examples.LEAD_PAGE),
        (schemas.LeadRequest, examples.LEAD_REQUEST),
        (schemas.LeadResponse, examples.LEAD_RESPONSE),
        (schemas.TaskPage, examples.TASK_PAGE),
        (schemas.Readiness, examples.READINESS),
        (session_schemas.LoginRequest, people_examples.LOGIN_REQUEST),
        (session_schemas.Me, people_examples.ME),
        (session_schemas.SessionOut, people_examples.SESSION),
        (contact_schemas.ContactRequest, people_examples.CONTACT_REQUEST),
        (contact_schemas.CustomerContacts, people_examples.CONTACTS),
        (contact_schemas.ContactSearch, people_examples.CONTACT_SEARCH),
        (contact_schemas.ContactMatches, people_examples.CONTACT_MATCHES),
        (webhook_schemas.EndpointRequest, webhook_examples.NEW_ENDPOINT),
        (webhook_schemas.EndpointChange, webhook_examples.CHANGE),
        (webhook_schemas.EndpointOut, webhook_examples.ENDPOINT),
        (webhook_schemas.EndpointWithSecret, webhook_examples.ENDPOINT_WITH_SECRET),
        (webhook_schemas.EndpointList, webhook_examples.ENDPOINTS),
        (webhook_schemas.DeliveryOut, webhook_examples.DELIVERY),
        (webhook_schemas.DeliveryPage, webhook_examples.DELIVERY_PAGE),
        (webhook_messages.BandChangedMessage, webhook_message_examples.BAND_CHANGED),
        (webhook_messages.LeadRoutedMessage, webhook_message_examples.LEAD_ROUTED),
        (webhook_messages.TaskCreatedMessage, webhook_message_examples.TASK_CREATED),
        (webhook_messages.DriftDetectedMessage, webhook_message_examples.DRIFT_DETECTED),
        (webhook_schemas.ReplayRequest, webhook_examples.REPLAY),
        (webhook_schemas.ReplayResponse, webhook_examples.REPLAYED),
    ],
)
def test_an_example_fits_its_schema_and_leaves_nothing_out(
    model: type[BaseModel], example: dict[str, object]
) -> None:
    read = model.model_validate(example)
    if not issubclass(model, schemas.Request):
        assert read.model_dump(mode="json") == example


def test_the_parts_of_the_example_add_up_to_its_health() -> None:
    health = schemas.CustomerScores.model_validate(examples.CUSTOMER_SCORES).health
    assert health is not None
    assert sum(part.points for part in health.parts) == pytest.approx(health.score, abs=1e-3)
