"""What-if: the score of a customer with other inputs."""

from fastapi import APIRouter, Depends

from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.problem_docs import problems
from service.api.what_if_schemas import WhatIfRequest, WhatIfResponse
from service.keys import Scope

router = APIRouter(tags=["scores"], dependencies=[Depends(needs(Scope.SCORES_READ))])


@router.post(
    "/scores/churn/what-if",
    operation_id="what_if",
    summary="What the churn score would be if some features were others",
    responses=problems(400, 404, 413),
)
def what_if(asked: WhatIfRequest, app: CurrentApp, sight: CurrentSight) -> WhatIfResponse:
    """Return one customer's score as it is, with the changes, and what each change does.

    This changes what the model reads, not the world: it says how the score depends on its inputs,
    not what an action would bring about (a holdout group tells that). Features that go together
    with a changed one stay as they are unless they are changed too; `left_as_is` names those
    that nearly say the same. Changes may describe a customer who cannot exist.

    Nobody was given this score, so it is not logged as one. A feature the model does not read is
    refused, with the names it reads.
    """
    sight.require_customer(asked.customer_id)
    answer = app.scorer.what_if(
        asked.model, asked.customer_id, asked.changes, top_k=asked.top_k, lang=asked.lang
    )
    sight.saw("customer", [asked.customer_id])
    return WhatIfResponse.model_validate(answer, from_attributes=True)
