"""Who calls a lead: the home store first, then its region, then the head-office queue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.crm.grading import Letter
from service.crm.staff import Role, Staff, least_loaded


@dataclass(frozen=True, slots=True)
class RoutingPolicy:
    """How leads find their person.

    Attributes
    ----------
    roles
        Who is asked at each place, in order; a later role helps out when the earlier is full.
    beyond_store
        Whether a lead may leave its full home store for another store of the region.
    """

    version: str = "routing-1"
    roles: tuple[Role, ...] = ("guide", "manager")
    beyond_store: bool = True


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What routing knows of a lead.

    Attributes
    ----------
    store_id
        The store the lead asked for or came from.
    region
        Where the lead lives; the region of its store stands in when it is missing.
    expires_at
        Moment the lead counts as lost; a follow-up is never due later.
    """

    lead_id: str
    store_id: str | None
    region: str | None
    grade: Letter
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where a lead goes; without `staff_id` it waits in the head-office queue."""

    lead_id: str
    staff_id: str | None
    store_id: str | None
    reason: str
    policy_version: str


def route(
    lead: LeadFacts,
    staff: Sequence[Staff],
    load: Mapping[str, int],
    policy: RoutingPolicy,
    store_regions: Mapping[str, str],
) -> Route:
    """Return who takes one lead.

    Parameters
    ----------
    load
        Open leads by `staff_id`.
    store_regions
        Region of each store; a store may be missing.
    """
    passed: list[str] = []
    for place, team in _places(lead, staff, policy, store_regions):
        chosen = least_loaded(team, load, policy.roles)
        if chosen is not None:
            reason = "; ".join([*passed, _chosen_because(place, chosen, load, policy)])
            return Route(lead.lead_id, chosen.staff_id, chosen.store_id, reason, policy.version)
        passed.append(f"everyone in {place} is full" if team else f"nobody works in {place}")
    why = "; ".join(passed) or "neither store nor region is known"
    return Route(lead.lead_id, None, None, f"{why}; goes to the head-office queue", policy.version)


def route_all(
    leads: Iterable[LeadFacts],
    staff: Sequence[Staff],
    load: Mapping[str, int],
    policy: RoutingPolicy,
    store_regions: Mapping[str, str],
) -> list[Route]:
    """Return one route for each lead, best grades first, each seeing the load the former left."""
    loads = dict(load)
    routes: list[Route] = []
    for lead in sorted(leads, key=lambda lead: (lead.grade, lead.lead_id)):
        routes.append(route(lead, staff, loads, policy, store_regions))
        staff_id = routes[-1].staff_id
        if staff_id is not None:
            loads[staff_id] = loads.get(staff_id, 0) + 1
    return routes


def _places(
    lead: LeadFacts,
    staff: Sequence[Staff],
    policy: RoutingPolicy,
    store_regions: Mapping[str, str],
) -> Iterator[tuple[str, list[Staff]]]:
    if lead.store_id is not None:
        yield f"store {lead.store_id}", [s for s in staff if s.store_id == lead.store_id]
        if not policy.beyond_store:
            return
    region = lead.region or store_regions.get(lead.store_id or "")
    if region:
        place = f"the other stores of region {region}" if lead.store_id else f"region {region}"
        yield (
            place,
            [
                person
                for person in staff
                if store_regions.get(person.store_id) == region and person.store_id != lead.store_id
            ],
        )


def _chosen_because(
    place: str, chosen: Staff, load: Mapping[str, int], policy: RoutingPolicy
) -> str:
    held = f"{load.get(chosen.staff_id, 0)} of {chosen.capacity} leads"
    helping = f", as every {policy.roles[0]} is full" if chosen.role != policy.roles[0] else ""
    return f"{chosen.name} in {place} has the most room ({held}){helping}"
