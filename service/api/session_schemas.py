"""What logging in takes, and what is said of whoever asks."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from service.api import people_examples as examples
from service.api.schemas import Request


class LoginRequest(Request):
    """Name and password of a user."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LOGIN_REQUEST})

    login: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    password: SecretStr = Field(min_length=1, max_length=256)


class Me(BaseModel):
    """Who asks, and what they may do and see."""

    model_config = ConfigDict(json_schema_extra={"example": examples.ME})

    who: str = Field(description="Id of the user or the key.")
    name: str
    role: str
    scopes: list[str]
    store_ids: list[str] = Field(description="Stores of the person; empty where none limit.")
    staff_id: str | None = Field(description="The person tasks and leads are given to.")
    contacts_in_clear: bool = Field(description="Whether phone numbers are shown unmasked.")
    policy_version: str
    csrf_token: str | None = Field(
        description="Send it in X-CSRF-Token with every change in this session; null for a key."
    )


class SessionOut(BaseModel):
    """A session just opened; its token is in the cookie alone."""

    model_config = ConfigDict(json_schema_extra={"example": examples.SESSION})

    me: Me
    expires_at: datetime = Field(description="It ends then, or earlier when nothing is asked.")
