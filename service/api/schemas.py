"""What requests and responses hold; the score itself is `models_registry.score.Score`."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from models_registry.score import Lang, Score
from service.api import examples

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # what the lake believes; older ones are placeholders
LATEST = datetime(2200, 1, 1, tzinfo=UTC)  # well within what a frame of nanoseconds can hold
MAX_IDS = 1_000
MAX_REASONS = 20
MAX_ATTRIBUTES = 100

Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Moment = Annotated[
    AwareDatetime,
    Field(
        ge=EARLIEST,
        le=LATEST,
        json_schema_extra={"pattern": "^(199[0-9]|20[0-9]{2}|21[0-9]{2})-"},  # of EARLIEST, LATEST
    ),
]
Text = Annotated[str, StringConstraints(max_length=256)]
Attribute = str | bool | int | float | None
Explain = Literal["none", "top_k", "full"]
EXPLAIN = "`top_k` adds the strongest reasons to each score, `full` every reason there is."


def by_name(schema: JsonDict) -> None:
    """Say of a mapping whose keys fit a pattern that no other key fits, and what the values are.

    Pydantic leaves open what lies under the other keys, and clients are not made from patterns.
    """
    [(pattern, values)] = cast(JsonDict, schema.pop("patternProperties")).items()
    schema["propertyNames"] = {"pattern": pattern, "minLength": 1, "maxLength": 128}
    schema["additionalProperties"] = values


def _holds_half(said: Any) -> bool:
    try:
        orjson.dumps(said)
    except TypeError:  # also of larger numbers and deeper nests than it writes: the slow one knows
        try:
            json.dumps(said, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            return True
        except RecursionError:
            return False
    return False


class Request(BaseModel):
    """A request body: names it does not know are refused, so a typo is not lost."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _of_whole_characters(cls, said: Any) -> Any:
        """Refuse half a character, wherever it is: JSON may hold one, no answer or database can."""
        if _holds_half(said):
            raise ValueError("holds half a character: a surrogate without its other")
        return said


class Explained(Request):
    """A request that says how much to tell about each score."""

    explain: Explain = Field("none", description=EXPLAIN)
    top_k: int = Field(3, ge=1, le=MAX_REASONS, description="Reasons for each score, at most.")
    lang: Lang = Field("en", description="Language of the reasons' sentences.")

    @property
    def reasons(self) -> int | None:
        """Reasons wanted for each score; None for every one."""
        return {"none": 0, "top_k": self.top_k, "full": None}[self.explain]


class ScoreRequest(Explained):
    """Whom to score, and how much to say about it."""

    model_config = ConfigDict(json_schema_extra={"example": examples.SCORE_REQUEST})

    ids: Annotated[list[str], Field(min_length=1, max_length=MAX_IDS)] = Field(
        description="Customer ids; lead ids for `lead_score`. Answers keep this order."
    )


class ItemError(BaseModel):
    """Why one item of a request has no score."""

    code: str
    detail: str
    pointer: str = Field(description="JSON pointer into the request's body, as a URI fragment.")


class Unscored(BaseModel):
    """An item that could not be scored; the others were."""

    id: str | None = Field(description="The id as it was given.")
    error: ItemError


class ScoreResponse(BaseModel):
    """For each item asked for a score, or why there is none, in the order asked for."""

    model_config = ConfigDict(json_schema_extra={"example": examples.SCORE_RESPONSE})

    scores: list[Score | Unscored]


class HealthPart(BaseModel):
    """One part of the health score."""

    name: str
    points: float = Field(description="Points earned.")
    of: float = Field(description="Points this part can give.")
    reason: str


class CustomerHealth(BaseModel):
    """How well the relation with a customer stands; the parts add up to the score."""

    score: float = Field(ge=0, le=100)
    parts: list[HealthPart]
    policy_version: str


class CustomerScores(BaseModel):
    """All that is predicted of one customer."""

    model_config = ConfigDict(json_schema_extra={"example": examples.CUSTOMER_SCORES})

    customer_id: str
    scores: list[Score]
    without_champion: list[str] = Field(description="Models that have no champion yet.")
    health: CustomerHealth | None = Field(description="None until churn_60d has a champion.")


class AtRiskCustomer(BaseModel):
    """One customer on the at-risk list."""

    customer_id: str
    store_id: str | None = Field(description="The store visited most often.")
    risk: float = Field(description="Calibrated probability from the model asked for.")
    percentile: float | None
    band: str | None
    status: str
    value: float | None = Field(description="Expected spend of the next 90 days (clv_90d).")
    expected_loss: float | None = Field(description="`risk` times `value`.")
    reason: str | None = Field(description="The strongest reason that raises the risk.")


class AtRiskPage(BaseModel):
    """A page of the at-risk list of one nightly batch."""

    model_config = ConfigDict(json_schema_extra={"example": examples.AT_RISK_PAGE})

    model: str
    model_version: str
    as_of: datetime
    total: int | None = Field(None, description="Customers on the whole list, if asked for.")
    customers: list[AtRiskCustomer]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")


class LeadRequest(Request):
    """A prospect at the moment of capture."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LEAD_REQUEST})

    lead_id: Id | None = Field(None, description="Yours, if you have one: makes a retry safe.")
    created_at: Moment | None = Field(None, description="Moment of capture; now without it.")
    source: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    medium: Text | None = None
    campaign_id: Id | None = None
    ad_group: Text | None = None
    creative: Text | None = None
    store_id: Id | None = Field(None, description="The store the lead asked for or came from.")
    region: Text | None = None
    customer_id: Id | None = Field(None, description="If the lead is a known customer.")
    expires_at: Moment | None = Field(None, description="Moment it counts as lost.")
    attributes: Annotated[
        dict[Id, Attribute], Field(max_length=MAX_ATTRIBUTES, json_schema_extra=by_name)
    ] = {}

    @model_validator(mode="after")
    def _expires_after_creation(self) -> "LeadRequest":
        if self.created_at and self.expires_at and self.expires_at <= self.created_at:
            raise ValueError("expires_at must be later than created_at")
        return self


class TaskOut(BaseModel):
    """One thing to do for one customer or lead."""

    task_id: str
    rule: str
    customer_id: str | None
    lead_id: str | None
    staff_id: str | None
    store_id: str | None
    as_of: datetime
    due_at: datetime
    title: str
    reason: str
    policy_version: str
    status: str


class LeadScore(BaseModel):
    """The score a lead was given; all null while it is `unscored`."""

    value: float | None = Field(description="Probability that the lead converts.")
    percentile: float | None
    status: str | None
    model_version: str | None
    scored_at: datetime | None


class LeadGrade(BaseModel):
    """The letter a lead was given, and why."""

    letter: str
    reason: str
    policy_version: str


class LeadRoute(BaseModel):
    """Who has the lead, and why; without `staff_id` it waits in the head-office queue."""

    staff_id: str | None
    store_id: str | None
    reason: str
    policy_version: str
    assigned_at: datetime


class LeadResponse(BaseModel):
    """What became of a lead."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LEAD_RESPONSE})

    lead_id: str
    created_at: datetime
    score: LeadScore
    grade: LeadGrade
    route: LeadRoute
    task: TaskOut | None = Field(
        description="The follow-up made at capture; its reason begins with what speaks for it."
    )


class TaskPage(BaseModel):
    """A page of tasks, the soonest due first."""

    model_config = ConfigDict(json_schema_extra={"example": examples.TASK_PAGE})

    tasks: list[TaskOut]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Missing(BaseModel):
    """Something the service needs before it can answer everything."""

    what: str
    todo: str


class Readiness(BaseModel):
    """Whether every route can answer, and if not, what is missing."""

    model_config = ConfigDict(json_schema_extra={"example": examples.READINESS})

    ready: bool
    missing: list[Missing]
    degraded: list[Missing] = Field(
        description="What answers without something that is away or broken. No reason to ask"
        " another server; a reason to look."
    )
