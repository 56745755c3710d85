"""Foreign graphs at work: what comes out of them, how well pictures are restored, pictures for each answer.

Runs in the child process alone.
"""

import io
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.contract.archive import bundle_in_memory
from explorer.contract.errors import ExplorerError, ModelFault, short
from explorer.contract.pixels import Pixels
from explorer.foreign.facts import GraphFacts, Measured, Study, Tensor, Trial
from explorer.foreign.forms import forms_of
from explorer.foreign.guessing import FIRST_SIZE
from explorer.foreign.making import bundle_of
from explorer.foreign.proposal import Proposal
from explorer.foreign.questions import Question, answered, questions
from explorer.foreign.samples import fitted_pictures, sample_pictures
from explorer.models.capabilities import Model
from explorer.models.graphs import Graphs
from explorer.models.load import assembled
from explorer.runtime.session import Runtime

Run = Callable[[Mapping[str, NDArray[np.generic]]], Mapping[str, NDArray[np.generic]]]

SIDES = (32, 64, 224)  # px that are tried where any will do
LENGTHS = (2, 10, 16, 32, 64, 100, 128, 256, 512, 784, 8)  # of a vector whose length the graph does not say
PICTURE_NUMBERS = 784  # a vector of at least so many may be a picture
DRAWS = 4  # codes or pictures that the range of the numbers is measured with
SLOW_MS = 1_000.0  # a graph that takes longer is run once
RESTORED = 8  # sample pictures of the round trip
CODES = 48  # sample pictures whose codes are measured
SHOWN = 3  # pictures for one answer
TILE = 96  # px of each
BETTER = 0.9  # of the error: an answer must be this much better to be chosen instead of the guess
SAME = 0.9  # of the error with another picture's code: more, and encoder and decoder do not belong together
FLOOR = 0.05  # of the largest deviation of the codes: none is taken as smaller
_NUMPY = {
    "float": np.float32, "float16": np.float16, "double": np.float64, "int64": np.int64, "int32": np.int32,
    "uint8": np.uint8, "bool": np.bool_,
}  # fmt: skip


class Bench:
    """The prepared graphs of one import, and the runtime to try them on."""

    def __init__(self, runtime: Runtime, pictures: Sequence[Pixels] = ()) -> None:
        self._runtime, self.study = runtime, Study()
        self.contents: dict[str, bytes] = {}
        self.pictures = [*pictures, *sample_pictures(CODES)]

    # --- first runs ------------------------------------------------------------------------------------------------

    def trials(self, graph: GraphFacts) -> list[Trial]:
        """A run with one picture, and where the batch axis is free one with two; or the fault of the last attempt."""
        unusual = [t.name for t in graph.inputs if t.dtype not in _NUMPY]
        if unusual:
            return [Trial(graph=graph.key, shapes={}, fault=f"its input {short(unusual[0])!r} holds no numbers.")]
        try:
            session = self._runtime.open_plain(self.contents[graph.key], graph.file)
        except ExplorerError as error:
            return [Trial(graph=graph.key, shapes={}, fault=str(error))]
        failed: Trial | None = None
        for shapes in _fillings(graph, 1):
            trial = self._trial(graph, session.run, shapes)
            if trial.fault:
                failed = failed or trial
                continue
            twice = next(same for same in _fillings(graph, 2) if _alike(same, shapes))
            return [trial] if twice == shapes else [trial, self._trial(graph, session.run, twice)]
        return [failed] if failed is not None else []

    def _trial(self, graph: GraphFacts, run: Run, shapes: Mapping[str, tuple[int, ...]]) -> Trial:
        found: list[Mapping[str, NDArray[np.generic]]] = []
        start = time.perf_counter()
        try:
            for draw in range(DRAWS):
                feeds = {t.name: self._feed(t, shapes[t.name], draw) for t in graph.inputs}
                found.append(run(feeds))
                if (time.perf_counter() - start) * 1_000 > SLOW_MS:
                    break
        except ExplorerError as error:
            return Trial(graph=graph.key, shapes=shapes, fault=str(error))
        took_ms = (time.perf_counter() - start) * 1_000 / len(found)
        outputs = tuple(_measured(t.name, t.dtype, [each[t.name] for each in found]) for t in graph.outputs)
        return Trial(graph=graph.key, shapes=shapes, outputs=outputs, run_ms=round(took_ms, 2))

    def _feed(self, tensor: Tensor, shape: tuple[int, ...], draw: int) -> NDArray[np.generic]:
        rng = np.random.default_rng(draw)
        forms = forms_of(shape)
        kind = _NUMPY[tensor.dtype]
        if forms and (len(shape) >= 3 or forms[0].numbers >= PICTURE_NUMBERS) and tensor.dtype != "int64":
            form = forms[0]
            count = 1 if form.bare else shape[0]
            pictures = (self.pictures * (count + draw))[draw : draw + count]
            pixels = fitted_pictures(pictures, form.height, form.width)
            grey = pixels.mean(axis=3, keepdims=True)
            colours = grey if form.channels == 1 else pixels[..., :3]
            if form.channels == 4:
                colours = np.concatenate([colours, np.full_like(grey, 255)], axis=3)
            ordered = colours if form.channels_last else np.moveaxis(colours, 3, 1)
            values = ordered.reshape(shape) / (1 if tensor.dtype == "uint8" else 255)
            return values.astype(kind)
        if tensor.dtype in ("int64", "int32", "uint8", "bool"):
            return np.zeros(shape, kind)
        return rng.standard_normal(shape).astype(kind)

    # --- a proposal as the program would have it -------------------------------------------------------------------

    def model(self, proposal: Proposal) -> Model:
        """The bundle of a proposal in memory, loaded as the program would load it."""
        facts, files = bundle_of(self.study, proposal, self.contents, b"", ())
        bundle = bundle_in_memory(facts, files)
        return assembled(bundle, "trial", Graphs(bundle, self._runtime))

    def settled(self, proposal: Proposal) -> Proposal:
        """A proposal after a few runs: how codes are spread, which answers restore pictures best, what belongs.

        Where a proposal cannot be run it comes back as it is, with the fault among what is told.
        """
        if proposal.part("decoder") is None or proposal.part("encoder") is None:
            return proposal
        try:
            for keys in (("output",), ("form",), ("range", "input range")):
                proposal = self._best(proposal, keys)
            proposal = self._with_codes(proposal)
            own, other = self._round_trip(proposal)
        except ExplorerError as error:
            return proposal.model_copy(update={"told": (*proposal.told, str(error))})
        return proposal.model_copy(update={"belongs": own < SAME * other})

    def looks(self, proposal: Proposal) -> "Looks":
        """Pictures of the proposal, and of each answer to each open question."""
        asked = questions(self.study, proposal)
        shown = {
            (question.key, value): self._row(answered(self.study, proposal, question.key, value), question)
            for question in asked
            for value, _ in question.answers
        }
        return Looks(self._row(proposal, None), asked, shown, self._given(proposal))

    def preview(self, proposal: Proposal) -> bytes:
        """One picture of it as a PNG, at most 256 px a side."""
        pixels = self._pictures(self.model(proposal), 1)[0]
        image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        image.thumbnail((256, 256))
        packed = io.BytesIO()
        image.save(packed, "PNG")
        return packed.getvalue()

    def _row(self, proposal: Proposal, question: Question | None) -> "Row":
        restoring = question is not None and question.tested and proposal.part("encoder") is not None
        try:
            model = self.model(proposal)
            pixels = self._restored(model, SHOWN)[1] if restoring else self._pictures(model, SHOWN)
        except ExplorerError as error:
            return Row(None, str(error))
        return Row(np.concatenate([_tile(each) for each in pixels], axis=1), "")

    def _pictures(self, model: Model, count: int) -> Pixels:
        """What it makes: of random codes, or, where it makes pictures of pictures, of sample pictures."""
        if model.decodes is None:
            raise ModelFault("It makes no pictures.")
        if model.manifest.graph("translator") is not None:
            return self._restored(model, count)[1]
        decodes = model.decodes if model.unfolds is None else model.unfolds.quick
        return decodes.decode(decodes.prior.sample(np.random.default_rng(42), count))

    def _given(self, proposal: Proposal) -> Pixels | None:
        """The sample pictures that are restored or translated, in a row; None where it takes none."""
        part = proposal.part("translator") or (proposal.part("encoder") if proposal.part("decoder") else None)
        if part is None or part.picture_in is None:
            return None
        pixels = fitted_pictures(self.pictures[:SHOWN], part.picture_in.height, part.picture_in.width)
        return np.concatenate([_tile(each) for each in pixels], axis=1)

    def _restored(self, model: Model, count: int) -> tuple[Pixels, Pixels]:
        """Sample pictures at the model's size, and how they come back."""
        if model.encodes is None or model.decodes is None:
            raise ModelFault("It takes no pictures.")
        height, width, _ = model.encodes.picture_shape
        pixels = fitted_pictures(self.pictures[:count], height or FIRST_SIZE, width or FIRST_SIZE)
        return pixels, model.decodes.decode(model.encodes.encode(pixels).mean)

    def _round_trip(self, proposal: Proposal) -> tuple[float, float]:
        """Mean squared error of restored sample pictures, and of the same with another picture's code, in [0, 1]."""
        given, back = self._restored(self.model(proposal), RESTORED)
        wanted, made = _comparable(given, back)
        return float(np.mean((wanted - made) ** 2)), float(np.mean((wanted - np.roll(made, 1, axis=0)) ** 2))

    def _best(self, proposal: Proposal, keys: Sequence[str]) -> Proposal:
        """The answers to these questions together that restore the sample pictures best."""
        asked = [question for question in questions(self.study, proposal) if question.key in keys and question.tested]
        if not asked:
            return proposal
        errors: dict[tuple[str, ...], float] = {}
        made: dict[tuple[str, ...], Proposal] = {}
        for values in itertools.product(*([value for value, _ in question.answers] for question in asked)):
            one = proposal
            for question, value in zip(asked, values, strict=True):
                one = answered(self.study, one, question.key, value)
            try:
                errors[values], made[values] = self._round_trip(one)[0], one
            except ExplorerError:
                continue
        guess = tuple(question.chosen for question in asked)
        best = min(errors, key=lambda values: errors[values], default=guess)
        return made[best] if best in made and errors[best] < BETTER * errors.get(guess, np.inf) else proposal

    def _with_codes(self, proposal: Proposal) -> Proposal:
        """Mean and deviation of the codes of sample pictures, a channel each; the prior by what they are."""
        plain = proposal.model_copy(update={"prior": "normal"})
        model = self.model(plain)
        part = proposal.part("decoder")
        if model.encodes is None or part is None:
            return proposal
        height, width, _ = model.encodes.picture_shape
        pixels = fitted_pictures(self.pictures[:CODES], height or FIRST_SIZE, width or FIRST_SIZE)
        codes = model.encodes.encode(pixels).mean.reshape(len(pixels), *part.latent)
        axes = tuple(at for at in range(codes.ndim) if at != 1)
        shift, scale = codes.mean(axis=axes), codes.std(axis=axes)
        scale = np.maximum(scale, max(float(scale.max()) * FLOOR, 1e-6))
        usual = 0.3 < float(np.median(scale)) < 2.0 and float(np.abs(shift).max()) < 2.0
        return proposal.model_copy(
            update={
                "prior": "normal" if usual else "measured",
                "shift": tuple(float(f"{value:.6g}") for value in shift.tolist()),
                "scale": tuple(float(f"{value:.6g}") for value in scale.tolist()),
            }
        )


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures side by side, (H, W, 3) uint8, or the sentence why there are none."""

    pixels: Pixels | None
    fault: str


@dataclass(frozen=True, eq=False)
class Looks:
    """What a proposal looks like, the open questions, what each answer would look like, and what was put in."""

    now: Row
    questions: tuple[Question, ...]
    answers: Mapping[tuple[str, str], Row]
    given: Pixels | None


def _measured(name: str, dtype: str, values: Sequence[NDArray[np.generic]]) -> Measured:
    first = values[0]
    numbers = np.concatenate([np.asarray(each, np.float64).reshape(-1) for each in values])
    finite = bool(np.isfinite(numbers).all()) and numbers.size > 0
    known = numbers[np.isfinite(numbers)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return Measured(name=name, dtype=dtype, shape=first.shape, low=low, high=high, finite=finite)


def _fillings(graph: GraphFacts, batch: int) -> Iterator[dict[str, tuple[int, ...]]]:
    """Sizes for the axes that a graph leaves free, those first that most graphs take."""
    sides = SIDES if any(len(t.shape) == 4 and None in t.shape[2:] for t in graph.inputs) else SIDES[:1]
    lengths = LENGTHS if any(len(t.shape) == 2 and t.shape[1] is None for t in graph.inputs) else LENGTHS[:1]
    for side, length in itertools.product(sides, lengths):
        yield {t.name: tuple(_filled(t, batch, side, length)) for t in graph.inputs}


def _filled(tensor: Tensor, batch: int, side: int, length: int) -> Iterator[int]:
    last = len(tensor.shape) == 4 and tensor.shape[3] is not None and tensor.shape[1] is None
    for at, size in enumerate(tensor.shape):
        if size is not None:
            yield size
        elif at == 0:
            yield batch
        elif len(tensor.shape) == 4:
            yield 3 if at == 1 and not last and None not in (tensor.shape[2], tensor.shape[3]) else side
        else:
            yield length


def _alike(some: Mapping[str, tuple[int, ...]], other: Mapping[str, tuple[int, ...]]) -> bool:
    return all(shape[1:] == other[name][1:] for name, shape in some.items())


def _comparable(given: Pixels, back: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both in [0, 1] with as many channels and at the same size."""
    if given.shape[1:3] != back.shape[1:3]:
        given = fitted_pictures(list(given), back.shape[1], back.shape[2])
    colour = back.shape[3] >= 3
    wanted = given[..., :3].astype(np.float32) / 255
    made = back[..., : 3 if colour else 1].astype(np.float32) / 255
    return (wanted, made) if colour else (wanted.mean(axis=3, keepdims=True), made)


def _tile(pixels: Pixels) -> Pixels:
    """(H, W, 1, 3 or 4) -> (TILE, TILE, 3), on white, small pictures as crisp squares."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[pixels.shape[2]]
    image = Image.fromarray(pixels[..., 0] if mode == "L" else pixels)
    if mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    method = Image.Resampling.NEAREST if image.width < TILE else Image.Resampling.BOX
    return np.asarray(image.convert("RGB").resize((TILE, TILE), method))
