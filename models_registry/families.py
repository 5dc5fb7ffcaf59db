"""Models that are readings of one training run: who belongs together, and what may be served."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """A version in some role, and the family its training run gave it; "" for none."""

    version: str
    family: str = ""


Champions = Mapping[str, Named]
Versions = Mapping[str, Mapping[str, str]]  # model -> version -> family


@dataclass(frozen=True, slots=True)
class Standing:
    """What the registry says at one moment.

    Attributes
    ----------
    champions, challengers
        Model -> version in that role.
    torn
        Families of which only some members are champion.
    """

    champions: Champions
    challengers: Champions
    torn: frozenset[str] = frozenset()


def siblings(model: str, version: str, every: Versions) -> dict[str, str]:
    """Return model -> version of all that was read off the same run as `version`, itself included.

    The same run repeated gives its versions the same family: then the newest goes with the newest,
    the one before with the one before.
    """
    family = every[model][version]
    if not family:
        return {model: version}
    members = {name: _newest_first(versions, family) for name, versions in every.items()}
    place = members[model].index(version)
    found = {name: them[min(place, len(them) - 1)] for name, them in members.items() if them}
    return found | {model: version}


def torn(champions: Champions, every: Versions) -> frozenset[str]:
    """Return the families with a champion among their members and another member who is none."""
    present = {champion.family for champion in champions.values()} - {""}
    return frozenset(
        family
        for family in present
        for model, versions in every.items()
        if family in versions.values()
        and (model not in champions or champions[model].family != family)
    )


def exchanged(
    old: Champions, new: Standing, failed: frozenset[str] = frozenset()
) -> dict[str, Named]:
    """Return what to serve after `old`, now that the registry says `new`.

    Members of a family are exchanged together: while some of them are champion and others are
    not, or one cannot be loaded, all that was served before them stays. A model nobody serves yet
    takes what there is.

    Parameters
    ----------
    failed
        Models whose new version cannot be loaded.
    """
    stuck = {family for model in failed for family in _families(model, old, new)} | new.torn
    kept = {
        model: before
        for model, before in old.items()
        if model not in new.champions or model in failed or stuck & _families(model, old, new)
    }
    return {**new.champions, **kept}


def _families(model: str, old: Champions, new: Standing) -> set[str]:
    sides = (old.get(model), new.champions.get(model))
    return {side.family for side in sides if side} - {""}


def _newest_first(versions: Mapping[str, str], family: str) -> list[str]:
    return sorted((v for v, its in versions.items() if its == family), key=int, reverse=True)
