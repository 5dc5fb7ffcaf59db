"""The columns of the board: what one night says of one customer."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from service.predicates.columns import Columns, columns_of

Number = float | None
Text = str | None

_RANK = "Share (0 to 100) of the model's reference population at or below it."
_BAND = "Fixed cut of the probability, such as `high`."
_STATUS = "How far it can be trusted: `ok`, `cold_start` or `stale`."


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as of one nightly batch; a model without scores that night leaves nulls."""

    customer_id: Annotated[str, Field(description="The customer.")]
    store_id: Annotated[Text, Field(description="The store recorded, else visited most often.")]
    churn_28d: Annotated[Number, Field(description="Probability to buy nothing in 28 days.")]
    churn_28d_percentile: Annotated[Number, Field(description=_RANK)]
    churn_28d_band: Annotated[Text, Field(description=_BAND)]
    churn_28d_status: Annotated[Text, Field(description=_STATUS)]
    churn_60d: Annotated[Number, Field(description="Probability to buy nothing in 60 days.")]
    churn_60d_percentile: Annotated[Number, Field(description=_RANK)]
    churn_60d_band: Annotated[Text, Field(description=_BAND)]
    churn_60d_status: Annotated[Text, Field(description=_STATUS)]
    next_purchase_days: Annotated[Number, Field(description="Days until the next purchase.")]
    next_purchase_low_days: Annotated[Number, Field(description="Lower end of their interval.")]
    next_purchase_high_days: Annotated[Number, Field(description="Upper end of their interval.")]
    next_purchase_percentile: Annotated[Number, Field(description=_RANK)]
    next_purchase_status: Annotated[Text, Field(description=_STATUS)]
    value_90d: Annotated[Number, Field(description="Expected spend of the next 90 days.")]
    value_90d_percentile: Annotated[Number, Field(description=_RANK)]
    value_90d_status: Annotated[Text, Field(description=_STATUS)]
    expected_loss: Annotated[Number, Field(description="`churn_60d` times `value_90d`.")]
    recency_days: Annotated[
        Number, Field(description="Days since the last purchase, if a model of the night reads it.")
    ]


CUSTOMER_COLUMNS: Columns = columns_of(CustomerRow)
CUSTOMER_ID = CUSTOMER_COLUMNS["customer_id"].column
