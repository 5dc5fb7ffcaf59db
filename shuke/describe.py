"""One feature in the terminal: what it means, and how its values lie."""

import math
from datetime import datetime
from typing import TYPE_CHECKING

from features.catalog import Feature
from features.description import Description
from shuke.show import line, table

if TYPE_CHECKING:
    from features.description import Bar

WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"
_WHOLE = "█"


def describe(feature: Feature, as_of: datetime, found: Description) -> None:
    """Print a feature and its values at `as_of`."""
    default = "missing" if math.isnan(feature.default) else feature.written(feature.default)
    typical = feature.written(found.median) or "missing"
    own = f"; for each customer their own {feature.typical_from}" if feature.typical_from else ""
    line(f"{feature.name}: {feature.en} / {feature.zh}")
    rows = [
        ("topic", feature.topic),
        ("unit", feature.unit),
        ("default", default),
        ("typical", f"{typical} (median{own})"),
        ("says", feature.say(found.median, None, "en")),
        ("中文", feature.say(found.median, None, "zh-CN")),
        ("customers", f"{found.customers:,}"),
        ("missing", f"{found.missing:,} ({_share(found.missing, found.customers)})"),
    ]
    table(f"As of {as_of:%Y-%m-%d %H:%M}", ("", ""), rows)
    if not found.bars:
        line("Nobody has a value.")
        return
    quantiles = [(f"{100 * q:g} %", feature.written(x)) for q, x in found.quantiles.items()]
    table("Customers below a value", ("of customers", feature.unit), quantiles)
    most = max(bar.count for bar in found.bars)
    bars = [(_span(feature, bar), drawn(bar.count, most), f"{bar.count:,}") for bar in found.bars]
    table("How many have it (without the outermost)", (feature.unit, "", "customers"), bars)


def drawn(count: int, most: int) -> str:
    """Return a bar of blocks, `WIDTH` characters for `most`, to an eighth of a character."""
    whole, eighths = divmod(round(8 * WIDTH * count / most), 8) if most else (0, 0)
    return _WHOLE * whole + (_EIGHTHS[eighths] if eighths else "")


def _span(feature: Feature, bar: "Bar") -> str:
    low, high = feature.written(bar.low), feature.written(bar.high)
    return low if low == high else f"{low} to {high}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0 %"
