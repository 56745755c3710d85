"""What only a look can settle: each open question of a proposal, its answers, and the proposal that an answer makes."""

from collections.abc import Callable
from dataclasses import dataclass

from explorer.foreign.facts import Measured, Study
from explorer.foreign.forms import PictureForm, forms_of
from explorer.foreign.guessing import RANGES, fit_encoder, guess_range, resized, stretched
from explorer.foreign.proposal import Part, Proposal

ALL = "sum"


@dataclass(frozen=True)
class Question:
    """One question with its answers, key -> words; ``chosen`` is the key of what the proposal says now."""

    key: str
    sentence: str
    answers: tuple[tuple[str, str], ...]
    chosen: str
    tested: bool = False  # whether restoring sample pictures can tell the answers apart


def questions(study: Study, proposal: Proposal) -> tuple[Question, ...]:
    """The open questions, those first on which later ones depend."""
    found: list[Question] = []
    maker = proposal.part("decoder") or proposal.part("translator")
    encoder = proposal.part("encoder")
    denoiser = proposal.part("denoiser")
    whole = proposal.part("decoder") is not None and encoder is not None
    if maker is not None:
        found += _of_maker(study, maker, tested=whole)
    reader = encoder if maker is None or maker.role != "translator" else maker
    if reader is not None and reader.picture_in is not None and reader.main_dtype != "uint8":
        found.append(_range("input range", "Which numbers does it want for black and white?", reader.picture_in, None,
                            tested=whole or reader.role == "translator"))  # fmt: skip
    sized = maker or denoiser
    if sized is not None and sized.sizes:
        answers = tuple((str(size), f"{size} px") for size in sized.sizes)
        found.append(
            Question("size", "It takes pictures of any size: how large shall they be?", answers, str(proposal.side))
        )
    if proposal.part("decoder") is not None:
        answers = (("normal", "normal, N(0, 1)"), ("uniform", "uniform, −1 to 1"))
        answers += (("measured", "as sample pictures are encoded"),) if whole and proposal.scale else ()
        sentence = "Where do its codes come from? Each row shows random ones."
        found.append(Question("prior", sentence, answers, proposal.prior))
        guessed = next((extra for extra in maker.extras if extra.guessed), None) if maker is not None else None
        if guessed is not None:
            counts = sorted({2, 10, 100, 1000, guessed.size})
            found.append(Question("classes", f"How many classes does {guessed.name} choose among?",
                                  tuple((str(n), f"{n}") for n in counts), str(guessed.size)))  # fmt: skip
    if denoiser is not None:
        found += _of_denoiser(proposal)
    return tuple(question for question in found if len(question.answers) > 1)


def answered(study: Study, proposal: Proposal, key: str, value: str) -> Proposal:
    """The proposal with another answer to one question."""
    maker = proposal.part("decoder") or proposal.part("translator")
    reader = proposal.part("encoder") if maker is None or maker.role != "translator" else maker
    match key:
        case "output" if maker is not None:
            return proposal.with_part(_with_output(study, maker, value))
        case "form" if maker is not None and maker.picture_out is not None:
            form = _forms(study, maker)[int(value)]
            kept = {"low": maker.picture_out.low, "high": maker.picture_out.high}
            return proposal.with_part(maker.model_copy(update={"picture_out": form.model_copy(update=kept)}))
        case "range" if maker is not None and maker.picture_out is not None:
            return proposal.with_part(
                maker.model_copy(update={"picture_out": _ranged(maker.picture_out, value, _output(study, maker))})
            )
        case "input range" if reader is not None and reader.picture_in is not None:
            return proposal.with_part(reader.model_copy(update={"picture_in": _ranged(reader.picture_in, value, None)}))
        case "size":
            return _resized(study, proposal, int(value))
        case "prior":
            return proposal.model_copy(update={"prior": value})
        case "classes" if maker is not None:
            extras = tuple(
                extra.model_copy(update={"size": int(value)}) if extra.guessed else extra for extra in maker.extras
            )
            return proposal.with_part(maker.model_copy(update={"extras": extras}))
        case "parameterisation" | "schedule" | "time_unit":
            return proposal.model_copy(update={key: value})
        case _:
            return proposal


def _of_maker(study: Study, maker: Part, *, tested: bool) -> list[Question]:
    found: list[Question] = []
    run = study.of(maker.graph)[0]
    pictures = [output for output in run.outputs if forms_of(output.shape)]
    if maker.role == "translator":
        pictures = [output for output in pictures if len(output.shape) == len(maker.main_shape)]
    if len(pictures) > 1:
        answers = tuple((output.name, f"{output.name}: {_side(output)} px") for output in pictures)
        answers += ((ALL, "their sum, at full size"),) if _can_add(pictures) else ()
        chosen = ALL if maker.summed else maker.outputs[0]
        found.append(Question("output", "Several pictures come out: which one is it?", answers, chosen, tested))
    forms = _forms(study, maker)
    if len(forms) > 1 and maker.picture_out is not None:
        now = maker.picture_out
        at = next((i for i, form in enumerate(forms)
                   if (form.layout, form.channels, form.last) == (now.layout, now.channels, now.last)), 0)  # fmt: skip
        answers = tuple((str(i), form.words) for i, form in enumerate(forms))
        found.append(Question("form", "How do its numbers lie in the picture?", answers, str(at), tested))
    output = _output(study, maker)
    if maker.picture_out is not None and output is not None and output.dtype != "uint8":
        sentence = "Which numbers come out for black and white?"
        found.append(_range("range", sentence, maker.picture_out, output, tested=tested))
    return found


def _of_denoiser(proposal: Proposal) -> list[Question]:
    return [
        Question("parameterisation", "What does the network predict?",
                 (("eps", "the noise (ε)"), ("v", "the velocity (v)"), ("x0", "the clean picture")),
                 proposal.parameterisation),
        Question("schedule", "By which schedule was it trained?",
                 (("linear", "linear"), ("scaled", "scaled linear"), ("cosine", "cosine")), proposal.schedule),
        Question("time_unit", "How does it count time?",
                 (("step", "in steps, 0 to 999"), ("fraction", "from 0 to 1")), proposal.time_unit),
    ]  # fmt: skip


def _range(key: str, sentence: str, form: PictureForm, output: Measured | None, *, tested: bool) -> Question:
    answers = [(name, name.replace("..", " to ").replace("-", "−")) for name in RANGES]
    if output is not None:
        low, high = stretched(output)
        answers.append(("stretch", f"{low:g} to {high:g}, as measured".replace("-", "−")))
    chosen = next((name for name, pair in RANGES.items() if pair == (form.low, form.high)), "stretch")
    return Question(key, sentence, tuple(answers), chosen, tested)


def _ranged(form: PictureForm, value: str, output: Measured | None) -> PictureForm:
    low, high = RANGES[value] if value in RANGES else stretched(output) if output is not None else (form.low, form.high)
    return form.model_copy(update={"low": low, "high": high})


def _output(study: Study, part: Part) -> Measured | None:
    run = study.of(part.graph)[0]
    return run.output(part.outputs[0]) if part.outputs else None


def _forms(study: Study, part: Part) -> tuple[PictureForm, ...]:
    output = _output(study, part)
    return () if output is None or part.sizes else forms_of(output.shape)


def _with_output(study: Study, part: Part, value: str) -> Part:
    """Another of the outputs, or the sum of all that are pictures with as many channels."""
    run = study.of(part.graph)[0]
    pictures = [output for output in run.outputs if forms_of(output.shape)]
    largest = max(pictures, key=lambda output: forms_of(output.shape)[0].height)
    chosen = largest if value == ALL else next((found for found in pictures if found.name == value), largest)
    form = forms_of(chosen.shape)[0]
    if part.picture_out is not None and part.sizes:  # the size that was chosen, not that of the first run
        scale = part.main_shape[-1] / run.shapes[part.main][-1]
        form = form.model_copy(update={"height": round(form.height * scale), "width": round(form.width * scale)})
    low, high = guess_range(chosen, study.graph(part.graph).ends.get(chosen.name, ""))
    names = (chosen.name,)
    if value == ALL:
        names += tuple(output.name for output in pictures if output is not chosen)
        low, high = (part.picture_out.low, part.picture_out.high) if part.picture_out is not None else (low, high)
    form = form.model_copy(update={"low": low, "high": high})
    return part.model_copy(update={"outputs": names, "summed": value == ALL, "picture_out": form})


def _resized(study: Study, proposal: Proposal, side: int) -> Proposal:
    change: Callable[[Part], Part] = lambda part: resized(part, side) if part.sizes else part  # noqa: E731
    made = proposal.model_copy(update={"parts": tuple(change(part) for part in proposal.parts)})
    decoder, encoder = made.part("decoder"), made.part("encoder")
    return made if decoder is None or encoder is None else made.with_part(fit_encoder(study, encoder, decoder))


def _can_add(pictures: list[Measured]) -> bool:
    forms = [forms_of(output.shape)[0] for output in pictures]
    top = max(form.height for form in forms)
    return len({form.channels for form in forms}) == 1 and all(
        form.layout == "NCHW" and top % form.height == 0 for form in forms
    )


def _side(output: Measured) -> int:
    return forms_of(output.shape)[0].height
