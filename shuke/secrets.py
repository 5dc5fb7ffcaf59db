"""Before a service starts: no secret is missing, a sample, weak, or of the demo."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.bootstrap import App
    from service.secret_rules import Weakness


def require_secrets() -> None:
    """Look at the settings, before anything is opened with them.

    Raises
    ------
    WeakSecretError
        A secret is missing where one is needed, a sample, or easy to guess.
    """
    from features.settings import Settings as FeatureSettings
    from models_registry.settings import Settings as ModelSettings
    from service.privacy.data_keys import FILE, KeyRing
    from service.secret_rules import require_strong, weak_keys, weak_urls
    from service.settings import Settings

    settings = Settings()
    urls = {
        "SHUKE_DATABASE_URL": settings.database_url,
        "SHUKE_RATE_LIMIT_URL": settings.rate_limit_url,
        "SHUKE_ONLINE_URL": FeatureSettings().online_url,
        "SHUKE_TRACKING_URI": ModelSettings().tracking_uri,
    }
    ring = KeyRing(settings.data_key.get_secret_value(), settings.home / FILE)
    require_strong([*weak_urls(urls), *weak_keys(ring), *_of_environment()])


def require_no_demo(app: "App") -> None:
    """Refuse to serve a home that still lets the key of the demo in.

    Raises
    ------
    WeakSecretError
        There is such a key, and it holds.
    """
    from service.secret_rules import DEMO_KEY, Weakness, require_strong

    at = app.clock()
    with app.records.transaction(read_only=True) as work:
        held = [key for key in work.keys.all() if key.name == DEMO_KEY and key.holds(at)]
    require_strong(
        Weakness(
            f"key {key.key_id}",
            f"it was made by `shuke demo`: `shuke keys revoke {key.key_id}`, or serve the demo"
            " as such with `shuke serve --demo`",
        )
        for key in held
    )


def _of_environment() -> "Iterator[Weakness]":
    """Yield what is wrong with the password PostgreSQL's own library takes."""
    from service.secret_rules import weak_urls

    password, user = os.environ.get("PGPASSWORD", ""), os.environ.get("PGUSER", "")
    if password:
        from urllib.parse import quote

        url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/"
        yield from weak_urls({"PGPASSWORD": url})
