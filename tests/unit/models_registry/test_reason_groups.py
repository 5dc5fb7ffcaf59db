"""Near-duplicate features speak once, and nothing is lost on the way."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models_registry.bundle import Bundle
from models_registry.errors import BundleError
from models_registry.groups import grouped, positions
from models_registry.meta import Meta
from models_registry.reasons import ReasonPolicy
from tests.unit.models_registry.small_bundles import churn, customers, next_purchase, value

EVERYTHING = ReasonPolicy(min_share=0.0)
PAIR = (("ipt_median", "recency_days"),)
BUNDLES = [churn(), next_purchase(), value()]

names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True)


def with_groups(bundle: Bundle, groups: tuple[tuple[str, ...], ...]) -> Bundle:
    return Bundle(replace(bundle.meta, groups=groups), bundle.boosters)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[np.ndarray, list[str], tuple[tuple[str, ...], ...]]:
    """Contributions, the features they belong to, and groups of some of them."""
    features = draw(names)
    parts = draw(hnp.arrays(np.float64, (3, len(features)), elements=st.floats(-9, 9, width=32)))
    cuts = draw(st.lists(st.integers(0, len(features)), max_size=3).map(sorted))
    shuffled = draw(st.permutations(features))
    pieces = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(features)], strict=True)]
    return parts, features, tuple(tuple(piece) for piece in pieces if len(piece) > 1)


@given(drawn())
def test_every_feature_is_in_one_group_and_the_sum_stays(
    case: tuple[np.ndarray, list[str], tuple[tuple[str, ...], ...]],
) -> None:
    parts, features, groups = case
    members = positions(features, groups)
    assert sorted(place for each in members for place in each) == list(range(len(features)))
    found = grouped(parts, features, groups)
    assert found.sums.shape == found.speakers.shape == (3, len(members))
    np.testing.assert_allclose(found.sums.sum(axis=1), parts.sum(axis=1), atol=1e-9)


@given(drawn())
def test_the_speaker_is_the_member_that_pushes_hardest_the_way_of_the_sum(
    case: tuple[np.ndarray, list[str], tuple[tuple[str, ...], ...]],
) -> None:
    parts, features, groups = case
    found = grouped(parts, features, groups)
    for at, members in enumerate(positions(features, groups)):
        for row, own in enumerate(parts):
            total, speaker = found.sums[row, at], found.speakers[row, at]
            assert speaker in members
            if total != 0:
                agreeing = [own[place] for place in members if own[place] * total > 0]
                assert abs(own[speaker]) == max(map(abs, agreeing))
                assert own[speaker] * total > 0


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.meta.model)
@pytest.mark.parametrize("groups", [(), PAIR, ((*PAIR[0], "active_days"),)], ids=len)
def test_all_reasons_and_the_base_add_up_to_the_raw_margin(
    bundle: Bundle, groups: tuple[tuple[str, ...], ...]
) -> None:
    frame = customers().query("active_days >= 3").reset_index(drop=True)
    told = with_groups(bundle, groups).explain(frame, len(bundle.meta.features), policy=EVERYTHING)
    base = bundle.contributions(frame)[:, -1]
    said = np.array([sum(reason.contribution for reason in reasons) for reasons in told])
    np.testing.assert_allclose(said + base, bundle.predict(frame)["margin"], rtol=1e-9)


def test_a_group_gives_one_reason_and_another_takes_the_place_left() -> None:
    frame = customers().query("active_days >= 3").reset_index(drop=True)
    plain = churn().explain(frame, 2, policy=EVERYTHING)
    once = with_groups(churn(), PAIR).explain(frame, 2, policy=EVERYTHING)
    both = [{reason.feature for reason in reasons} == set(PAIR[0]) for reasons in plain]
    assert any(both)
    for reasons in once:
        assert len(reasons) == 2
        assert len({reason.feature for reason in reasons} & set(PAIR[0])) <= 1
        assert abs(reasons[0].contribution) >= abs(reasons[1].contribution)


def test_what_a_group_cancels_out_is_not_said() -> None:
    parts = np.array([[2.0, 0.5, -2.0]])
    found = grouped(parts, ("a", "b", "c"), (("a", "c"),))
    assert found.sums.tolist() == [[0.0, 0.5]]


def test_groups_survive_json_and_a_description_without_them_reads_as_before() -> None:
    meta = with_groups(churn(), PAIR).meta
    assert Meta.from_json(meta.to_json()).groups == PAIR
    old = churn().meta.to_json().replace(',"groups":[]', "")
    assert "groups" not in old
    assert Meta.from_json(old) == churn().meta


@pytest.mark.parametrize(
    "groups",
    [
        (("recency_days", "weather"),),
        (("recency_days",),),
        (("recency_days", "ipt_median"), ("ipt_median", "active_days")),
    ],
    ids=str,
)
def test_groups_that_contradict_the_features_are_refused(
    groups: tuple[tuple[str, ...], ...],
) -> None:
    with pytest.raises(BundleError, match="roup"):
        replace(churn().meta, groups=groups)
