"""What the repositories take and give: plain records without SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


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
