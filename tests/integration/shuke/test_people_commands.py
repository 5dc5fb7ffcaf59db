"""Keys, users, contacts, the audit log and a person's rights on the command line."""

import io
import json
import sqlite3
from pathlib import Path

import pytest

from features.lake.lake import Lake
from tests.integration.shuke.conftest import Shuke
from tests.synthetic import ShopConfig, fill, simulate


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long sentence nobody guesses\n"))


def listed(home: Path, columns: str) -> list[tuple]:
    with sqlite3.connect(home / "records.db") as connection:
        rows = connection.execute(f"SELECT {columns} FROM api_keys ORDER BY created_at").fetchall()
    connection.close()
    return rows


def test_a_key_in_a_role_is_made_listed_and_exchanged(shuke: Shuke, home: Path) -> None:
    made = shuke("keys", "create", "--role", "store_manager", "--store", "2", "--name", "till")
    assert made.code == 0
    [(key_id, stores, scopes)] = listed(home, "key_id, store_ids, scopes")
    assert made.out.startswith(f"shuke_{key_id}_")
    assert json.loads(stores) == ["2"]
    assert "admin" not in scopes
    rotated = shuke("keys", "rotate", key_id, "--overlap", "12h")
    assert rotated.out.startswith("shuke_")
    (old, old_ends), (new, new_ends) = listed(home, "key_id, expires_at")
    assert (old == key_id, new in rotated.out) == (True, True)
    assert (old_ends is None, new_ends) == (False, None)
    said = shuke("keys", "list")
    assert "store_manager" in said.out
    assert "last used" in said.out


@pytest.mark.parametrize(
    "command",
    [
        ("keys", "create", "--role", "king"),
        ("keys", "create", "--role", "store_manager"),
        ("keys", "create", "--role", "guide", "--store", "2"),
        ("keys", "create", "--role", "data_scientist", "--scope", "leads:write"),
        ("keys", "create", "--lasts", "soon"),
        ("keys", "rotate", "nothing"),
        ("keys", "revoke", "nothing"),
        ("users", "disable", "nobody"),
        ("contacts", "set", "818", "phone", "12"),
        ("contacts", "find", "fax", "12"),
    ],
    ids=" ".join,
)
def test_what_will_not_do_says_what_would(shuke: Shuke, command: tuple[str, ...]) -> None:
    said = shuke(*command)
    assert said.code == 2
    assert "what to do" in said.err


def test_users_are_added_listed_and_disabled(shuke: Shuke, typed: None) -> None:
    added = shuke("users", "add", "Mei", "--role", "marketer", "--password-stdin")
    assert added.code == 0, added.err
    assert "mei added as marketer" in added.out
    assert shuke("users", "disable", "mei").code == 0
    assert "marketer" in shuke("users", "list").out
    assert "user-change" in shuke("audit", "list").out


def test_contacts_are_found_however_spelt_and_after_the_key_changed(shuke: Shuke) -> None:
    assert "+8613812345678" in shuke("contacts", "set", "818", "phone", "138 1234 5678").out
    assert "818" in shuke("contacts", "find", "phone", "+86 138-1234-5678").out
    assert "1 contacts and secrets" in shuke("contacts", "rekey").out
    assert "818" in shuke("contacts", "find", "phone", "13812345678").out
    assert "contact-search" in shuke("audit", "list", "--action", "contact-search").out


def test_a_person_is_exported_and_erased_and_the_log_keeps_it(
    shuke: Shuke, home: Path, tmp_path: Path
) -> None:
    fill(Lake(home / "lake", threads=1), simulate(ShopConfig(customers=20)))
    file = tmp_path / "copy.json"
    assert shuke("customers", "export", "C00001", "--to", str(file)).code == 0
    assert json.loads(file.read_text("utf-8"))["lake"]["customers"]
    erased = shuke("customers", "erase", "C00001", "--yes")
    assert erased.code == 0
    assert "lake.order_lines" in erased.out
    again = shuke("customers", "export", "C00001", "--to", str(file))
    assert again.code == 0
    assert json.loads(file.read_text("utf-8"))["lake"] == {}
    about = shuke("audit", "list", "--customer", "C00001").out
    assert about.count("export") >= 2
    assert "erase" in about


def test_an_audit_log_that_was_changed_is_named_and_ends_with_1(shuke: Shuke, home: Path) -> None:
    shuke("keys", "create")
    shuke("keys", "create")
    whole = shuke("audit", "verify")
    assert (whole.code, "2 lines" in whole.out) == (0, True)
    head = whole.out.split()[-1]
    assert shuke("audit", "verify", "--head", head).code == 0
    with sqlite3.connect(home / "records.db") as connection:
        connection.execute("DROP TRIGGER audit_log_no_update")
        connection.execute("UPDATE audit_log SET who = 'cli:nobody' WHERE seq = 2")
    connection.close()
    broken = shuke("audit", "verify")
    assert broken.code == 1
    assert "broken at line 2" in broken.out
