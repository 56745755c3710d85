"""From what was measured to a first proposal: which graph does what, and what its numbers mean. Pure."""

import math
import re
from collections.abc import Sequence

from explorer.foreign.facts import GraphFacts, Measured, Study, Tensor, Trial
from explorer.foreign.forms import PictureForm, forms_of
from explorer.foreign.proposal import Extra, Part, Proposal, Role

SIZES = (64, 128, 256, 512)  # px that are offered where a graph takes pictures of any size
FIRST_SIZE = 256
CLASSES = 10  # where the graph does not say how many labels there are
LATENT_STEP = 4  # times as many pixels a side as the code has positions: less is a picture that is made larger
RANGES: dict[str, tuple[float, float]] = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
_TIME = re.compile(r"(^|[^a-z])(t|time|times|timestep|timesteps|time_step|sigma|step|noise_level|log_snr)([^a-z]|$)")
_LABEL = re.compile(r"(^|[^a-z])(y|c|cls|label|labels|class|classes|class_labels?|cond|condition|onehot|one_hot|attr)")
_CODE = re.compile(r"(^|[^a-z])(z|latent|latents|code|noise|seed)([^a-z]|$)")
_LOG_VARIANCE = re.compile(r"log.?_?(var|sigma)|logvar|lnvar")
_MEAN = re.compile(r"(^|[^a-z])(mu|mean|z_mean)([^a-z]|$)")
_DEVIATION = re.compile(r"std|stddev|sigma|scale")


def propose(study: Study) -> Proposal:
    """The likeliest proposal for what was dropped; at most one graph of each role, the others are left out."""
    guessed = [part for graph in study.graphs if (part := part_of(study, graph)) is not None]
    parts = _one_of_each(study, guessed)
    decoder = next((part for part in parts if part.role == "decoder"), None)
    encoder = next((part for part in parts if part.role == "encoder"), None)
    if encoder is not None and decoder is not None:
        fitting = fit_encoder(study, encoder, decoder)
        parts = [fitting if part is encoder else part for part in parts]
    told = [f"{graph.file}: {note}." for graph in study.graphs for note in graph.notes]
    for graph in study.graphs:
        trial = next((trial for trial in study.trials if trial.graph == graph.key and trial.fault), None)
        if trial is not None and not study.of(graph.key):
            told.append(f"{graph.file} does not run: {trial.fault}")
    return Proposal(name=_name(study), parts=tuple(parts), told=tuple(told))


def part_of(study: Study, graph: GraphFacts, role: Role | None = None) -> Part | None:
    """What a graph is, or would be as ``role``; None where it never ran."""
    runs = study.of(graph.key)
    if not runs or not runs[0].outputs:
        return None
    run = runs[0]
    main, extras = _inputs(graph, run)
    found = role or _role(graph, run, main, extras)
    shape = run.shapes[main.name]
    part = Part(
        graph=graph.key,
        role=found,
        main=main.name,
        main_dtype=main.dtype,
        main_shape=shape,
        batch=_batch(main, runs),
        extras=extras,
    )
    forms = forms_of(shape)
    outputs = [(output, forms_of(output.shape)) for output in run.outputs]
    pictures = [(output, seen) for output, seen in outputs if seen]
    numbers = [output for output, seen in outputs if not seen] or list(run.outputs)
    free = _free(main)
    if found == "decoder":
        part = _with_picture(part, graph, pictures)
        latent, bare = _latent_of(shape)
        part = part.model_copy(update={"latent": latent, "latent_bare": bare})
        if free and part.picture_out is not None and len(latent) == 3:
            factor = max(part.picture_out.height // latent[1], 1)
            part = resized(part.model_copy(update={"sizes": SIZES, "factor": factor}), FIRST_SIZE)
    elif found == "translator":
        wanted = [pair for pair in pictures if len(pair[0].shape) == len(shape)] or pictures
        part = _with_picture(part, graph, wanted)
        part = part.model_copy(update={"picture_in": _input_form(forms, main)})
        if free and part.picture_in is not None and part.picture_out is not None:
            part = resized(part.model_copy(update={"sizes": SIZES}), FIRST_SIZE)
    elif found == "encoder":
        part = part.model_copy(update={"picture_in": _input_form(forms, main)})
        part = _with_codes(part, [output for output in run.outputs if output.shape != shape] or numbers)
        if free and part.picture_in is not None:
            factor = max(part.picture_in.height // part.latent[1], 1) if len(part.latent) == 3 else 1
            part = resized(part.model_copy(update={"sizes": SIZES, "factor": factor}), FIRST_SIZE)
    elif found == "denoiser":
        same = [output.name for output in run.outputs if output.shape == shape] or [run.outputs[0].name]
        form = forms[0].model_copy(update={"low": -1.0, "high": 1.0}) if forms else None
        part = part.model_copy(update={"picture_in": form, "picture_out": form, "outputs": (same[0],)})
        if free and form is not None:
            part = resized(part.model_copy(update={"sizes": (32, *SIZES)}), 64)
    elif found == "critic":
        part = part.model_copy(update={"picture_in": _input_form(forms, main), "outputs": (run.outputs[0].name,)})
    if found != "unused" and not _complete(part):
        return part.model_copy(update={"role": "unused"})
    return part


def resized(part: Part, side: int) -> Part:
    """A part whose pictures may have any size, at ``side`` pixels."""
    update: dict[str, object] = {}
    positions = max(side // part.factor, 1)
    if part.role == "decoder" and part.picture_out is not None:
        out = max(part.picture_out.height * positions // part.latent[1], 1)
        update["latent"] = (part.latent[0], positions, positions)
        update["main_shape"] = (*part.main_shape[:2], positions, positions)
        update["picture_out"] = part.picture_out.model_copy(update={"height": out, "width": out})
    elif part.picture_in is not None:
        larger = 1.0 if part.picture_out is None else part.picture_out.height / part.picture_in.height
        if len(part.latent) == 3:
            update["latent"] = (part.latent[0], positions, positions)
        update["picture_in"] = part.picture_in.model_copy(update={"height": side, "width": side})
        last = part.picture_in.channels_last
        rest = (side, side, part.main_shape[-1]) if last else (part.main_shape[1], side, side)
        update["main_shape"] = (part.main_shape[0], *rest)
        if part.picture_out is not None:
            out = round(side * larger)
            update["picture_out"] = part.picture_out.model_copy(update={"height": out, "width": out})
    return part.model_copy(update=update)


def fit_encoder(study: Study, encoder: Part, decoder: Part) -> Part:
    """An encoder as it goes with a decoder: the same size of picture, and which of its outputs is the code."""
    run = study.of(encoder.graph)[0]
    want, made = decoder.latent, encoder
    if decoder.sizes and encoder.sizes and decoder.picture_out is not None:
        made = resized(encoder, decoder.latent[1] * decoder.factor)
        return made.model_copy(update={"latent": want}) if made.latent == want else _split(made, want)
    outputs = [output for output in run.outputs if math.prod(_one(output.shape, encoder)) == math.prod(want)]
    if outputs:
        return _with_codes(made, outputs).model_copy(update={"latent": want})
    return _split(made, want)


def guess_range(output: Measured, end: str) -> tuple[float, float]:
    """The numbers that mean black and white: by the type, by the operator that gives them, by what was measured."""
    if output.dtype == "uint8":
        return RANGES["0..255"]
    low, high = output.low, output.high
    if end == "Sigmoid":
        return RANGES["0..1"]
    if end == "Tanh":
        return RANGES["-1..1"]
    if low >= -0.05 and 0.3 <= high <= 1.05:
        return RANGES["0..1"]
    if -1.6 <= low < -0.1 and 0.1 < high <= 1.6:
        return RANGES["-1..1"]
    if low >= -30 and 30 < high <= 300:
        return RANGES["0..255"]
    return stretched(output)


def stretched(output: Measured) -> tuple[float, float]:
    """From the smallest number that was measured to the largest."""
    low, high = _short_number(output.low), _short_number(output.high)
    return (low, high) if low < high else (low, low + 1.0)


# --- roles -------------------------------------------------------------------------------------------------------


def _inputs(graph: GraphFacts, run: Trial) -> tuple[Tensor, tuple[Extra, ...]]:
    """The input that holds the code or the picture, and what the others are."""
    floats = [tensor for tensor in graph.inputs if tensor.dtype not in ("int64", "int32", "bool")]
    candidates = floats or list(graph.inputs)

    def weight(tensor: Tensor) -> tuple[bool, bool, int]:
        shape = run.shapes[tensor.name]
        named = bool(_CODE.search(tensor.name.lower()))
        return len(shape) >= 3 and bool(forms_of(shape)), named, math.prod(shape)

    main = max(candidates, key=weight)
    return main, tuple(_extra(graph, tensor, run) for tensor in graph.inputs if tensor is not main)


def _extra(graph: GraphFacts, tensor: Tensor, run: Trial) -> Extra:
    shape, name = run.shapes[tensor.name], tensor.name.lower()
    whole = tensor.dtype in ("int64", "int32")
    each = math.prod(shape[1:]) if len(shape) > 1 else 1
    if _TIME.search(name) and each == 1:
        return Extra(name=tensor.name, kind="timestep", dtype=tensor.dtype, shape=shape)
    if whole and each == 1:
        size = graph.rows.get(tensor.name, 0)
        return Extra(
            name=tensor.name, kind="label", dtype=tensor.dtype, shape=shape, size=size or CLASSES, guessed=not size
        )
    if whole or tensor.dtype == "bool" or len(shape) != 2:
        return Extra(name=tensor.name, kind="constant", dtype=tensor.dtype, shape=shape, value=float(each == 1))
    kind = "one_hot" if _LABEL.search(name) and each > 1 else "number"
    return Extra(name=tensor.name, kind=kind, dtype=tensor.dtype, shape=shape, size=each)


def _role(graph: GraphFacts, run: Trial, main: Tensor, extras: Sequence[Extra]) -> Role:
    shape = run.shapes[main.name]
    pictures = [output for output in run.outputs if forms_of(output.shape)]
    timed = any(extra.kind == "timestep" for extra in extras)
    if timed and forms_of(shape) and any(output.shape == shape for output in run.outputs):
        return "denoiser"
    if len(shape) >= 3 and forms_of(shape):
        return _of_picture(run, shape, pictures)
    if any(len(output.shape) >= 3 for output in pictures):
        return "decoder"
    size_in = math.prod(shape)
    size_out = max(math.prod(output.shape) for output in run.outputs)
    if forms_of(shape) and any(output.shape == shape for output in pictures):
        return "translator"
    if pictures and size_out > size_in:
        return "decoder"
    if forms_of(shape) and size_out < size_in:
        one = math.prod(run.outputs[0].shape[-1:]) == 1
        return "critic" if one or graph.ends.get(run.outputs[0].name) == "Softmax" else "encoder"
    return "unused"


def _of_picture(run: Trial, shape: tuple[int, ...], pictures: list[Measured]) -> Role:
    """The role of a graph whose input may be a picture of three or four axes."""
    given = forms_of(shape)[0]
    made = max(pictures, key=lambda output: math.prod(output.shape), default=None)
    if made is None:
        spatial = any(len(output.shape) == 4 and output.shape[2] > 1 for output in run.outputs)
        numbers = max(math.prod(output.shape) for output in run.outputs) // max(shape[0], 1)
        return "encoder" if spatial or numbers > 1 else "critic"
    form = forms_of(made.shape)[0]
    if given.channels == 4 and form.channels < 4 and form.height >= LATENT_STEP * given.height:
        return "decoder"
    if form.channels == 4 and given.channels < 4 and given.height >= LATENT_STEP * form.height:
        return "encoder"
    if max(len(output.shape) for output in pictures) <= 2 and given.numbers > form.numbers:
        return "encoder"
    return "translator"


def _one_of_each(study: Study, parts: Sequence[Part]) -> list[Part]:
    """Keeps one graph a role: decoders first, and of encoders the one whose name goes with the decoder's."""
    kept: dict[Role, Part] = {}
    for part in parts:
        kept.setdefault(part.role, part)
    decoder = kept.get("decoder")
    if decoder is not None:
        stem = _stem(study.graph(decoder.graph).file)
        rivals = [part for part in parts if part.role == "encoder"]
        named = [part for part in rivals if _stem(study.graph(part.graph).file) == stem]
        if named:
            kept["encoder"] = named[0]
        kept.pop("translator", None)
    return [part if kept.get(part.role) is part else part.model_copy(update={"role": "unused"}) for part in parts]


def _stem(file: str) -> str:
    return re.sub(r"encoder|decoder|preview|generator|enc|dec|[^a-z0-9]", "", file.lower().removesuffix(".onnx"))


def _name(study: Study) -> str:
    stems = [
        re.sub(r"[^A-Za-z0-9 ._+-]", "", graph.file.split(" (")[0].removesuffix(".onnx")) for graph in study.graphs
    ]
    cut = [re.sub(r"[-_. ]?(encoder|decoder)$", "", stem, flags=re.IGNORECASE) for stem in stems]
    name = next((stem for stem in (*cut, *stems) if stem), "model").strip(" ._+-")
    return (name or "model")[:60]


# --- forms -------------------------------------------------------------------------------------------------------


def _free(main: Tensor) -> bool:
    """Whether pictures, or codes of positions, may have any size."""
    return len(main.shape) == 4 and main.shape[1:].count(None) >= 2


def _batch(main: Tensor, runs: Sequence[Trial]) -> int:
    """0 where any number goes at once and comes out again; else how many."""
    first = runs[0].shapes[main.name]
    if not main.shape or len(main.shape) == 1 or (all(form.bare for form in forms_of(first)) and len(first) == 3):
        return 1
    if main.shape[0] is not None:
        return main.shape[0] if len(main.shape) != 2 or main.shape[0] != main.shape[1] else 1
    for run in runs[1:]:
        count = run.shapes[main.name][0]
        if count > 1 and all(output.shape and output.shape[0] == count for output in run.outputs):
            return 0
    return 1


def _input_form(forms: Sequence[PictureForm], main: Tensor) -> PictureForm | None:
    if not forms:
        return None
    low, high = RANGES["0..255"] if main.dtype == "uint8" else RANGES["0..1"]
    return forms[0].model_copy(update={"low": low, "high": high})


def _with_picture(part: Part, graph: GraphFacts, pictures: Sequence[tuple[Measured, tuple[PictureForm, ...]]]) -> Part:
    """A part whose picture is the largest of those that come out."""
    if not pictures:
        return part
    output, forms = max(pictures, key=lambda pair: pair[1][0].numbers)
    low, high = guess_range(output, graph.ends.get(output.name, ""))
    form = forms[0].model_copy(update={"low": low, "high": high})
    return part.model_copy(update={"outputs": (output.name,), "picture_out": form})


def _with_codes(part: Part, outputs: Sequence[Measured]) -> Part:
    """An encoder whose code is the first of ``outputs``, or the one that is named as the mean."""
    named = [output for output in outputs if _MEAN.search(output.name.lower())]
    mean = named[0] if named else outputs[0]
    alike = [output for output in outputs if output is not mean and output.shape == mean.shape]
    logs = [output for output in alike if _LOG_VARIANCE.search(output.name.lower())]
    plain = [output for output in alike if not _DEVIATION.search(output.name.lower())]
    spread = logs[0] if logs else plain[0] if plain and not named else None
    latent, bare = _latent_of(mean.shape)
    return part.model_copy(
        update={
            "outputs": (mean.name,), "log_variance": "" if spread is None else spread.name, "latent": latent,
            "latent_bare": bare, "split": False,
        }
    )  # fmt: skip


def _split(part: Part, want: tuple[int, ...]) -> Part:
    """An encoder whose one output is mean and log-variance behind each other; unused where it is neither."""
    doubled = (2 * want[0], *want[1:])
    if part.latent == doubled:
        return part.model_copy(update={"latent": want, "split": True, "log_variance": ""})
    return part.model_copy(update={"role": "unused"})


def _latent_of(shape: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """The shape of one code, and whether it has no batch axis; (N, D, 1, 1) is a vector too."""
    if len(shape) == 1:
        return shape, True
    inner = shape[1:]
    if len(inner) != 3 or inner[1:] == (1, 1):
        return (math.prod(inner),), False
    return inner, False


def _one(shape: tuple[int, ...], part: Part) -> tuple[int, ...]:
    return shape if len(shape) == 1 and part.latent_bare else shape[1:] or shape


def _complete(part: Part) -> bool:
    if part.role == "decoder":
        return part.picture_out is not None and bool(part.latent)
    if part.role in ("translator", "denoiser"):
        return part.picture_in is not None and part.picture_out is not None
    return part.picture_in is not None


def _short_number(value: float) -> float:
    return float(f"{value:.3g}")
