"""Options of `shuke train` that are refused before anything is read."""

import pytest

from tests.integration.shuke.conftest import Shuke


@pytest.mark.parametrize("option", ["--budget", "--trials"])
def test_a_budget_without_a_search_is_refused(shuke: Shuke, option: str) -> None:
    said = shuke("train", "clv_90d", option, "5")
    assert said.code == 2
    assert "Add --tune" in said.err
