from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.crm.routing import LeadFacts, Route, RoutingPolicy, route, route_all
from service.crm.staff import Staff

POLICY = RoutingPolicy()
REGIONS = {"1": "north", "2": "north", "3": "south"}


def guide(store: str, number: int, capacity: int = 2) -> Staff:
    return Staff(f"{store}-g{number}", store, "guide", f"Store {store} guide {number}", capacity)


def manager(store: str, capacity: int = 2) -> Staff:
    return Staff(f"{store}-m", store, "manager", f"Store {store} manager", capacity)


def lead(store: str | None = "1", region: str | None = None, lead_id: str = "L1") -> LeadFacts:
    return LeadFacts(lead_id, store, region, "B")


def routed(facts: LeadFacts, staff: list[Staff], load: dict[str, int] | None = None) -> Route:
    return route(facts, staff, load or {}, POLICY, REGIONS)


stores = st.sampled_from(["1", "2", "3", "4"])
people = st.lists(
    st.builds(
        lambda store, role, number, capacity: Staff(
            f"{store}-{role}-{number}", store, role, f"{role} {number}", capacity
        ),
        stores,
        st.sampled_from(["guide", "manager"]),
        st.integers(0, 3),
        st.integers(0, 4),
    ),
    unique_by=lambda person: person.staff_id,
    max_size=12,
)
leads = st.lists(
    st.builds(
        LeadFacts,
        st.uuids().map(str),
        st.none() | stores,
        st.none() | st.sampled_from(["north", "south", "west"]),
        st.sampled_from("ABCD"),
    ),
    unique_by=lambda facts: facts.lead_id,
    max_size=30,
)


@given(leads, people)
def test_no_lead_is_ever_lost_and_an_unassigned_one_says_where_it_goes(
    found: list[LeadFacts], staff: list[Staff]
) -> None:
    routes = route_all(found, staff, {}, POLICY, REGIONS)
    assert sorted(r.lead_id for r in routes) == sorted(facts.lead_id for facts in found)
    assert all(r.staff_id or "goes to the head-office queue" in r.reason for r in routes)


@given(leads, people)
def test_nobody_gets_more_than_capacity(found: list[LeadFacts], staff: list[Staff]) -> None:
    taken = Counter(r.staff_id for r in route_all(found, staff, {}, POLICY, REGIONS))
    assert all(taken[person.staff_id] <= person.capacity for person in staff)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_load_relative_to_capacity_stays_balanced(
    capacities: list[int], data: st.DataObject
) -> None:
    team = [guide("1", number, capacity) for number, capacity in enumerate(capacities)]
    count = data.draw(st.integers(0, sum(capacities)))
    found = [lead(lead_id=f"L{number}") for number in range(count)]
    taken = Counter(r.staff_id for r in route_all(found, team, {}, POLICY, REGIONS))
    fullest = max(taken[person.staff_id] / person.capacity for person in team)
    next_up = min((taken[person.staff_id] + 1) / person.capacity for person in team)
    assert fullest <= next_up


@given(leads, people, st.randoms())
def test_the_order_of_leads_and_staff_changes_nothing(
    found: list[LeadFacts], staff: list[Staff], random: Random
) -> None:
    mixed_leads, mixed_staff = list(found), list(staff)
    random.shuffle(mixed_leads)
    random.shuffle(mixed_staff)
    assert route_all(found, staff, {}, POLICY, REGIONS) == route_all(
        mixed_leads, mixed_staff, {}, POLICY, REGIONS
    )


def test_the_home_store_comes_first_even_when_others_are_idle() -> None:
    chosen = routed(lead("1"), [guide("1", 1), guide("2", 1)], {"1-g1": 1})
    assert (chosen.staff_id, chosen.store_id) == ("1-g1", "1")
    assert chosen.reason == "Store 1 guide 1 in store 1 has the most room (1 of 2 leads)"


def test_the_manager_helps_out_only_when_every_guide_is_full() -> None:
    team = [guide("1", 1), manager("1")]
    assert routed(lead(), team, {"1-g1": 1}).staff_id == "1-g1"
    helped = routed(lead(), team, {"1-g1": 2})
    assert helped.staff_id == "1-m"
    assert helped.reason.endswith("as every guide is full")


def test_a_full_store_passes_the_lead_to_another_store_of_its_region() -> None:
    team = [guide("1", 1), guide("2", 1), guide("3", 1)]
    passed = routed(lead("1"), team, {"1-g1": 2})
    assert passed.staff_id == "2-g1"
    assert passed.reason.startswith("everyone in store 1 is full; ")


def test_a_lead_without_a_store_goes_to_its_region() -> None:
    assert routed(lead(None, "south"), [guide("1", 1), guide("3", 1)]).staff_id == "3-g1"


def test_head_office_gets_what_nobody_can_take_and_learns_why() -> None:
    assert routed(lead("4", "west"), [guide("1", 1)]) == Route(
        "L1",
        None,
        None,
        "nobody works in store 4; nobody works in the other stores of region west;"
        " goes to the head-office queue",
        "routing-1",
    )
    assert routed(lead(None, None), [guide("1", 1)]).reason == (
        "neither store nor region is known; goes to the head-office queue"
    )


def test_a_policy_can_keep_leads_in_their_store() -> None:
    staying = replace(POLICY, beyond_store=False)
    kept = route(lead("1"), [guide("1", 1), guide("2", 1)], {"1-g1": 2}, staying, REGIONS)
    assert kept.staff_id is None


def test_the_best_grades_are_routed_first() -> None:
    found = [replace(lead(lead_id="a"), grade="D"), replace(lead(lead_id="b"), grade="A")]
    routes = route_all(found, [guide("1", 1, capacity=1)], {}, POLICY, REGIONS)
    assert [(r.lead_id, r.staff_id) for r in routes] == [("b", "1-g1"), ("a", None)]
