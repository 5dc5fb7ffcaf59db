"""What the features of a lead look back over, and how much a small group of leads is believed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeadPolicy:
    """Windows and strengths behind the features of a lead.

    Attributes
    ----------
    zone
        IANA time zone of the hour and weekday of capture.
    touch_days, contact_days
        Lengths in days of the windows that interactions and campaign contacts are counted in;
        ascending.
    prior_conversions
        How many expected conversions at the overall rate are added to every group: a group that
        would have had that many by now, were it like all others, is believed half. Counted in
        conversions and not in leads, because where few convert a handful of leads tells nothing.
    """

    zone: str = "UTC"
    touch_days: tuple[int, ...] = (1, 7, 30)
    contact_days: tuple[int, ...] = (30, 90)
    prior_conversions: float = 10.0


POLICY = LeadPolicy()

GROUPS = {
    "source": "source",
    "medium": "medium",
    "campaign": "campaign_id",
    "ad_group": "ad_group",
    "creative": "creative",
    "region": "region",
    "store": "store_id",
}
"""What leads are grouped by: the word in a feature's name -> the column of the lake."""
