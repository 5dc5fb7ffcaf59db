"""Laws of the permissions: what holds for every role, scope and row."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.crm.masking import mask_email, mask_phone
from service.crm.permissions import (
    AccessPolicy,
    Role,
    Scope,
    Subject,
    Viewer,
    bounds,
    clear,
    granted,
    masked,
    may,
    misfit,
    visible,
)

POLICY = AccessPolicy()
STORES = st.frozensets(st.sampled_from(["1", "2", "3"]))
PEOPLE = st.frozensets(st.sampled_from(["g1", "g2", "m1"]))
SUBJECTS = st.builds(Subject, STORES, PEOPLE)
RECORD = {"customer_id": "818", "phone": "+8613812345678", "email": "mei@example.com", "kind": 3}


@st.composite
def viewers(draw: st.DrawFn) -> Viewer:
    role = draw(st.sampled_from(Role))
    asked = draw(st.none() | st.frozensets(st.sampled_from(Scope)))
    stores = frozenset() if role is Role.HEAD_OFFICE else draw(STORES)
    staff = draw(st.none() | st.sampled_from(["g1", "g2", "m1"]))
    return Viewer("u1", "somebody", role, granted(role, asked, POLICY), stores, staff)


@given(viewers(), st.sampled_from(Scope), SUBJECTS)
def test_nobody_sees_or_may_more_by_losing_a_scope(
    viewer: Viewer, lost: Scope, subject: Subject
) -> None:
    less = replace(viewer, scopes=viewer.scopes - {lost})
    assert {s for s in Scope if may(less, s)} <= {s for s in Scope if may(viewer, s)}
    assert visible(less, subject, POLICY) <= visible(viewer, subject, POLICY)
    assert clear(less, POLICY) <= clear(viewer, POLICY)


@given(viewers(), st.sampled_from(Scope))
def test_nobody_is_granted_what_the_role_lacks(viewer: Viewer, scope: Scope) -> None:
    if may(viewer, scope):
        assert POLICY.roles[viewer.role].scopes & {scope, Scope.ADMIN}


@given(viewers(), SUBJECTS)
def test_head_office_sees_all_and_a_row_of_nobody_is_seen_by_the_unlimited_alone(
    viewer: Viewer, subject: Subject
) -> None:
    if viewer.role is Role.HEAD_OFFICE:
        assert visible(viewer, subject, POLICY)
    assert visible(viewer, Subject(), POLICY) == bounds(viewer, POLICY).unlimited


@given(viewers(), SUBJECTS, STORES, PEOPLE)
def test_a_row_does_not_vanish_by_gaining_a_store_or_a_person(
    viewer: Viewer, subject: Subject, stores: frozenset[str], people: frozenset[str]
) -> None:
    more = Subject(subject.store_ids | stores, subject.staff_ids | people)
    assert visible(viewer, subject, POLICY) <= visible(viewer, more, POLICY)


@given(viewers(), SUBJECTS)
def test_managers_see_their_stores_and_guides_those_assigned(
    viewer: Viewer, subject: Subject
) -> None:
    seen = visible(viewer, subject, POLICY)
    if viewer.role is Role.STORE_MANAGER:
        assert seen == bool(viewer.store_ids & subject.store_ids)
    if viewer.role is Role.GUIDE:
        assert seen == (viewer.staff_id in subject.staff_ids)


@given(viewers())
def test_masking_hides_contacts_from_those_who_may_not_read_them(viewer: Viewer) -> None:
    shown = masked(viewer, RECORD, POLICY)
    assert (shown == RECORD) == clear(viewer, POLICY)
    assert masked(viewer, shown, POLICY) == shown
    assert {name: shown[name] for name in ("customer_id", "kind")} == {
        "customer_id": "818",
        "kind": 3,
    }


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from([mask_phone, mask_email]))
def test_a_mask_never_gives_the_value_and_masks_once(value: str, mask: object) -> None:
    assert callable(mask)
    hidden = mask(value)
    assert mask(hidden) == hidden
    assert "***" in hidden or set(hidden) == {"*"}


def test_masks_look_as_shops_know_them() -> None:
    assert mask_phone("+8613812345678") == "+86138****5678"
    assert mask_phone("12345") == "*****"
    assert mask_email("mei@qq.com") == "m***@qq.com"
    assert mask_email("m@qq.com") == "***@qq.com"
    assert mask_email("nothing") == "***"


@pytest.mark.parametrize(
    ("role", "stores", "staff"),
    [
        (Role.STORE_MANAGER, [], None),
        (Role.GUIDE, ["1"], None),
        (Role.GUIDE, [], "g1"),
        (Role.HEAD_OFFICE, ["1"], None),
    ],
)
def test_a_role_that_lacks_what_it_goes_by_is_refused(
    role: Role, stores: list[str], staff: str | None
) -> None:
    assert misfit(role, stores, staff)
    assert misfit(Role.SERVICE, stores, staff) is None
