"""`shuke users`: people who log in to the console."""

import sys
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="People who log in: add, list, disable, passwd.")

Login = Annotated[str, typer.Argument(help="The name they log in under.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin, without asking.")
]


@app.command("add")
def add(
    login: Login,
    role: Annotated[
        str,
        typer.Option(help="head_office, store_manager, guide, marketer or data_scientist."),
    ],
    store: Annotated[list[str] | None, typer.Option(help="Their store; repeatable.")] = None,
    staff: Annotated[
        str | None, typer.Option(help="Their id in the staff, to whom tasks are given.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What they are called; else the login.")] = None,
    from_stdin: FromStdin = False,
) -> None:
    """Add somebody who may log in, and ask for their password."""
    from service.bootstrap import build
    from shuke.people import Place, add_user
    from shuke.show import line

    place = Place(role, tuple(store or ()), staff)
    user = add_user(build(), login, name or login, place, _password(from_stdin))
    line(f"{user.login} added as {user.role} ({user.user_id})")


@app.command("list")
def list_users() -> None:
    """List who may log in, in which role, and whose rows they see."""
    from service.bootstrap import build
    from shuke.show import moment, table

    with build().records.transaction(read_only=True) as work:
        rows = [
            (
                user.login,
                user.name,
                user.role,
                " ".join(sorted(user.store_ids)),
                user.staff_id or "",
                moment(user.created_at),
                moment(user.disabled_at),
            )
            for user in work.users.all()
        ]
    table("Users", ("login", "name", "role", "stores", "staff", "created", "disabled"), rows)


@app.command("disable")
def disable(login: Login) -> None:
    """Let somebody log in no more, and end their sessions."""
    from service.bootstrap import build
    from shuke.people import disable_user
    from shuke.show import line

    disable_user(build(), login)
    line(f"{login} disabled; their sessions have ended")


@app.command("passwd")
def passwd(login: Login, from_stdin: FromStdin = False) -> None:
    """Give somebody a new password, and end their sessions."""
    from service.bootstrap import build
    from shuke.people import set_password
    from shuke.show import line

    set_password(build(), login, _password(from_stdin))
    line(f"{login} has a new password; their sessions have ended")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
