"""What the command line prints: rich tables on stdout, nothing computed here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast, get_args

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from features.errors import InputError
from models_registry.score import Lang, Score

if TYPE_CHECKING:
    from features.lake.ledger import ImportReport
    from models_registry.version import Version
    from monitoring.drift import DriftSummary
    from monitoring.shadow import ShadowReport
    from service.nightly import NightlyReport
    from service.score_changes import Change
    from service.score_history import History
    from service.what_if import WhatIf
    from training.cards.compare import Comparison
    from training.data_check.check import DataCheck
    from training.train import TrainingResult

HEADLINES = ("auc", "average_precision", "mae", "spearman", "recall_at_5", "ndcg_at_5")

LEVELS = {"ok": "green", "warning": "yellow", "problem": "bold red"}

console = Console(highlight=False)


def line(text: str) -> None:
    """Print one plain line."""
    console.print(text, markup=False, soft_wrap=True)


def page(text: str, heading: str) -> None:
    """Print Markdown: drawn under a heading on a terminal, as it stands into a file."""
    if console.is_terminal:
        line(heading)
        console.print(Markdown(text))
    else:
        typer.echo(text, nl=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers stand right, the rest left."""
    drawn = Table(title=title, title_justify="left", title_style="bold")
    cells = [[_cell(value) for value in row] for row in rows]
    for position, column in enumerate(columns):
        numbers = all(_is_number(row[position]) for row in cells)
        drawn.add_column(column, justify="right" if numbers and cells else "left", overflow="fold")
    for row in cells:
        drawn.add_row(*row)
    console.print(drawn)


def moment(at: datetime | None) -> str:
    """Return a moment as lists show it; nothing for none."""
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def language(name: str) -> Lang:
    """Return `name` as a language reasons can be written in."""
    if name not in get_args(Lang):
        raise InputError(f"{name!r} is not a language of the reasons", todo="Use en or zh-CN.")
    return cast(Lang, name)


def imports(reports: Iterable["ImportReport"]) -> None:
    """Print what an import read, accepted, quarantined and had already."""
    rows = [
        (r.table, f"{r.read:,}", f"{r.accepted:,}", f"{r.quarantined:,}", f"{r.duplicates:,}")
        for r in reports
    ]
    table("Imported", ("table", "read", "accepted", "quarantined", "duplicates"), rows)


def scores(found: Iterable[Score]) -> None:
    """Print scores with their reasons."""
    rows = [
        (
            score.lead_id or score.customer_id,
            score.value,
            score.percentile,
            score.band,
            score.status.value,
            "; ".join(reason.text for reason in score.reasons),
        )
        for score in found
    ]
    table("Scores", ("id", "value", "percentile", "band", "status", "why"), rows)


def supposed(found: "WhatIf") -> None:
    """Print a score as it is and as it would be, and what each change does alone."""
    scores((found.before, found.after))
    rows = [
        (one.feature, one.given, one.supposed, one.difference, ", ".join(one.left_as_is))
        for one in found.features
    ]
    table("Each change alone", ("feature", "is", "would be", "value", "left as they are"), rows)
    spoken = [
        (
            one.before and one.before.contribution,
            one.after and one.after.contribution,
            said.text,
        )
        for one in found.reasons
        if (said := one.after or one.before)
    ]
    table("Reasons that differ", ("is", "would be", "which"), spoken)
    line("This changes what the model reads, not the world.")


def history(title: str, found: "History") -> None:
    """Print scores over time, each with what changed since the one before."""
    rows = [
        (
            moment(score.as_of),
            score.value,
            *_changed(score.change),
            score.band,
            score.percentile,
            score.status,
            score.model_version,
            f"{score.path} x {score.times}" if score.times > 1 else score.path,
        )
        for score in found.scores
    ]
    columns = ("as of", "value", "change", "why", "not named, %")
    table(title, (*columns, "band", "percentile", "status", "version", "by"), rows)
    ends = found.between_ends
    if ends is not None and found.total > 2:
        line(f"{_cell(ends.difference)} since {moment(ends.since)}: {ends.text}")
    if found.total > len(found.scores):
        line(f"{found.total - len(found.scores):,} older scores; see --limit and --to")


def _changed(change: "Change | None") -> tuple[float | None, str, str]:
    if change is None:
        return None, "", ""
    return change.difference, escape(change.text), f"{100 * change.unexplained:.0f}"


def trained(results: Iterable["TrainingResult"]) -> None:
    """Print each model beside the best of its baselines, and what the gate said."""
    from training.evaluate import best_baseline

    results = list(results)
    rows = [
        (result.model, metric, result.metrics[metric], best[1], best[0])
        for result in results
        for metric in HEADLINES
        if metric in result.metrics and (best := best_baseline(result.baselines, metric))
    ]
    columns = ("model", "metric", "model's", "best baseline's", "which is")
    table("Models beside their best baselines, on the newest matured window", columns, rows)
    for result in results:
        failed = [reason for reason in result.gate_reasons if reason.startswith("failed")]
        verdict = "champion" if result.promoted else "NOT promoted"
        if result.rung != "full":
            why = next((said for said in result.gate_reasons if "; a s" in said), "")
            verdict = f"{verdict} ({result.rung}: {why.removeprefix('passed: ')})"
        again = ", unchanged since it was trained" if result.reused else ""
        line("; ".join([f"{result.model} version {result.version}: {verdict}{again}", *failed]))


def night(report: "NightlyReport") -> None:
    """Print what the night did."""
    rows = [(step.name, f"{step.count:,}", f"{step.seconds:.1f}") for step in report.steps]
    table(f"Nightly run as of {report.as_of:%Y-%m-%d}", ("step", "count", "seconds"), rows)


def versions(found: Iterable["Version"]) -> None:
    """Print model versions: their roles, their gates, when they were promoted and why."""
    rows = [
        (
            v.model,
            v.version,
            "champion" if v.is_champion else "challenger" if v.is_challenger else "",
            f"{v.created_at:%Y-%m-%d %H:%M}",
            v.gate,
            f"{v.promoted_at:%Y-%m-%d %H:%M}" if v.promoted_at else "",
            escape(f"by force: {v.promoted_because}" if v.forced else v.promoted_because),
        )
        for v in found
    ]
    columns = ("model", "version", "", "registered", "gate", "promoted", "because")
    table("Models", columns, rows)


def shadowed(found: "ShadowReport") -> None:
    """Print a challenger beside its champion."""
    both, came = found.agreement, found.foresight
    agreed = [
        ("subjects both judged", f"{both.subjects:,}"),
        ("rank correlation", both.rank_correlation),
        ("mean absolute difference", both.mean_difference),
        ("in another band, %", None if both.band_changes is None else 100 * both.band_changes),
    ]
    answered = f"champion {', '.join(found.champions)}"
    table(
        f"{found.model}: challenger {found.challenger} in the shadow of {answered}",
        ("", f"{found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M}"),
        agreed,
    )
    if came is not None:
        rows = [
            ("AUC", came.champion.auc, came.challenger.auc),
            ("squared error (Brier)", came.champion.brier, came.challenger.brier),
        ]
        title = f"What came after {came.as_of:%Y-%m-%d}, {came.customers:,} customers"
        table(title, ("", "champion", f"challenger {found.challenger}"), rows)
    line(found.outcomes)


def checked(check: "DataCheck") -> None:
    """Print what a check of the data found, the worst first, and the labels it counted."""
    findings = [
        (
            f"[{LEVELS[each.level]}]{each.level}[/]",
            each.topic,
            escape(f"{each.what} ({each.where})" if each.where else each.what),
            escape(each.todo),
        )
        for each in check.findings
    ]
    table("Data check", ("", "topic", "what", "what to do"), findings)
    labels = [
        (label.model, label.part, f"{label.rows:,}", check.outcomes[label.model], label.share)
        for label in check.labels
    ]
    if labels:
        table("Labels", ("model", "part", "rows", "outcome", "share"), labels)
    line(check.span)
    line(check.verdict)


def compared(title: str, first: str, second: str, found: "Comparison") -> None:
    """Print two versions of a model side by side."""
    from training.cards.markdown import between, number

    line(found.why)
    versions = (f"version {first}", f"version {second}")
    rows = [
        (one.metric, between(one.first), between(one.second), number(one.difference), one.said)
        for one in found.metrics
    ]
    columns = ("metric, with its interval", *versions, "difference", f"{versions[1]} is")
    table(title, columns, rows)
    if found.config:
        differing = [(name, escape(str(a)), escape(str(b))) for name, a, b in found.config]
        table("Settings that differ", ("setting", *versions), differing)
    else:
        line("The settings are the same.")
    for version, names in zip(versions, (found.only_first, found.only_second), strict=True):
        if names:
            line(f"Only {version} reads: {', '.join(names)}")
    if not (found.only_first or found.only_second):
        line("They read the same features.")


def drifted(summary: "DriftSummary") -> None:
    """Print what drifted most and where the whole report is."""
    rows = [(c.column, c.test, c.statistic, c.threshold) for c in summary.top(5)]
    table(f"Drift of {summary.model}", ("column", "test", "statistic", "threshold"), rows)
    line(f"{summary.verdict}: {summary.reason}")
    line(f"Whole report: {summary.html or summary.json}")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


def _is_number(cell: str) -> bool:
    digits = cell.removesuffix(" %").replace(",", "").replace(".", "", 1).removeprefix("-")
    return digits.isdigit() or cell == ""
