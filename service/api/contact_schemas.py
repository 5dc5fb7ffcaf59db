"""What the contacts routes take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.api import people_examples as examples
from service.api.schemas import Request

ContactKind = Literal["phone", "email"]
Value = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class ContactRequest(Request):
    """The new phone number or e-mail address."""

    model_config = ConfigDict(json_schema_extra={"example": examples.CONTACT_REQUEST})

    value: Value


class ContactOut(BaseModel):
    """One contact; `value` is masked for those who may not read it."""

    label: str = Field(description="Its kind, or the attribute of a lead it came with.")
    kind: ContactKind
    value: str
    updated_at: datetime


class CustomerContacts(BaseModel):
    """The contacts of one customer."""

    model_config = ConfigDict(json_schema_extra={"example": examples.CONTACTS})

    customer_id: str
    contacts: list[ContactOut]


class ContactSearch(Request):
    """What to look for; it is in the body so that no log of addresses holds it."""

    model_config = ConfigDict(json_schema_extra={"example": examples.CONTACT_SEARCH})

    kind: ContactKind
    value: Value


class ContactMatch(BaseModel):
    """Somebody who has this contact."""

    subject_kind: Literal["customer", "lead"]
    subject_id: str
    label: str


class ContactMatches(BaseModel):
    """Everybody you may see who has this contact."""

    model_config = ConfigDict(json_schema_extra={"example": examples.CONTACT_MATCHES})

    matches: list[ContactMatch]
