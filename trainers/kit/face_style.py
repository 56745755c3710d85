"""Draws avatars of one DiceBear style with every choice made by us, so that each label is exact.

The library picks each feature from a seed; neighbouring seeds pick alike, and what was picked is hard to control. Here
a numpy generator draws the value of every feature with the style's own probabilities, and the library is told all of
them. The seed that remains moves only what a style leaves loose (the place of a hill, the tilt of a planet's ring).
"""

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import resvg_py
from dicebear import Avatar, Style
from PIL import Image

from explorer.contract.errors import UnknownName
from trainers.kit.pictures import Attribute

ABSENT = "none"
WHITE = "#ffffff"
WORDS = {  # what a style's own names and hex codes mean, where they do not say it themselves
    "toon-head": {
        **{"sideComed": "side combed", "tShirt": "T-shirt", "turtleNeck": "turtleneck", "bow": "smiling"},
        **{"#151613": "black", "#0b3286": "navy", "#545454": "grey", "#147f3c": "green", "#f97316": "orange"},
        **{"#ec4899": "pink", "#731ac3": "purple", "#b11f1f": "red", "#e8e9e6": "white", "#eab308": "yellow"},
        **{"#2c1b18": "black", "#d6b370": "blond", "#724133": "brown", "#a55728": "copper", "#b58143": "golden"},
        **{"#5c3829": "dark", "#f1c3a5": "fair", "#a36b4f": "brown", "#c68e7a": "rosy", "#b98e6a": "tan"},
    }
}


@dataclass(frozen=True)
class Feature:
    """One choice of a style: the option it is passed by, what can be chosen, and how often each is."""

    attribute: Attribute
    option: str  # "hairVariant" or "hairColor"
    choices: tuple[str | None, ...]  # in the order of attribute.values; None: the part is left out
    weights: tuple[float, ...]  # sum to 1; 0 for an absence that is never drawn but follows from other choices
    unequal: tuple[str, ...] = ()  # options of the colours this one must differ from

    @property
    def is_colour(self) -> bool:
        return self.option.endswith("Color")

    @property
    def part(self) -> str:
        return self.option.removesuffix("Variant").removesuffix("Color")


class FaceStyle:
    """A DiceBear style whose faces are drawn from labels: ``features[a]`` says what label ``a`` means."""

    def __init__(self, name: str) -> None:
        file = files("dicebear_styles").joinpath(f"{name}.json")
        if not re.fullmatch(r"[a-z0-9-]+", name) or not file.is_file():
            raise UnknownName(f"There is no face style {name!r}: choose one of {', '.join(style_names())}.")
        self.name = name
        self._definition = json.loads(file.read_text("utf-8"))
        self._style = Style(self._definition)
        self._wears_white = "background" not in self._definition["colors"]
        self.features = tuple(self._read_features())
        self._index = {feature.option: i for i, feature in enumerate(self.features)}
        self.combinations = math.prod(len(feature.choices) for feature in self.features)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        return tuple(feature.attribute for feature in self.features)

    @property
    def licence(self) -> str:
        return self._definition["meta"]["license"]["name"].rstrip(".")

    @property
    def credit(self) -> str:
        """Who drew the style, in the words its licence asks for."""
        meta = self._definition["meta"]
        return f"{meta['source']['name']} by {meta['creator']['name']} ({self.licence}), drawn by DiceBear"

    def draw(self, generator: np.random.Generator) -> np.ndarray:
        """Labels of one face, int64 (A,), each feature independent of the others with the style's own probabilities.

        A feature that the drawn face cannot show (the colour of glasses that are not worn) is labelled ``none``.
        """
        labels = np.array([generator.choice(len(f.choices), p=f.weights) for f in self.features], np.int64)
        for i, feature in enumerate(self.features):
            while any(self._colour(labels, other) == feature.choices[labels[i]] for other in feature.unequal):
                labels[i] = generator.choice(len(feature.choices), p=feature.weights)
        return self.settled(labels)

    def settled(self, labels: np.ndarray) -> np.ndarray:
        """``labels`` (A,) with ``none`` for every feature that a face with these labels does not show."""
        shown = set(self._shown(self._definition["canvas"]["elements"], labels))
        return np.array(
            [
                label if feature.option in shown or None not in feature.choices else feature.choices.index(None)
                for label, feature in zip(labels, self.features, strict=True)
            ],
            np.int64,
        )

    def is_consistent(self, labels: np.ndarray) -> bool:
        """Whether a face with these labels (A,) shows all that is named and names all that is shown."""
        shown = set(self._shown(self._definition["canvas"]["elements"], labels))
        unnamed = (
            feature.option in shown and feature.choices[label] is None and feature.weights[label] == 0
            for label, feature in zip(labels, self.features, strict=True)
        )
        return np.array_equal(self.settled(labels), labels) and not any(unnamed)

    def render(self, labels: np.ndarray, seed: str, size: int) -> np.ndarray:
        """The face with ``labels`` (A,), as uint8 (size, size, 3) in [0, 255] on white."""
        options: dict[str, Any] = {"seed": seed}
        if self._wears_white:
            options["backgroundColor"] = [WHITE]
        for label, feature in zip(labels, self.features, strict=True):
            choice = feature.choices[label]
            if choice is not None:
                options[feature.option] = [choice]
            if not feature.is_colour:
                options[f"{feature.part}Probability"] = 0 if choice is None else 100
        svg = str(Avatar(self._style, options))
        png = resvg_py.svg_to_bytes(svg_string=svg, width=size, background=WHITE, skip_system_fonts=True)
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def _colour(self, labels: np.ndarray, option: str) -> str | None:
        index = self._index.get(option)
        return None if index is None else self.features[index].choices[labels[index]]

    def _shown(self, elements: list[dict[str, Any]], labels: np.ndarray) -> Iterator[str]:
        """Options of the features that are reached when ``elements`` are drawn with ``labels``."""
        for element in elements:
            for value in element.get("attributes", {}).values():
                if isinstance(value, dict) and value.get("type") == "color":
                    yield f"{value['name']}Color"
            yield from self._shown(element.get("children", []), labels)
            if element.get("type") == "component":
                component = self._definition["components"][element["name"]]
                source = component.get("extends", element["name"])
                variants = self._definition["components"][source]["variants"]
                index = self._index.get(f"{source}Variant")
                drawn = list(variants) if index is None else [self.features[index].choices[labels[index]]]
                yield f"{source}Variant"
                for variant in drawn:
                    if variant is not None:
                        yield from self._shown(variants[variant]["elements"], labels)

    def _read_features(self) -> Iterator[Feature]:
        components, colours = self._definition["components"], self._definition["colors"]
        aliased = {c["extends"] for c in components.values() if "extends" in c}  # one option, many parts: no one label
        for name, component in components.items():
            if "extends" in component or name in aliased:
                continue
            weights = {n: v.get("weight", 1) for n, v in component["variants"].items() if v.get("weight", 1) > 0}
            present = component.get("probability", 100) / 100
            optional = present < 1 or name not in self._always_reached()
            yield from self._feature(words(name), f"{name}Variant", weights, present, optional)
        for name, colour in colours.items():
            weights = dict.fromkeys(colour["values"], 1)
            unequal = tuple(f"{other}Color" for other in colour.get("notEqualTo", []))
            optional = name != "background" and f"{name}Color" not in self._always_coloured()
            yield from self._feature(f"{words(name)} colour", f"{name}Color", weights, 1.0, optional, unequal)

    def _feature(
        self,
        name: str,
        option: str,
        weights: Mapping[str, float],
        present: float,
        optional: bool,
        unequal: tuple[str, ...] = (),
    ) -> Iterator[Feature]:
        """The feature, unless there is nothing to choose."""
        if len(weights) + optional < 2:
            return
        total = sum(weights.values())
        choices = (*([None] if optional else []), *weights)
        shares = (*([1 - present] if optional else []), *(present * weight / total for weight in weights.values()))
        known = WORDS.get(self.name, {})
        values = tuple(ABSENT if choice is None else known.get(choice, words(choice)) for choice in choices)
        yield Feature(Attribute(name, values), option, choices, shares, unequal)

    def _always_reached(self) -> set[str]:
        """Parts that lie on the canvas itself: nothing but their own probability can hide them."""
        return {element["name"] for element in _components(self._definition["canvas"]["elements"])}

    def _always_coloured(self) -> set[str]:
        """Colours that every variant of some always present part uses."""
        found: set[str] = set(_colours(self._definition["canvas"]["elements"]))
        for name in self._always_reached():
            component = self._definition["components"][name]
            component = self._definition["components"][component.get("extends", name)]
            if component.get("probability", 100) < 100:
                continue
            used = [set(_colours(v["elements"])) for v in component["variants"].values() if v.get("weight", 1) > 0]
            found |= set.intersection(*used)
        return found


@cache
def face_style(name: str) -> FaceStyle:
    """The style called ``name``, read once in each process."""
    return FaceStyle(name)


def style_names() -> list[str]:
    """The styles that are installed."""
    names = [file.name for file in files("dicebear_styles").iterdir()]
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def seed_of(*parts: object) -> str:
    """A seed that no neighbour resembles: the sha256 of ``parts``."""
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()


def words(name: str) -> str:
    """``rearHair`` -> ``rear hair``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()


def _components(elements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for element in elements:
        if element.get("type") == "component":
            yield element
        yield from _components(element.get("children", []))


def _colours(elements: list[dict[str, Any]]) -> Iterator[str]:
    for element in elements:
        for value in element.get("attributes", {}).values():
            if isinstance(value, dict) and value.get("type") == "color":
                yield f"{value['name']}Color"
        yield from _colours(element.get("children", []))
