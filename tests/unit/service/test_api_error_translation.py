"""One translation from errors to problem documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import (
    ContractError,
    FeaturesMissingError,
    InputError,
    ShukeError,
    StateError,
    TableMissingError,
)
from models_registry.errors import (
    BundleError,
    NoChampionError,
    ScoresMissingError,
    UnknownModelError,
)
from service.api.cursor import BadCursorError
from service.api.errors import faults, pointer, status_of
from service.errors import NotFoundError
from service.keys import KeyRejectedError, ScopeMissingError


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (KeyRejectedError, 401),
        (ScopeMissingError, 403),
        (NotFoundError, 404),
        (UnknownModelError, 404),
        (BadCursorError, 422),
        (ContractError, 422),
        (InputError, 422),
        (ShukeError, 500),
        (NoChampionError, 503),
        (ScoresMissingError, 503),
        (FeaturesMissingError, 503),
        (TableMissingError, 503),
        (StateError, 503),
        (BundleError, 503),
    ],
)
def test_each_error_has_its_status(kind: type[ShukeError], status: int) -> None:
    assert status_of(kind("it broke")) == status


def test_an_error_made_later_takes_the_status_of_its_parent() -> None:
    class TooEarlyError(StateError):
        code = "too-early"

    assert status_of(TooEarlyError("it is early")) == 503


@given(st.lists(st.one_of(st.text(), st.integers(0, 999)), max_size=5))
def test_a_pointer_leads_back_to_its_steps(steps: list[str | int]) -> None:
    text = pointer(steps)
    assert text.startswith("#")
    read = [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")[1:]]
    assert read == [str(step) for step in steps]


def test_a_fault_in_a_query_names_its_parameter_and_points_nowhere() -> None:
    [fault] = faults([{"loc": ("query", "limit"), "msg": "too large", "type": "less_than_equal"}])
    assert (fault.parameter, fault.pointer) == ("limit", None)
