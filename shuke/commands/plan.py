"""`shuke plan`: what to do with a budget, beside what to know."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Plan what to do with a budget.")


@app.callback()
def plan() -> None:
    """Plan what to do with a budget."""


@app.command("retention")
def retention(
    budget: Annotated[float, typer.Option(min=0.0, help="Most that all contacts may cost.")],
    cost: Annotated[
        float | None, typer.Option(min=0.0, help="Cost of one contact; the policy's without it.")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Share of spend that stays with the shop."),
    ] = None,
    save_rate: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="ASSUMPTION, used where no uplift could be measured: share of customers about to "
            "leave whom a contact keeps.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write the plan as one HTML file.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write the recommended contacts.")
    ] = None,
) -> None:
    """Say whom to contact for a budget: customers saved, cost and profit of each list size."""
    from monitoring.reports import write
    from service.bootstrap import build
    from shuke import plan_words as words
    from shuke.retention_plan import chosen_policy, plan_retention
    from shuke.show import line, table

    app_ = build()
    policy = chosen_policy(app_.policies.profit, cost, margin, save_rate)
    planned = plan_retention(app_, budget, policy)
    table(words.title(planned), words.columns(planned), words.rows(planned))
    for sentence in (words.verdict(planned), *words.grounds(planned)):
        line(sentence)
    if html is not None:
        from shuke.plan_page import page

        line(f"Page: {write(html, page(planned))}")
    if csv is not None:
        from service.csv import rows_to_csv
        from shuke.audited import note_people

        listed = [contact.customer_id for contact in planned.curve.chosen]
        used = policy.version  # which says what was overridden here
        note_people(app_, "plan retention", "customer", listed, into_file=True, policy=used)
        text = rows_to_csv(words.CSV_COLUMNS, words.csv_rows(planned))
        line(f"Contacts: {write(csv, text)}")
