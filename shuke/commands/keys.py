"""`shuke keys`: API keys, shown once and stored hashed."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Make, exchange and revoke API keys.")


@app.command("create")
def create(
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What the key may do; repeatable. All of its role without it."),
    ] = None,
    name: Annotated[str, typer.Option(help="Who will use it.")] = "command line",
    role: Annotated[str, typer.Option(help="Whose rows it sees; see docs/access.md.")] = "service",
    store: Annotated[
        list[str] | None, typer.Option(help="Store whose rows it sees; repeatable.")
    ] = None,
    staff: Annotated[
        str | None, typer.Option(help="Person of the staff, for the role guide.")
    ] = None,
    lasts: Annotated[str | None, typer.Option(help="How long it holds, such as 90d.")] = None,
) -> None:
    """Make a key and print it alone on stdout; it cannot be shown again."""
    from service.bootstrap import build
    from shuke.moments import duration
    from shuke.people import Place
    from shuke.steps import create_key

    place = Place(role, tuple(store or ()), staff)
    until = duration(lasts) if lasts else None
    typer.echo(create_key(build(), scope or [], name, place=place, lasts=until))


@app.command("list")
def list_keys() -> None:
    """List the keys: their ids, scopes and dates, never the keys themselves."""
    from service.bootstrap import build
    from shuke.show import moment, table

    with build().records.transaction(read_only=True) as work:
        rows = [
            (
                key.key_id,
                key.name,
                key.role,
                " ".join(sorted(key.store_ids)),
                " ".join(sorted(key.scopes)),
                moment(key.created_at),
                moment(key.last_used_at),
                moment(key.expires_at),
                moment(key.revoked_at),
            )
            for key in work.keys.all()
        ]
    columns = ("id", "name", "role", "stores", "scopes", "created", "last used", "expires")
    table("API keys", (*columns, "revoked"), rows)


@app.command("rotate")
def rotate(
    key_id: Annotated[str, typer.Argument(help="Id of the key, from the list.")],
    overlap: Annotated[str, typer.Option(help="How long the old one still holds.")] = "7d",
) -> None:
    """Print a new key in the place of one; until the overlap ends both hold."""
    from service.bootstrap import build
    from shuke.moments import duration
    from shuke.people import rotate_key

    typer.echo(rotate_key(build(), key_id, duration(overlap)))


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="Id of the key, from the list.")]) -> None:
    """Revoke a key at once."""
    from service.bootstrap import build
    from shuke.people import revoke_key
    from shuke.show import line

    revoke_key(build(), key_id)
    line(f"{key_id} revoked")
