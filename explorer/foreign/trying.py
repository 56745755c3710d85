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
TRIED = 64  # px a side of pictures that any size will do for, while things are tried
LOOKED = 128  # px a side of those that are looked at
EXAMPLES = 12  # sample pictures whose codes come with a model
TILE = 96  # px of each
BETTER = 0.8  # of the error: an answer must be this much better to be chosen instead of the guess
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
        self.own = list(pictures)  # a person's; they are of the right kind, so that ranges are measured with them
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
            count = next(iter(shape), 1) if not form.bare else 1
            pictures = ((self.own or self.pictures) * (count + draw))[draw : draw + count]
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
        facts, files = bundle_of(self.study, proposal, self.contents)
        bundle = bundle_in_memory(facts, files)
        return assembled(bundle, "trial", Graphs(bundle, self._runtime))

    def settled(self, proposal: Proposal) -> Proposal:
        """A proposal after a few runs: how codes are spread, which answers restore pictures best, what belongs.

        Where a proposal cannot be run it comes back as it is, with the fault among what is told.
        """
        if proposal.part("decoder") is None or proposal.part("encoder") is None:
            return proposal
        try:
            proposal = self._best(proposal, ("output", "form", "input range"), shape_alone=True)
            proposal = self._best(proposal, ("range", "input range"), shape_alone=False)
            proposal = self._with_codes(proposal)
            given, back = self._restored(self.model(small(self.study, proposal)), RESTORED)
        except ExplorerError as error:
            return proposal.model_copy(update={"told": (*proposal.told, str(error))})
        wanted, made = _comparable(given, back)
        own, other = (float(np.mean((wanted - each) ** 2)) for each in (made, np.roll(made, 1, axis=0)))
        return proposal.model_copy(update={"belongs": own < SAME * other})

    def looks(self, proposal: Proposal) -> "Looks":
        """Pictures of the proposal, and of each answer to each open question."""
        asked = questions(self.study, proposal)
        now = small(self.study, proposal, LOOKED)
        shown: dict[tuple[str, str], Row] = {}
        for question in asked:
            for value, _ in question.answers:
                like = answered(self.study, proposal if question.key == "size" else now, question.key, value)
                shown[question.key, value] = self._row(like, question)
        return Looks(self._row(now, None), asked, shown, self._given(now))

    def examples(self, proposal: Proposal) -> dict[str, NDArray[np.generic]]:
        """Codes and thumbnails of sample pictures, where random numbers make no picture: seeds are drawn from them."""
        part = proposal.part("decoder")
        translator = proposal.part("translator") if part is None else None
        placed = part is not None and len(part.latent) > 1 and proposal.part("encoder") is not None
        if not placed and translator is None:
            return {}
        model = self.model(proposal)
        given, back = self._restored(model, min(len(self.own), EXAMPLES) or EXAMPLES)
        if model.encodes is None or model.decodes is None:
            return {}
        codes = np.concatenate([model.encodes.encode(given[at : at + 1]).mean for at in range(len(given))])
        shown = given if translator is not None else back
        return {
            "codes": codes.reshape(len(codes), *model.decodes.space.shape),
            "thumbnails": np.stack([_tile(each) for each in shown]),
        }

    def preview(self, proposal: Proposal) -> bytes:
        """One picture of it as a PNG, at most 256 px a side."""
        model = self.model(proposal)
        placed = model.encodes is not None and not model.flat
        pixels = (self._restored(model, 1)[1] if placed else self._pictures(model, 1))[0]
        image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        image.thumbnail((256, 256))
        packed = io.BytesIO()
        image.save(packed, "PNG")
        return packed.getvalue()

    def _row(self, proposal: Proposal, question: Question | None) -> "Row":
        part = proposal.part("decoder")
        placed = part is not None and len(part.latent) > 1  # random codes with positions are noise to look at
        restoring = placed if question is None or question.key == "size" else question.tested
        count = 1 if question is not None and question.key == "size" else SHOWN
        try:
            model = self.model(proposal)
            known = restoring and model.encodes is not None
            pixels = self._restored(model, count)[1] if known else self._pictures(model, count)
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

    def _best(self, proposal: Proposal, keys: Sequence[str], *, shape_alone: bool) -> Proposal:
        """The answers to these questions together that restore the sample pictures best.

        ``shape_alone``: whatever black and white are, so that outputs can be told apart before their range is known.
        """
        asked = [question for question in questions(self.study, proposal) if question.key in keys and question.tested]
        if len(asked) < 1 or (shape_alone and {question.key for question in asked} == {"input range"}):
            return proposal
        errors: dict[tuple[str, ...], float] = {}
        made: dict[tuple[str, ...], Proposal] = {}
        for values in itertools.product(*([value for value, _ in question.answers] for question in asked)):
            one = proposal
            for question, value in zip(asked, values, strict=True):
                one = answered(self.study, one, question.key, value)
            tried = small(self.study, _unclipped(self.study, one) if shape_alone else one)
            try:
                wanted, back = _comparable(*self._restored(self.model(tried), RESTORED))
            except ExplorerError:
                continue
            errors[values], made[values] = _error(wanted, back, shape_alone=shape_alone), one
        guess = tuple(question.chosen for question in asked)
        best = min(errors, key=lambda values: errors[values], default=guess)
        return made[best] if best in made and errors[best] < BETTER * errors.get(guess, np.inf) else proposal

    def _with_codes(self, proposal: Proposal) -> Proposal:
        """Mean and deviation of the codes of sample pictures, a channel each; the prior by what they are."""
        plain = small(self.study, proposal.model_copy(update={"prior": "normal"}))
        model, part = self.model(plain), plain.part("decoder")
        if model.encodes is None or part is None:
            return proposal
        height, width, _ = model.encodes.picture_shape
        pixels = fitted_pictures(self.pictures[:CODES], height or FIRST_SIZE, width or FIRST_SIZE)
        codes = model.encodes.encode(pixels).mean.reshape(len(pixels), *part.latent)
        axes = tuple(at for at in range(codes.ndim) if at != 1)
        shift, scale = codes.mean(axis=axes), codes.std(axis=axes)
        scale = np.maximum(scale, max(float(scale.max()) * FLOOR, 1e-6))
        usual = 0.3 < float(scale.max()) < 3.0 and float(np.abs(shift).max()) < 3.0  # dead dimensions stay near 0
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


def small(study: Study, proposal: Proposal, most: int = TRIED) -> Proposal:
    """The same with pictures of at most ``most`` pixels a side, where any size will do: to try things with."""
    return answered(study, proposal, "size", str(most)) if proposal.side > most else proposal


def _unclipped(study: Study, proposal: Proposal) -> Proposal:
    """With so wide a range of numbers that nothing of its decoder's outputs is cut off."""
    part = proposal.part("decoder")
    if part is None or part.picture_out is None:
        return proposal
    outputs = [found for name in part.outputs if (found := study.of(part.graph)[0].output(name)) is not None]
    low, high = sum(found.low for found in outputs), sum(found.high for found in outputs)
    form = part.picture_out.model_copy(update={"low": low - 1e-3, "high": high + 1e-3})
    return proposal.with_part(part.model_copy(update={"picture_out": form}))


def _error(wanted: NDArray[np.float32], made: NDArray[np.float32], *, shape_alone: bool) -> float:
    """Mean squared error; with ``shape_alone`` what is left of it after the best brightness and contrast of all."""
    if not shape_alone:
        return float(np.mean((wanted - made) ** 2))
    x: NDArray[np.float64] = made.reshape(-1).astype(np.float64) - float(made.mean())
    y: NDArray[np.float64] = wanted.reshape(-1).astype(np.float64) - float(wanted.mean())
    return float(np.mean(y**2)) - float(np.mean(x * y)) ** 2 / max(float(np.mean(x**2)), 1e-12)


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
    """Both in [0, 1] with as many channels and at the size of what was given."""
    colour = back.shape[3] >= 3
    if given.shape[1:3] != back.shape[1:3]:
        three = back[..., :3] if colour else np.repeat(back, 3, axis=3)
        back = fitted_pictures(list(three), given.shape[1], given.shape[2])
    wanted: NDArray[np.float32] = given[..., :3].astype(np.float32) / np.float32(255)
    made: NDArray[np.float32] = back[..., :3].astype(np.float32) / np.float32(255)
    return (wanted, made) if colour else (wanted.mean(axis=3, keepdims=True), made[..., :1])


def _tile(pixels: Pixels) -> Pixels:
    """(H, W, 1, 3 or 4) -> (TILE, TILE, 3), on white, small pictures as crisp squares."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[pixels.shape[2]]
    image = Image.fromarray(pixels[..., 0] if mode == "L" else pixels)
    if mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    method = Image.Resampling.NEAREST if image.width < TILE else Image.Resampling.BOX
    return np.asarray(image.convert("RGB").resize((TILE, TILE), method))
