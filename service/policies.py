"""The business policy of one tenant: every rule's typed defaults in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.crm.grading import GradePolicy
from service.crm.health import HealthPolicy
from service.crm.permissions import AccessPolicy
from service.crm.profit import ProfitPolicy
from service.crm.retention import RetentionPolicy
from service.crm.routing import RoutingPolicy
from service.crm.tasks import TaskPolicy
from service.keys import KeyPolicy
from service.privacy.normal import ContactPolicy
from service.serving_policy import ServingPolicy
from service.sessions import SessionPolicy


@dataclass(frozen=True)
class NightPolicy:
    """What the night scores and whom it looks at.

    Attributes
    ----------
    lead_days
        Open leads created within this many days before `as_of` are scored and routed.
    risk_model, value_model
        The models whose product ranks the retention list.
    explained
        The customer models whose scores are logged with reasons, which cost most of the time.
    reasons
        Reasons kept with each such score and with each lead's.
    """

    lead_days: int = 30
    risk_model: str = "churn_60d"
    value_model: str = "clv_90d"
    explained: tuple[str, ...] = ("churn_28d", "churn_60d")
    reasons: int = 3


@dataclass(frozen=True)
class Policies:
    """All policies a service runs under.

    Attributes
    ----------
    store_regions
        Region of each store, for leads that find nobody in their own store.
    """

    grade: GradePolicy = field(default_factory=GradePolicy)
    routing: RoutingPolicy = field(default_factory=RoutingPolicy)
    health: HealthPolicy = field(default_factory=HealthPolicy)
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    profit: ProfitPolicy = field(default_factory=ProfitPolicy)
    tasks: TaskPolicy = field(default_factory=TaskPolicy)
    night: NightPolicy = field(default_factory=NightPolicy)
    access: AccessPolicy = field(default_factory=AccessPolicy)
    keys: KeyPolicy = field(default_factory=KeyPolicy)
    sessions: SessionPolicy = field(default_factory=SessionPolicy)
    contacts: ContactPolicy = field(default_factory=ContactPolicy)
    serving: ServingPolicy = field(default_factory=ServingPolicy)
    store_regions: Mapping[str, str] = field(default_factory=dict)
