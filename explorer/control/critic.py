"""The critic: how real the picture in view looks to it, along psi, beside other seeds and a picture from outside."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.formulas import FORMULAS, Reading
from explorer.control.stage import Picture, Stage
from explorer.control.styledraw import mixed_rows
from explorer.latent.judgement import chance
from explorer.latent.styles import PSI_HIGH, PSI_LOW, Style, truncated
from explorer.media.pictures_in import central_box, fitted, read_picture_file, with_channels
from explorer.models.capabilities import Model
from explorer.models.critic import GRADIENT, Judged, can_judge, look, picture_size, scores
from explorer.state.criticlook import CriticLook, Subject
from explorer.state.history import History, change
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

KEY = "critic"  # of the instrument
PSIS = tuple(float(psi) for psi in np.linspace(PSI_LOW, PSI_HIGH, 13).round(2))
OTHERS = 24  # samples of the prior that the picture is held against
BATCH = 4  # pictures at once, so that a hand never waits long
MIDDLE = (10, 90)  # percentiles that the band of other seeds lies between


@dataclass(frozen=True, eq=False)
class Curve:
    """Scores along ``PSIS`` of the point that ``key`` says, (13,)."""

    key: Hashable
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Rivals:
    """The scores (N,) of samples of the prior, drawn with the noise that ``key`` says."""

    key: Hashable
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Verdict:
    """All that is known by now; None: still to come, or there is none."""

    psi: float | None  # where the picture in view lies on the curve; None: the model has no psi
    view: Judged | None
    dropped: Judged | None
    name: str  # of what was dropped
    curve: NDArray[np.float32] | None
    band: tuple[float, float] | None  # that most other seeds lie in
    sentence: str
    subject: Subject
    readings: tuple[Reading, ...]


class CriticView(Protocol):
    """What the controller needs of the panel."""

    def show_verdict(self, verdict: Verdict) -> None: ...
    def show_fault(self, sentence: str) -> None: ...


class CriticController:
    """Judges each new picture while the panel is in sight, and more of it when the hand is still."""

    def __init__(
        self, explore: Explore, stage: Stage, history: History, lane: Lane, reader: Lane, view: CriticView
    ) -> None:
        self._explore, self._stage, self._history = explore, stage, history
        self._lane, self._reader, self._view = lane, reader, view
        self._judged: tuple[Picture, Judged] | None = None
        self._curve: Curve | None = None
        self._rivals: Rivals | None = None
        self._source: tuple[str, Pixels] | None = None  # from outside, as it is
        self._dropped: Judged | None = None  # the same as the model's critic sees it
        stage.events.model.connect(self._enter)
        stage.events.picture.connect(self.refresh)
        explore.events.instrument.connect(self.rest)
        explore.events.critic.connect(self._show)

    def refresh(self) -> None:
        """A new picture: score it."""
        self._ask(whole=False)

    def rest(self) -> None:
        """The hand is still: find out where the critic looks, the curve along psi and what other seeds score."""
        self._ask(whole=True)

    # what a person does

    def take_file(self, path: Path) -> None:
        """Judge a picture file."""
        self._reader.submit(lambda job: read_picture_file(path), partial(self._take, path.name), self._fail)

    def choose(self, subject: Subject) -> None:
        """Show where the critic looks in this picture."""
        if subject == "view" or self._dropped is not None:
            change(self._history, self._explore, "critic", CriticLook(subject=subject), "Look at another picture")

    # inside

    @property
    def _model(self) -> Model | None:
        model = self._stage.model
        return model if can_judge(model) else None

    @property
    def _looked_at(self) -> bool:
        return self._explore.instrument == KEY and self._model is not None

    def _enter(self) -> None:
        model = self._model
        others = self._judged is None or model is None or self._judged[0].model.key != model.key
        if others:
            self._judged = self._curve = self._rivals = self._dropped = None
            self._lane.cancel()
            self._read()

    def _take(self, name: str, pixels: Pixels) -> None:
        self._source, self._dropped = (name, pixels), None
        self._view.show_fault("")
        self._read()
        change(self._history, self._explore, "critic", CriticLook(subject="dropped"), f"Judge {name}")

    def _read(self) -> None:
        """Have the picture from outside judged by the model on stage."""
        model, source = self._model, self._source
        if model is None or source is None:
            return

        def learn(judged: Judged) -> None:
            if self._stage.model is not None and self._stage.model.key == model.key:
                self._dropped = judged
                self._show()

        self._reader.submit(partial(_judge_outside, model, source[1]), learn, self._fail)

    def _ask(self, *, whole: bool) -> None:
        model, picture = self._model, self._stage.picture
        if not self._looked_at or model is None or picture is None or picture.model is not model:
            return
        judged = self._judged[1] if self._judged is not None and self._judged[0] is picture else None
        curve, rivals = _curve_key(picture), _rivals_key(picture)
        work = partial(
            _judge, picture, judged, whole,
            None if self._curve is not None and self._curve.key == curve else curve,
            None if self._rivals is not None and self._rivals.key == rivals else rivals,
        )  # fmt: skip
        self._lane.submit(work, lambda _: None, self._fail, partial(self._learn, picture))
        self._show()

    def _learn(self, picture: Picture, found: Judged | Curve | Rivals) -> None:
        if self._stage.model is None or picture.model.key != self._stage.model.key:
            return
        if isinstance(found, Judged):
            self._judged = picture, found
            self._view.show_fault("")
        elif isinstance(found, Curve):
            self._curve = found
        else:
            self._rivals = found
        self._show()

    def _show(self) -> None:
        picture = self._stage.picture
        if not self._looked_at or picture is None:
            return
        model, look_at = picture.model, self._explore.critic
        view = None if self._judged is None else self._judged[1]
        subject: Subject = look_at.subject if self._dropped is not None else "view"
        known = self._curve is not None and self._curve.key == _curve_key(picture)
        chosen = self._dropped if subject == "dropped" else view
        rivals = None if self._rivals is None else self._rivals.scores
        self._view.show_verdict(
            Verdict(
                picture.style.psi if model.styles is not None else None,
                view,
                self._dropped,
                "" if self._source is None else self._source[0],
                self._curve.scores if known and self._curve is not None else None,
                None
                if rivals is None
                else (float(np.percentile(rivals, MIDDLE[0])), float(np.percentile(rivals, MIDDLE[1]))),
                _sentence(view, rivals),
                subject,
                () if chosen is None else readings(chosen),
            )
        )

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_fault(str(error))


def readings(judged: Judged) -> tuple[Reading, ...]:
    """The formulas of the score, and where there is a gradient of where the critic looks, with these numbers."""
    score = judged.score
    percent = f"{100 * chance(score):.0f} % real".replace("%", "%")
    written = f"1 / (1 + e^({-score:.2f})) = {chance(round(score, 2)):.3f}".replace("-", "−")
    found = [Reading(FORMULAS["critic"], (f"{score:+.2f}".replace("-", "−"),), percent, (written,))]
    if judged.heat is not None:
        row, column = (int(at) for at in np.unravel_index(int(judged.heat.argmax()), judged.heat.shape))
        top = f"{float(judged.heat.max()):.3g}"
        where = f"most at row {row + 1}, column {column + 1}: {top} for a step from black to white"
        found.append(Reading(FORMULAS["saliency"], (f"{score:+.2f}".replace("-", "−"), top), where))
    return tuple(found)


def _sentence(view: Judged | None, rivals: NDArray[np.float32] | None) -> str:
    if view is None or rivals is None:
        return ""
    return f"It looks more real than {int((rivals < view.score).sum())} of {len(rivals)} random pictures of this model."


def _curve_key(picture: Picture) -> Hashable:
    """All but psi that the curve depends on."""
    return picture.model.space, picture.code.tobytes(), picture.style.model_copy(update={"psi": 1.0})


def _rivals_key(picture: Picture) -> Hashable:
    style = picture.style
    return picture.model.label, style.noise, style.noise_seed, style.noise_strength


def _judge(
    picture: Picture, known: Judged | None, whole: bool, curve: Hashable, rivals: Hashable, job: Job
) -> Iterator[None]:
    """In the worker: the score first, then, when the hand is still, all else that is not known."""
    model = picture.model
    job.cancel_with(model.cancel)
    if known is None:
        known = Judged(picture.pixels, float(scores(model, picture.pixels[None])[0]))
        job.report(known)
        yield
    if not whole:
        return
    if known.heat is None and model.manifest.graph(GRADIENT) is not None:
        job.report(look(model, picture.pixels))
        yield
    batch = BATCH if model.preview is None else 1  # a slow model must give way sooner
    if curve is not None:
        found: list[NDArray[np.float32]] = []
        for at in range(0, len(PSIS), batch):
            found.append(scores(model, _along(picture, PSIS[at : at + batch])))
            yield
        job.report(Curve(curve, np.concatenate(found)))
    if rivals is not None:
        met = model.within("")
        assert met.decodes is not None
        decodes, style = met.decodes, picture.style
        plain = Style(noise=style.noise, noise_seed=style.noise_seed, noise_strength=style.noise_strength)
        codes = decodes.prior.sample(np.random.default_rng(0), OTHERS)
        others: list[NDArray[np.float32]] = []
        for at in range(0, OTHERS, batch):
            here = codes[at : at + batch]
            drawn = decodes.decode(here) if met.styles is None else _styled(met, here, plain)
            others.append(scores(model, drawn))
            yield
        job.report(Rivals(rivals, np.concatenate(others)))


def _along(picture: Picture, psis: tuple[float, ...]) -> Pixels:
    """The picture at each psi, (N, H, W, C); without styles on the line through the prior's centre."""
    model, styles = picture.model, picture.model.styles
    assert model.decodes is not None
    if styles is None:
        center = model.decodes.prior.center
        codes = center + np.array(psis, np.float32)[:, None] * (picture.code - center)
        return model.decodes.decode(codes.astype(np.float32))
    rows = mixed_rows(model, picture.code, picture.style)[None]
    each = [truncated(rows, styles.mean, picture.style.model_copy(update={"psi": psi})) for psi in psis]
    return styles.synthesize(np.concatenate(each), picture.style)


def _styled(model: Model, codes: NDArray[np.float32], style: Style) -> Pixels:
    assert model.styles is not None
    return model.styles.synthesize(np.stack([mixed_rows(model, code, style) for code in codes]), style)


def _judge_outside(model: Model, pixels: Pixels, job: Job) -> Judged:
    """In the worker: the middle square of a picture (H, W, 3), in the critic's size."""
    job.cancel_with(model.cancel)
    height, width, channels = picture_size(model)
    box = central_box(pixels)
    square = fitted(pixels, box, height or box[2], width or box[2])
    return look(model, with_channels(square, channels))
