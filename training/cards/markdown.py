"""A card as sections of Markdown: the text of both pages."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.cards.card import Card, Estimate, Measured

MOST_FEATURES = 20
SENSE = {"higher": "higher is better", "lower": "lower is better"}
_MARKS = re.compile(r"([\\`*|<\[\]]|&(?=#?\w+;))")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Section:
    """A part of the page; `figure` names the plot that HTML shows below its text."""

    title: str
    body: str
    figure: str = ""


def markdown(card: Card) -> str:
    """Return the whole card as Markdown."""
    told = [f"## {section.title}\n\n{section.body}" for section in sections(card)]
    return "\n\n".join([f"# {title(card)}", *told]) + "\n"


def title(card: Card) -> str:
    """Return the heading of the card."""
    return plain(f"Model card: {card.model}")


def sections(card: Card) -> list[Section]:
    """Return the card part by part."""
    return [
        Section("What it says, and of whom", _purpose(card)),
        Section("Limits", bullets(card.limits)),
        Section("Data", _data(card)),
        Section("Metrics", _metrics(card)),
        Section("The gate", _gate(card)),
        Section("Calibration", _calibration(card), "calibration"),
        Section("Slices", _slices(card)),
        Section("Features", _features(card), "importance"),
        Section("How the strongest features act", _dependence(card), "dependence"),
        Section("How to reproduce", _reproduce(card)),
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; cells hold text, not Markdown."""
    lines = [head, ["---"] * len(head)]
    lines += [[plain(_cell(value)) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    """Return sentences as a Markdown list."""
    return "\n".join(f"- {plain(line)}" for line in lines)


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, whatever a shop called its sources."""
    return _MARKS.sub(r"\\\1", _SPACES.sub(" ", text))


def number(value: float | None) -> str:
    """Return a number with four digits that count; whole thousands in full."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share as people write it."""
    return "" if share is None else f"{100 * share:.{digits}f} %"


def between(estimate: Estimate | None) -> str:
    """Return a value with the ends of its interval."""
    if estimate is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{number(estimate.value)} ({number(estimate.low)} to {number(estimate.high)})"


def _purpose(card: Card) -> str:
    whom = "It is for everybody: there are no bounds."
    if card.population:
        whom = "It is for those within these bounds; a simple rule answers for all others:"
        whom = f"{whom}\n\n{bullets(card.population)}"
    trained = (
        f"Trained {card.trained_at:%Y-%m-%d %H:%M} UTC on what was known up to "
        f"{card.trained_as_of:%Y-%m-%d}."
    )
    return f"{plain(card.purpose)}\n\n{whom}\n\n{trained}"


def _data(card: Card) -> str:
    head = ("part", "from", "to", "rows", "in the population", "customers", plain(card.outcome))
    rows = [
        (
            part.name,
            f"{part.first:%Y-%m-%d}",
            f"{part.last:%Y-%m-%d}",
            part.rows,
            part.judged,
            part.people,
            part.outcome,
        )
        for part in card.parts
    ]
    return (
        f"{plain(card.split)}\n\n{table(head, rows)}\n\nCustomers and outcome are those of the "
        "population; a lead that is no customer yet counts as one."
    )


def _metrics(card: Card) -> str:
    rivals = list(dict.fromkeys(name for one in card.metrics for name in one.baselines))
    head = ("metric", "", "this model", *map(plain, rivals), "better than the best rule by")
    rows = [
        (
            one.metric,
            _sense(one),
            between(one.model),
            *(between(one.baselines.get(name)) for name in rivals),
            between(one.gain),
        )
        for one in card.metrics
    ]
    return (
        f"Measured on {card.rows:,} test rows that the model never saw. In brackets: "
        f"{percent(card.level)} intervals, from customers drawn again and again.\n\n"
        f"{table(head, rows)}"
    )


def _sense(one: Measured) -> str:
    if one.better == "near":
        return "" if one.target is None else f"right at {one.target:g}"
    return SENSE[one.better]


def _gate(card: Card) -> str:
    head = "The gate is passed." if card.passed else "The gate is not passed."
    return f"{head}\n\n{bullets(card.gate)}"


def _calibration(card: Card) -> str:
    if not card.calibration:
        return "It was not measured."
    covered = any(one.covered is not None for one in card.calibration)
    head = ["bin", "rows", "predicted", "happened", "by chance"]
    rows = [
        [
            place,
            one.rows,
            one.predicted,
            one.happened,
            "" if one.chance is None else f"± {number(one.chance)}",
            *([percent(one.covered)] if covered else []),
            "off" if one.off else "",
        ]
        for place, one in enumerate(card.calibration, 1)
    ]
    head += ["inside the interval", ""] if covered else [""]
    of = "medians" if card.kind == "days" else "means"
    asked = f" The gate asks for {plain(card.allowed)} on the whole." if card.allowed else ""
    return (
        f"Test rows by their prediction, lowest first; {of} of each bin.{asked}\n\n"
        f"{table(head, rows)}"
    )


def _slices(card: Card) -> str:
    if not card.slices:
        return "None was asked for."
    names = list(dict.fromkeys(name for one in card.slices for name in one.measures))
    rows = [(one.name, one.rows, *map(one.measures.get, names)) for one in card.slices]
    return table(("slice", "rows", *map(plain, names)), rows)


def _features(card: Card) -> str:
    shown = card.features[:MOST_FEATURES]
    rows = [
        (use.feature, use.en, use.zh, number(use.contribution), percent(use.gain, 1))
        for use in shown
    ]
    unused = sum(use.gain == 0 for use in card.features)
    head = ("feature", "meaning", "含义", "mean size of its contribution", "share of gain")
    return (
        f"{len(shown)} of {len(card.features)} features, the one that moves scores most first; "
        f"in no tree: {unused}. Contributions are exact, in {plain(card.margin)}, on "
        f"{card.explained:,} rows of the calibration part.\n\n{table(head, rows)}"
    )


def _dependence(card: Card) -> str:
    if not card.dependence:
        return "There were too few customers to show it without showing one of them."
    told = [
        f"**{plain(one.feature)}** ({plain(one.en)})\n\n"
        + table(
            ("value", "rows", "contribution", "from (10 %)", "to (90 %)"),
            [
                (p.label, p.rows, f"{p.contribution:+.3f}", f"{p.low:+.3f}", f"{p.high:+.3f}")
                for p in one.points
            ],
        )
        for one in card.dependence
    ]
    intro = (
        f"What a value adds to the score, in {plain(card.margin)}; rows of about the same value "
        "together, never of one customer alone."
    )
    return "\n\n".join([intro, *told])


def _reproduce(card: Card) -> str:
    said = table(("what", "was"), card.reproduce.items())
    settings = table(("setting", "value"), [(n, str(value)) for n, value in card.config.items()])
    return (
        "On the same lake, with the code of this commit and the versions of requirements.lock:\n\n"
        f"```\n{card.command}\n```\n\n{said}\n\nConfiguration:\n\n{settings}"
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return number(value) if isinstance(value, float) else str(value)
