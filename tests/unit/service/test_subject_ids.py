"""Which texts can be ids."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from service.api.schemas import Id
from service.subject_ids import MAX_LENGTH, fault, sifted

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_LENGTH + 3)


@given(texts)
def test_an_id_of_a_list_is_held_to_the_rule_of_an_id_in_a_path(text: str) -> None:
    try:
        TypeAdapter(Id).validate_python(text)
    except ValidationError:
        assert fault(text) is not None
    else:
        assert fault(text) is None


@given(st.lists(texts, max_size=12))
def test_every_id_is_either_usable_or_at_fault_and_the_order_stays(ids: list[str]) -> None:
    usable, faults = sifted(ids)
    rest = iter(usable)
    assert [ids[place] if place in faults else next(rest) for place in range(len(ids))] == ids
    assert next(rest, None) is None


def test_what_is_wrong_is_said() -> None:
    found = [fault(one) for one in ("", "x" * 129, "a\tb")]
    assert [one and one.detail for one in found] == [
        "The id is empty",
        "The id has 129 characters; 128 are the most",
        "The id has a control character at place 1",
    ]
