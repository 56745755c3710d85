"""Two spaces of one model beside each other: how well attributes can be read off, and what a step changes beside."""

from dataclasses import dataclass
from statistics import fmean

from explorer.contract.manifest import Direction, DirectionsStore
from explorer.control.axes import topic_of
from explorer.models.capabilities import Model


@dataclass(frozen=True)
class Told:
    """Of a direction, or of many in the mean: shares in [0, 1]; None: not measured, or there is no other attribute."""

    right: float  # of held-out pictures, by the linear classifier along it; 0.5 is chance
    own: float | None  # of pictures in which a step changes what it is meant to
    others: float | None  # and each other attribute, in the mean


@dataclass(frozen=True)
class Compared:
    """One direction in both spaces."""

    name: str
    first: Told
    second: Told


@dataclass(frozen=True)
class Comparison:
    """Directions towards the same things in two spaces, the mean over all first, and what that says."""

    spaces: tuple[str, str]
    rows: tuple[Compared, ...]
    sentence: str


def compared(model: Model | None) -> Comparison | None:
    """The space a style generator draws from beside the one that it is met in; None where that was not measured."""
    if model is None or model.styles is None:
        return None
    met = model.within("").decodes
    names = [view.decodes.space.name for key, view in model.views.items() if key and view.flat and view.decodes]
    if met is None or not names:
        return None
    known = {space: _told(model, space) for space in (names[0], met.space.name)}
    first, second = known[names[0]], known[met.space.name]
    shared = [name for name in second if name in first]
    if not shared:
        return None
    means = Compared("all, in the mean", _mean([first[n] for n in shared]), _mean([second[n] for n in shared]))
    rows = (means, *(Compared(name, first[name], second[name]) for name in shared))
    return Comparison((names[0], met.space.name), rows, _sentence(names[0], met.space.name, means))


def _told(model: Model, space: str) -> dict[str, Told]:
    stores = [s for s in model.manifest.stores if isinstance(s, DirectionsStore) and s.space == space]
    facts = stores[0].directions if stores else ()
    return {
        fact.name: Told(fact.quality, *_changes(fact))
        for fact in facts
        if fact.origin == "attribute" and fact.quality is not None
    }


def _changes(fact: Direction) -> tuple[float | None, float | None]:
    own = [one.value for one in fact.disturbs if one.name in (topic_of(fact.name), "class")]
    others = [one.value for one in fact.disturbs if one.name not in (topic_of(fact.name), "class")]
    return own[0] if own else None, fmean(others) if others else None


def _mean(all_told: list[Told]) -> Told:
    own = [told.own for told in all_told if told.own is not None]
    others = [told.others for told in all_told if told.others is not None]
    return Told(fmean(told.right for told in all_told), fmean(own) if own else None, fmean(others) if others else None)


def _sentence(first: str, second: str, means: Compared) -> str:
    """What the numbers say, no more: a step that changes nothing disturbs nothing either."""
    a, b = means.first, means.second
    said = [f"Along a line {100 * b.right:.0f} % are told right in {second}, {100 * a.right:.0f} % in {first}."]
    verdicts = [b.right > a.right]
    if None not in (a.own, b.own, a.others, b.others) and a.own and b.own:
        ratios = [(told.others or 0.0) / (told.own or 1.0) for told in (a, b)]
        said.append(
            f"For each time that a step changes what it should, it changes each other attribute {ratios[1]:.2f} times "
            f"in {second}, {ratios[0]:.2f} times in {first}."
        )
        verdicts.append(ratios[1] < ratios[0])
    start = "So" if len(verdicts) > 1 else "By this number"
    if all(verdicts):
        said.append(f"{start} {second} is the more disentangled.")
    elif not any(verdicts):
        said.append(f"{start} {first} is the more disentangled.")
    else:
        said.append("So neither is the more disentangled by both numbers.")
    return " ".join(said)
