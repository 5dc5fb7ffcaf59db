"""What the repositories take and give: plain records without SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import Field

from service.predicates.columns import Columns, columns_of


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as stored: the secret only as a hash.

    Attributes
    ----------
    hash
        Argon2 hash of the secret.
    expires_at, revoked_at
        Moments from which the key no longer holds; None if there is none.
    role, store_ids, staff_id
        Whose rows the key sees; see `service.crm.permissions`.
    last_used_at
        The last use that was noted, at most a minute before the last one; None if never used.
    """

    key_id: str
    hash: str
    scopes: frozenset[str]
    name: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    role: str = "service"
    store_ids: frozenset[str] = frozenset()
    staff_id: str | None = None
    last_used_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether it is neither revoked nor expired at a moment."""
        ends = (self.revoked_at, self.expires_at)
        return all(end is None or at < end for end in ends)


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """A lead as captured, with the score and grade it was given.

    Attributes
    ----------
    value, status, model_version, scored_at
        The score's; None while not scored.
    """

    lead_id: str
    created_at: datetime
    source: str
    medium: str | None = None
    campaign_id: str | None = None
    ad_group: str | None = None
    creative: str | None = None
    store_id: str | None = None
    region: str | None = None
    customer_id: str | None = None
    expires_at: datetime | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    value: float | None = None
    percentile: float | None = None
    grade: str | None = None
    status: str | None = None
    model_version: str | None = None
    scored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One lead on the list of leads: what was captured, its score and who has it."""

    lead_id: Annotated[str, Field(description="The lead.")]
    created_at: Annotated[datetime, Field(description="Moment of capture.")]
    source: Annotated[str, Field(description="Where it came from.")]
    medium: Annotated[str | None, Field(description="Through which medium.")]
    campaign_id: Annotated[str | None, Field(description="Of which campaign.")]
    ad_group: Annotated[str | None, Field(description="Of which group of advertisements.")]
    creative: Annotated[str | None, Field(description="Which advertisement.")]
    store_id: Annotated[str | None, Field(description="The store it asked for or came from.")]
    region: Annotated[str | None, Field(description="The region it asked for or came from.")]
    customer_id: Annotated[str | None, Field(description="The customer it is, if known.")]
    expires_at: Annotated[datetime | None, Field(description="Moment it counts as lost.")]
    value: Annotated[float | None, Field(description="Probability that it converts.")]
    percentile: Annotated[float | None, Field(description="Share (0 to 100) of leads at or below.")]
    grade: Annotated[str | None, Field(description="`A` (call first) to `D`.")]
    status: Annotated[str | None, Field(description="How far the score can be trusted.")]
    model_version: Annotated[str | None, Field(description="Version of the model that scored it.")]
    scored_at: Annotated[datetime | None, Field(description="Moment it was scored.")]
    staff_id: Annotated[str | None, Field(description="Who has it; null in the head-office queue.")]
    assigned_store_id: Annotated[str | None, Field(description="The store that has it.")]
    assigned_at: Annotated[datetime | None, Field(description="Moment it was given to them.")]
    closed_at: Annotated[datetime | None, Field(description="Moment it was decided or ran out.")]


LEAD_COLUMNS: Columns = columns_of(LeadLine)
LEAD_ID = LEAD_COLUMNS["lead_id"].column


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has a lead; without `staff_id` it waits in the head-office queue.

    Attributes
    ----------
    closed_at
        Moment from which it no longer counts as load.
    """

    lead_id: str
    staff_id: str | None
    store_id: str | None
    reason: str
    policy_version: str
    assigned_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One customer on one list."""

    rule: str
    as_of: datetime
    customer_id: str
    rank: int
    group: str
    store_id: str | None
    expected_loss: float
    reason: str
    policy_version: str
