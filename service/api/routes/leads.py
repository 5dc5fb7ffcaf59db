"""Capture of leads."""

from fastapi import APIRouter, Depends, Request, Response, status

from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.idempotency import IDEMPOTENT, new_id
from service.api.problem_docs import problems
from service.api.schemas import (
    LeadGrade,
    LeadRequest,
    LeadResponse,
    LeadRoute,
    LeadScore,
    TaskOut,
)
from service.keys import Scope
from service.leads import LeadAnswer
from service.repository.rows import LeadRecord

router = APIRouter(tags=["leads"], dependencies=[Depends(needs(Scope.LEADS_WRITE))])


@router.post(
    "/leads",
    operation_id="capture_lead",
    summary="Capture a lead: score, grade and route it at once",
    status_code=status.HTTP_201_CREATED,
    dependencies=[IDEMPOTENT],
    responses={
        200: {"model": LeadResponse, "description": "The lead was there already; its first answer"},
        **problems(400, 409, 413),
    },
)
def capture(
    asked: LeadRequest,
    request: Request,
    response: Response,
    app: CurrentApp,
    sight: CurrentSight,
) -> LeadResponse:
    """Store a lead with its score, its grade and the person who has it, each with a reason.

    Nothing is silently unassigned: a lead nobody can take goes to the head-office queue and says
    why, and one that cannot be scored yet is graded and routed all the same. A `lead_id` makes a
    retry safe: the second answer is the first one, with status 200. Phone numbers and e-mail
    addresses among the attributes are kept encrypted, apart from the lead.
    """
    chosen = asked.model_dump(exclude={"lead_id", "created_at"})
    lead = LeadRecord(
        **chosen,
        lead_id=asked.lead_id or new_id(request),
        created_at=asked.created_at or app.clock(),
    )
    sight.require_capture(lead)
    answer = app.leads.capture(lead)
    if not answer.created:
        sight.require_known_lead(lead.lead_id)
        response.status_code = status.HTTP_200_OK
    sight.saw("lead", [lead.lead_id])
    return _said(answer)


def _said(answer: LeadAnswer) -> LeadResponse:
    lead, assignment = answer.lead, answer.assignment
    return LeadResponse(
        lead_id=lead.lead_id,
        created_at=lead.created_at,
        score=LeadScore.model_validate(lead, from_attributes=True),
        grade=LeadGrade.model_validate(answer.grade, from_attributes=True),
        route=LeadRoute.model_validate(assignment, from_attributes=True),
        task=TaskOut.model_validate(answer.task, from_attributes=True) if answer.task else None,
    )
