"""Adapter of a style generator: a mapping from z to w, and a synthesis that takes one style a layer."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import Attribute, Graph, ImageMeaning, LatentSpace, NoiseMeaning, Port, RowsPrior
from explorer.contract.pixels import Pixels, to_pixels
from explorer.latent.priors import Prior, prior_of
from explorer.latent.styles import Style, mixed, noise_of, rows_of, truncated
from explorer.models.autoencoder import image_meaning, latent_space_of, only_input, port_or_fault
from explorer.models.capabilities import Codes, Model
from explorer.models.graphs import Graphs
from explorer.models.labels import Label, label_columns, label_row, whole_label
from explorer.runtime.pixels import ENERGY, PIXELS
from explorer.runtime.session import Session, check_finite
from explorer.runtime.tap import cut, work_of

CHUNK_PIXELS = 1 << 22  # of pictures made in one run: what the layers of a large network need beside is many times that

SLOW_MS = 100.0  # a picture that takes longer has a preview
PREVIEW_MS = 90.0  # what a preview may take, by the share of the work that it is
PREVIEW = "preview"  # the session of a synthesis that was cut
KEPT_LABELS = 64  # that decoders are kept for
ONE_STYLE = "The layers had styles of their own; w holds one for all, so it is their mean. Ctrl+Z brings them back."

Styles = NDArray[np.float32]  # (N, L, D)


class StyleGenerator:
    """Both graphs of a style generator, as functions of arrays.

    ``resolutions`` (L,) pixels of the layer that each style belongs to; ``mean`` (D,) of w, which truncation pulls to.
    """

    def __init__(
        self,
        mapping: tuple[Session, Graph],
        synthesis: tuple[Session, Graph],
        rows: LatentSpace,
        mean: NDArray[np.float32],
        label: dict[str, NDArray[Any]] | None = None,
        small: "StyleGenerator | None" = None,
    ) -> None:
        """``label`` is the row (1, ...) that the mapping gets with every z, by its input's name.

        ``small`` draws small pictures where this one is slow.
        """
        self._small = small
        self.layers, self.width = rows.shape[0], rows.shape[1]
        self.resolutions = rows.resolutions
        self.mean = mean
        self._label = label or {}
        described = mapping[1].model_copy(
            update={"inputs": tuple(port for port in mapping[1].inputs if port.name not in self._label)}
        )
        self._mapping, self._z = mapping[0], only_input(described, "latent", "a latent code")
        self._w = port_or_fault(mapping[1], mapping[1].output("latent"), "output of a style")
        self._mapping_file = mapping[1].file
        self._synthesis, self.graph = synthesis
        self._styles = port_or_fault(self.graph, self.graph.input("latent"), "input of styles")
        self._image = port_or_fault(self.graph, self.graph.output("image"), "output of a picture")
        self._meaning = image_meaning(self._image)
        self._noises = tuple(port for port in self.graph.inputs if isinstance(port.meaning, NoiseMeaning))
        others = [port.name for port in self.graph.inputs if port is not self._styles and port not in self._noises]
        if others:
            raise PortMismatch(f"{self.graph.file} also wants {others[0]!r}; only styles and noise can be given.")
        self._kept: tuple[Any, dict[str, NDArray[np.float32]]] = (None, {})

    @property
    def small(self) -> "StyleGenerator":
        """What draws small pictures; itself where it is quick."""
        return self._small or self

    @property
    def noise_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape (1, H, W) of each layer's noise, from coarse to fine."""
        return tuple(_without_batch(port) for port in self._noises)

    def map(self, z: Codes) -> Codes:
        """(N, Z) -> w (N, D)."""
        asked = {name: np.repeat(row, len(z), axis=0) for name, row in self._label.items()}
        w = check_finite(
            self._mapping.run({self._z.name: z.astype(np.float32), **asked})[self._w.name], self._mapping_file
        )
        return w.reshape(len(z), -1)

    def synthesize(self, styles: Styles, noise: Style) -> Pixels:
        """Final styles (N, L, D), already mixed and truncated -> (N, H, W, C) uint8; of ``noise`` only the noise."""
        height, width = self._meaning.height or 1, self._meaning.width or 1
        chunk = max(CHUNK_PIXELS // (height * width), 1)
        parts = [self._run(styles[start : start + chunk], noise) for start in range(0, len(styles), chunk)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def feeds(self, styles: Styles, noise: Style) -> dict[str, NDArray[np.float32]]:
        """What the synthesis graph, or one cut from it, is given."""
        return {self._styles.name: np.ascontiguousarray(styles, np.float32), **self.noise_feeds(len(styles), noise)}

    def noise_feeds(self, count: int, noise: Style) -> dict[str, NDArray[np.float32]]:
        """The noise of each layer by its input's name, the same for all ``count`` pictures."""
        key = (count, noise.noise, noise.noise_seed, noise.noise_strength)
        if self._kept[0] != key:
            made: dict[str, NDArray[np.float32]] = {}
            for index, port in enumerate(self._noises):
                said = port.meaning.layer if isinstance(port.meaning, NoiseMeaning) else None
                layer = noise_of(noise, _without_batch(port), index if said is None else said)
                made[port.name] = np.ascontiguousarray(np.broadcast_to(layer, (count, *layer.shape)))
            self._kept = key, made
        return self._kept[1]

    def _run(self, styles: Styles, noise: Style) -> Pixels:
        answer: Mapping[str, NDArray[Any]] = self._synthesis.run(self.feeds(styles, noise))
        ready = answer.get(PIXELS)
        if ready is not None and ready.shape[-1] == self._meaning.channels and math.isfinite(answer[ENERGY]):
            return ready
        return to_pixels(check_finite(answer[self._image.name], self.graph.file), self._meaning)


class StyleDecoder:
    """``Decodes`` for one of the spaces of a style generator, under one ``Style``.

    ``mapped`` says that codes are z, which the mapping turns into w first.
    """

    def __init__(
        self,
        generator: StyleGenerator,
        space: LatentSpace,
        prior: Prior,
        *,
        mapped: bool = False,
        style: Style | None = None,
    ) -> None:
        self.generator, self.space, self.prior, self.mapped = generator, space, prior, mapped
        self.style = style or Style()
        self._under: StyleDecoder | None = None  # the one asked for last, so that an equal style is the same object

    @property
    def batch(self) -> int | None:
        """See ``Decodes``."""
        return None

    def under(self, style: Style | None) -> "StyleDecoder":
        """The same decoder with another mixing, truncation and noise; the same object for an equal style."""
        wanted = style or Style()
        if wanted == self.style:
            return self
        if self._under is None or self._under.style != wanted:
            self._under = StyleDecoder(self.generator, self.space, self.prior, mapped=self.mapped, style=wanted)
        return self._under

    def own_rows(self, codes: Codes) -> Styles:
        """The styles (N, L, D) of codes, before anything is mixed in or truncated.

        Raises:
            PortMismatch: the codes have another length.
        """
        generator, want = self.generator, math.prod(self.space.shape)
        if codes.ndim != 2 or codes.shape[1] != want:
            raise PortMismatch(f"{generator.graph.file}: a code has {want} numbers, got {list(codes.shape)}.")
        w = generator.map(codes) if self.mapped else codes.astype(np.float32)
        return rows_of(w, generator.layers, generator.width)

    def rows(self, codes: Codes) -> Styles:
        """The final styles (N, L, D) of codes: mixed, then truncated.

        Raises:
            PortMismatch: the codes, or a source's, have another length.
        """
        styles = self.own_rows(codes)
        try:
            styles = mixed(styles, self.style)
        except ValueError as error:
            raise PortMismatch(f"A source of the mix does not fit this model: {error}.") from error
        return truncated(styles, self.generator.mean, self.style)

    def decode(self, codes: Codes) -> Pixels:
        """(N, D) float32 -> (N, H, W, C) uint8; see ``Decodes``."""
        return self.generator.synthesize(self.rows(codes), self.style)


def with_styles(model: Model, graphs: Graphs, run_ms: float = 0.0) -> Model:
    """``model`` as a style generator, where its bundle holds a mapping and a synthesis; else itself.

    It is met in w; z and w+ (one style a layer) are its other views. The encoder stands in the view it encodes into. A
    model whose mapping takes a label has such views for each label: what is drawn from their priors is of that kind.
    Where a picture takes ``run_ms`` and that is long, an early output of the synthesis stands in while a hand moves.
    """
    bundle, manifest = model.bundle, model.manifest
    mapping, synthesis = manifest.graph("mapping"), manifest.graph("synthesis")
    if mapping is None or synthesis is None:
        return model
    z = manifest.space(latent_space_of(mapping.input("latent")) or "")
    w = manifest.space(latent_space_of(mapping.output("latent")) or "")
    rows = manifest.space(latent_space_of(synthesis.input("latent")) or "")
    if z is None or w is None or rows is None or not _fit(w, rows):
        raise PortMismatch(
            f"{synthesis.file} does not take one style a layer of the space that {mapping.file} maps to; "
            "export the model again."
        )
    prior_w = prior_of(w, bundle.array)
    mean = prior_w.center if w.center is None else bundle.array(w.center).astype(np.float32).reshape(-1)
    if mean.shape != (rows.shape[1],):
        raise PortMismatch(f"The centre of {w.name} does not fit that space; export the model again.")
    prior_z = prior_of(z, bundle.array)
    port = mapping.input("label")
    columns = () if port is None else label_columns(manifest)
    if port is not None and not columns:
        raise PortMismatch(f"{mapping.file} takes a label, but the model does not say of what; export it again.")

    early = _early(graphs, synthesis, run_ms) if run_ms > SLOW_MS else None

    def made(label: Label) -> dict[str, dict[str, Any]]:
        asked = {} if port is None else {port.name: label_row(port, columns, label, mapping.file)}
        opened = (graphs.open(mapping), mapping), (graphs.open(synthesis), synthesis)
        small = None if early is None else StyleGenerator(opened[0], early, rows, mean, asked)
        generator = StyleGenerator(*opened, rows, mean, asked, small)

        def drawn(rng: np.random.Generator, count: int) -> Codes:
            return generator.map(prior_z.sample(rng, count))

        def drawn_rows(rng: np.random.Generator, count: int) -> Codes:
            return rows_of(drawn(rng, count), generator.layers, generator.width).reshape(count, -1)

        prior_rows = Prior(
            np.tile(prior_w.center, generator.layers), np.tile(prior_w.deviation, generator.layers), draw=drawn_rows
        )
        facts: dict[str, dict[str, Any]] = {}
        for key, space, prior, mapped in (
            ("", w, replace(prior_w, draw=drawn), False),
            (z.name, z, prior_z, True),
            (rows.name, rows, prior_rows, False),
        ):
            facts[key] = {
                "decodes": StyleDecoder(generator, space, prior, mapped=mapped),
                "preview": None if small is None else StyleDecoder(small, space, prior, mapped=mapped),
                "encodes": model.encodes if model.encodes and model.encodes.space.name == space.name else None,
                "styles": generator,
            }
        return facts

    return _Views(model, columns, made).of(())[""]


class _Views:
    """All views of a style generator, by label and space; the same while anything has them.

    Views know this and this knows them weakly: with the views of a model in a circle, nothing of it would leave the
    memory before the garbage collector comes.
    """

    def __init__(
        self, model: Model, columns: tuple[Attribute, ...], made: Callable[[Label], dict[str, dict[str, Any]]]
    ) -> None:
        """``made`` gives, for a whole label, what is special about each view, by its key."""
        self._model, self._columns, self._made = model, columns, made
        self._facts: OrderedDict[Label, dict[str, dict[str, Any]]] = OrderedDict()
        self._views: WeakValueDictionary[tuple[Label, str], Model] = WeakValueDictionary()
        self._guard = threading.RLock()

    def of(self, label: Label) -> "Mapping[str, Model]":
        """The views for a label; from any thread."""
        return _ViewsOf(self, whole_label(label, self._columns))

    def keys(self, label: Label) -> tuple[str, ...]:
        """Of the views for a whole label."""
        with self._guard:
            return tuple(self._known(label))

    def view(self, label: Label, key: str) -> Model:
        """One of them; ``KeyError`` where there is none."""
        with self._guard:
            found = self._views.get((label, key))
            if found is None:
                found = self._views[label, key] = replace(
                    self._model, space=key, views=_ViewsOf(self, label), columns=self._columns, label=label,
                    asking=self.of, **self._known(label)[key],
                )  # fmt: skip
            return found

    def _known(self, label: Label) -> dict[str, dict[str, Any]]:
        """What ``made`` gave; of labels that were not asked for in a long time it goes."""
        if label not in self._facts:
            self._facts[label] = self._made(label)
        self._facts.move_to_end(label)
        while len(self._facts) > KEPT_LABELS:
            self._facts.popitem(last=False)
        return self._facts[label]


class _ViewsOf(Mapping[str, Model]):
    """The views for one label, by their keys."""

    def __init__(self, views: _Views, label: Label) -> None:
        self._views, self._label = views, label

    def __getitem__(self, key: str) -> Model:
        return self._views.view(self._label, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._views.keys(self._label))

    def __len__(self) -> int:
        return len(self._views.keys(self._label))


def _early(graphs: Graphs, synthesis: Graph, run_ms: float) -> tuple[Session, Graph] | None:
    """The synthesis cut after the largest early picture that is quick enough; None: it gives none."""
    full = port_or_fault(synthesis, synthesis.output("image"), "output of a picture")
    ports = {port.name: port for port in synthesis.outputs if isinstance(port.meaning, ImageMeaning) and port != full}
    content = graphs.content(synthesis)
    work = work_of(content, tuple(ports))
    order = sorted(ports, key=lambda name: work[name])
    quick = [name for name in order if work[name] * run_ms <= PREVIEW_MS]
    if not order:
        return None
    name = quick[-1] if quick else order[0]
    cut_content, inputs = cut(content, name)
    described = synthesis.model_copy(
        update={"inputs": tuple(p for p in synthesis.inputs if p.name in inputs), "outputs": (ports[name],)}
    )
    return graphs.derived(PREVIEW, described, lambda _: cut_content), described


def own_rows(model: Model, codes: Codes) -> Styles:
    """The styles (N, L, D) of codes of one view of a style generator, before anything is mixed in or truncated.

    Raises:
        PortMismatch: the codes have another length, or the model has no styles.
    """
    if not isinstance(model.decodes, StyleDecoder):
        raise PortMismatch(f"{model.manifest.name} has no styles.")
    return model.decodes.own_rows(codes)


def converted(source: Model, target: Model, code: Codes) -> tuple[Codes | None, str]:
    """The point ``code`` (D,) of one view of a model in another view, and a sentence about what that loses.

    None where there is no way: no z is known for a w.
    """
    there = target.decodes
    if not isinstance(source.decodes, StyleDecoder) or not isinstance(there, StyleDecoder) or there.mapped:
        return None, ""
    rows = source.decodes.own_rows(code[None])[0]
    if len(there.space.shape) == 2:
        return rows.reshape(-1), ""
    if (rows == rows[0]).all():
        return rows[0], ""
    return rows.mean(axis=0), ONE_STYLE


def _fit(w: LatentSpace, rows: LatentSpace) -> bool:
    prior = rows.prior
    return len(w.shape) == 1 and rows.shape[1:] == w.shape and isinstance(prior, RowsPrior) and prior.rows == w.name


def _without_batch(port: Port) -> tuple[int, ...]:
    return tuple(axis or 1 for axis in port.shape[1:])
