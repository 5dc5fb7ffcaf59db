"""What the lists of customers and leads answer; a row is the record it is read as."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.api import list_examples
from service.customer_row import CustomerRow
from service.repository.rows import LeadLine


class CustomerPage(BaseModel):
    """A page of the customers of one nightly batch."""

    model_config = ConfigDict(json_schema_extra={"example": list_examples.CUSTOMER_PAGE})

    as_of: datetime
    model_versions: Mapping[str, str] = Field(description="The version of each model that scored.")
    compared_with: datetime | None = Field(
        description="With `changed_since`: the batch then; null if there was none."
    )
    total: int | None = Field(description="Customers on the whole list, if asked for.")
    customers: list[CustomerRow]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")


class LeadPage(BaseModel):
    """A page of leads."""

    model_config = ConfigDict(json_schema_extra={"example": list_examples.LEAD_PAGE})

    total: int | None = Field(description="Leads on the whole list, if asked for.")
    leads: list[LeadLine]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")
