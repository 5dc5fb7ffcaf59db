"""`shuke keys`: API keys, shown once and stored hashed."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Make and revoke API keys.")


@app.command("create")
def create(
    scope: Annotated[
        list[str] | None, typer.Option(help="What the key may do; repeatable. All without it.")
    ] = None,
    name: Annotated[str, typer.Option(help="Who will use it.")] = "command line",
) -> None:
    """Make a key and print it alone on stdout; it cannot be shown again."""
    from service.bootstrap import build
    from shuke.steps import create_key

    typer.echo(create_key(build(), scope or [], name))


@app.command("list")
def list_keys() -> None:
    """List the keys: their ids, scopes and dates, never the keys themselves."""
    from service.bootstrap import build
    from shuke.show import table

    with build().records.transaction() as work:
        rows = [
            (
                key.key_id,
                key.name,
                " ".join(sorted(key.scopes)),
                f"{key.created_at:%Y-%m-%d %H:%M}",
                f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "",
            )
            for key in work.keys.all()
        ]
    table("API keys", ("id", "name", "scopes", "created", "revoked"), rows)


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="Id of the key, from the list.")]) -> None:
    """Revoke a key at once."""
    from features.clock import now
    from service.bootstrap import build
    from shuke.show import line

    with build().records.transaction() as work:
        work.keys.revoke(key_id, now())
    line(f"{key_id} revoked")
