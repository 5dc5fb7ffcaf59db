"""Models of one training run are promoted together and served together."""

from hypothesis import given
from hypothesis import strategies as st

from models_registry.families import Named, Standing, exchanged, siblings, torn

MEMBERS = ("churn_28d", "churn_60d", "next_purchase")
EVERY = {
    "churn_28d": {"1": "a", "2": "b", "3": "", "4": "b"},
    "churn_60d": {"1": "a", "2": "b", "3": "b"},
    "next_purchase": {"1": "a", "5": "b", "6": "b"},
    "clv_90d": {"1": "", "2": ""},
}


def of(family: str, *models: str, version: str = "1") -> dict[str, Named]:
    return {model: Named(version, family) for model in models}


def test_a_version_of_no_family_goes_alone() -> None:
    assert siblings("churn_28d", "3", EVERY) == {"churn_28d": "3"}
    assert siblings("clv_90d", "2", EVERY) == {"clv_90d": "2"}


def test_a_version_takes_its_siblings_along() -> None:
    together = {"churn_28d": "1", "churn_60d": "1", "next_purchase": "1"}
    assert all(siblings(model, "1", EVERY) == together for model in MEMBERS)


def test_of_a_run_repeated_the_newest_goes_with_the_newest() -> None:
    again = {"churn_28d": "4", "churn_60d": "3", "next_purchase": "6"}
    assert siblings("churn_60d", "3", EVERY) == again
    first = {"churn_28d": "2", "churn_60d": "2", "next_purchase": "5"}
    assert siblings("next_purchase", "5", EVERY) == first


def test_a_family_is_torn_when_a_member_is_not_champion() -> None:
    assert torn(of("a", *MEMBERS) | of("", "clv_90d"), EVERY) == frozenset()
    assert torn(of("a", "churn_28d") | of("b", "churn_60d", "next_purchase"), EVERY) == {"a", "b"}
    assert torn(of("a", "churn_28d", "churn_60d"), EVERY) == {"a"}


def test_a_mixture_keeps_what_was_served_and_others_go_on() -> None:
    old = of("a", *MEMBERS) | of("", "clv_90d")
    new = of("a", "churn_60d", "next_purchase") | of("b", "churn_28d", version="2")
    new |= of("", "clv_90d", version="2")
    served = exchanged(old, Standing(new, {}, torn(new, EVERY)))
    assert served == of("a", *MEMBERS) | of("", "clv_90d", version="2")


def test_a_return_to_models_of_no_family_waits_for_the_last() -> None:
    old = of("a", *MEMBERS)
    half = of("a", "churn_60d", "next_purchase") | of("", "churn_28d", version="3")
    assert exchanged(old, Standing(half, {}, torn(half, EVERY))) == old
    whole = of("", *MEMBERS, version="3")
    assert exchanged(old, Standing(whole, {}, torn(whole, EVERY))) == whole


def test_without_anything_before_a_mixture_is_served() -> None:
    mixed = of("a", "churn_28d") | of("b", "churn_60d")
    assert exchanged({}, Standing(mixed, {}, torn(mixed, EVERY))) == mixed


def test_a_member_that_cannot_be_loaded_keeps_its_siblings() -> None:
    old, new = of("a", *MEMBERS), of("b", *MEMBERS, version="2")
    old, new = old | of("", "clv_90d"), new | of("", "clv_90d", version="2")
    served = exchanged(old, Standing(new, {}), frozenset({"next_purchase"}))
    assert served == of("a", *MEMBERS) | of("", "clv_90d", version="2")


def test_a_champion_that_lost_its_name_goes_on() -> None:
    assert exchanged(of("", "clv_90d"), Standing({}, {})) == of("", "clv_90d")


@given(st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from("abc")), max_size=20))
def test_one_name_moved_after_the_other_never_serves_a_mixture(
    moves: list[tuple[str, str]],
) -> None:
    every = {model: {"1": "a", "2": "b", "3": "c"} for model in MEMBERS}
    names = of("a", *MEMBERS)
    served = dict(names)
    for model, family in moves:
        names = names | of(family, model, version=str("abc".index(family) + 1))
        served = exchanged(served, Standing(names, {}, torn(names, every)))
        assert len({named.family for named in served.values()}) == 1
        if len({named.family for named in names.values()}) == 1:
            assert served == names
