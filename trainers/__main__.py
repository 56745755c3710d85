"""``python -m trainers``: train, resume, export, import and more, each a function over frozen options.

Exit status 0: done. 2: a wrong call. 1: anything else, with one sentence on stderr (``--debug`` shows the traceback).
"""

import json
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import tyro
from pydantic import TypeAdapter, ValidationError

from explorer.contract.errors import ExplorerError, UnknownName
from explorer.contract.output import reader_left
from trainers.families import FAMILIES, family_called
from trainers.kit.device import Machine, be_considerate
from trainers.kit.quality_config import QualityConfig
from trainers.recipes import RECIPES
from trainers.schema import schema

DONE, FAILED, WRONG_CALL = 0, 1, 2
RUNS = Path("runs")  # where a training goes that is not told where

Config = TypeVar("Config")


class WrongCall(ExplorerError):
    """The command line asks for something that there is not."""


@dataclass(frozen=True)
class TrainOptions(Generic[Config]):
    """What ``train`` and ``probe`` take beside the name of a family or recipe."""

    config: Config
    out: Path | None = None
    """Folder of the run; by default runs/ and the name."""
    max_steps: int = 0
    """Train for so many steps, whatever the number of images says; 0 leaves it to that."""
    log: Literal["none", "tensorboard"] = "none"
    """tensorboard writes event files beside events.jsonl, into the run's folder tensorboard/."""
    machine: Machine = field(default_factory=Machine)


@dataclass(frozen=True)
class ResumeOptions:
    """Go on with a training that was stopped or killed; the numbers are those of an unbroken run."""

    run: tyro.conf.Positional[Path]
    """Folder of the run."""
    rate: float = 0.0
    """Another learning rate from here on, such as a smaller one after it diverged; 0 keeps what it was."""
    devices: int = 0
    """Processes on this machine; 0 takes as many as it was started with."""
    nodes: int = 0
    """Machines; 0 takes as many as it was started with."""


@dataclass(frozen=True)
class ExportOptions:
    """Make a bundle of a training's best weights."""

    run: tyro.conf.Positional[Path]
    """Folder of the run."""
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """The bundle: a folder, or one file if it ends in .lexp or .zip."""


@dataclass(frozen=True)
class ImportOptions:
    """Make a bundle of a network that somebody else trained; nothing in its file is run."""

    network: tyro.conf.Positional[Path]
    """A StyleGAN2 network file (.pkl), weights with their config.json beside them, or a folder of diffusers."""
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """The bundle: a folder, or one file if it ends in .zip."""
    name: str = ""
    """What the model is called; by default what the file is called."""


@dataclass(frozen=True)
class EvaluateOptions:
    """Measure a bundle on a test split and write the numbers into it."""

    bundle: tyro.conf.Positional[Path]
    """The bundle."""
    data: str = ""
    """Name of a data set, or a folder; by default what the bundle was trained on."""
    config: QualityConfig = field(default_factory=QualityConfig)


@dataclass(frozen=True)
class DataOptions:
    """Prepare a data set and say what was found."""

    name: tyro.conf.Positional[str]
    """fashion-mnist, mnist, faces, faces:STYLE, glyphs, or a folder."""
    size: int = 0
    """Side of a picture; 0 is the data's own."""
    json: bool = False
    """Say it as JSON, for a form."""
    sheet: Path | None = None
    """Where some of its training pictures are drawn, as a PNG."""
    augmented: bool = False
    """Draw on that sheet what the augmentation of a style GAN does to one picture."""


def train(words: list[str]) -> None:
    """Train a family, or exactly what a recipe says, with any value changed."""
    name, options, config = _asked(words, "train")
    recipe = RECIPES.get(words[0])
    out = options.out or _free(RUNS / words[0])
    be_considerate()
    from trainers.runs import start

    exactly = recipe is not None and config == recipe.config
    start(family_called(name), config, options.machine, out, _tell, words[0] if exactly else "", options.log)


def probe(words: list[str]) -> None:
    """Measure a few steps: how long a training would take, what it needs, what would go wrong; as JSON."""
    name, options, config = _asked(words, "probe")
    be_considerate()
    from trainers.probe import measure

    _say(json.dumps(measure(family_called(name), config, options.machine, options.out or RUNS)))


def resume(words: list[str]) -> None:
    """Go on with a run."""
    options = _parsed(ResumeOptions, words, "resume")
    be_considerate()
    from trainers.runs import resume as go_on

    go_on(options.run, _tell, rate=options.rate, devices=options.devices, nodes=options.nodes)


def export(words: list[str]) -> None:
    """Make a bundle of a run."""
    options = _parsed(ExportOptions, words, "export")
    from trainers.runs import export as make_bundle

    _say(f"Wrote {make_bundle(options.run, options.out)}.")


def import_network(words: list[str]) -> None:
    """Make a bundle of somebody's network: StyleGAN2, UNet2DModel of diffusers, weights of our families."""
    options = _parsed(ImportOptions, words, "import")
    from trainers.foreign.importing import import_model

    _say(f"Wrote {import_model(options.network, options.out, options.name)}.")


def evaluate(words: list[str]) -> None:
    """Measure a bundle."""
    options = _parsed(EvaluateOptions, words, "evaluate")
    from trainers.kit.quality import evaluate as measure
    from trainers.kit.quality_card import measurement_lines

    for line in measurement_lines(measure(options.bundle, options.data, options.config, _say)):
        _say(line)


def list_all(words: list[str]) -> None:
    """Say which families and recipes there are."""
    if words == ["--json"]:
        from trainers.catalogue import catalogue

        _say(json.dumps(catalogue()))
        return
    if words:
        raise WrongCall("`list` takes --json and nothing else.")
    _say("Families:")
    for family in FAMILIES.values():
        _say(f"  {family.name:<18} {family.sentence}")
    _say("Recipes:")
    for recipe in RECIPES.values():
        _say(f"  {recipe.name:<18} {recipe.sentence}")


def form(words: list[str]) -> None:
    """A family's configuration as JSON, for a form."""
    name, rest = _name(words, "schema", list(FAMILIES))
    if rest:
        raise WrongCall("`schema` takes the name of a family and nothing else.")
    _say(json.dumps(schema(family_called(name)), indent=1))


def data(words: list[str]) -> None:
    """Prepare a data set."""
    options = _parsed(DataOptions, words, "data")
    if options.augmented and options.sheet is None:
        raise WrongCall("--augmented changes what --sheet draws: say where, with --sheet OUT.png.")
    from trainers.kit.data import report

    progress = _progress if sys.stderr.isatty() else None
    found = report(options.name, size=options.size or None, progress=progress)
    for line in (json.dumps(asdict(found)),) if options.json else found.lines:
        _say(line)
    if options.sheet is not None:
        from trainers.catalogue import sheet

        sheet(options.name, options.size or None, options.sheet, augmented=options.augmented)


COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "train": train,
    "probe": probe,
    "resume": resume,
    "export": export,
    "import": import_network,
    "evaluate": evaluate,
    "list": list_all,
    "schema": form,
    "data": data,
}


def main(words: list[str]) -> int:
    """Do what the words say; the exit status."""
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        if not words or words[0] in ("-h", "--help"):
            _say(_usage())
            return DONE if words else WRONG_CALL
        name, rest = _name(words, "", list(COMMANDS))
        COMMANDS[name](rest)
    except (WrongCall, UnknownName) as error:
        return _complain(error, str(error), WRONG_CALL, debug)
    except ExplorerError as error:
        return _complain(error, str(error), FAILED, debug)
    except KeyboardInterrupt as error:
        return _complain(error, "Interrupted; `resume` goes on from the last checkpoint.", FAILED, debug)
    except Exception as error:  # noqa: BLE001 - the outermost edge: a person sees one sentence, --debug the rest
        if reader_left(error):
            return FAILED
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _complain(error, f"Unexpected: {what} (--debug shows where).", FAILED, debug)
    return DONE


def _asked(words: list[str], command: str) -> tuple[str, TrainOptions, Any]:
    """What ``train`` and ``probe`` are called with: the family's name, all options, and the checked configuration."""
    name, rest = _name(words, command, [*FAMILIES, *RECIPES])
    recipe = RECIPES.get(name)
    family = family_called(recipe.family if recipe else name)
    default = TrainOptions(config=recipe.config if recipe else family.config())
    options = _parsed(TrainOptions[family.config], rest, f"{command} {name}", default)
    config = _checked(options.config)
    if options.max_steps:
        config = replace(config, plan=replace(config.plan, images=options.max_steps * config.plan.batch))
    return family.name, options, config


def _parsed(options: Any, words: list[str], command: str, default: Any = None) -> Any:
    """The options of a command; tyro itself ends a wrong call with status 2 and an explanation."""
    given = {} if default is None else {"default": default}
    flat = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagConversionOff)
    return tyro.cli(options, prog=f"python -m trainers {command}", args=words, config=flat, **given)


def _checked(config: Any) -> Any:
    try:
        return TypeAdapter(type(config)).validate_python(asdict(config))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][-1]).replace("_", "-") if first["loc"] else "configuration"
        raise WrongCall(f"--{option}: {first['msg'].lower()}, got {first['input']!r}.") from error


def _name(words: list[str], command: str, known: list[str]) -> tuple[str, list[str]]:
    """The first word, which must be one of ``known``, and the others."""
    call = f"python -m trainers {command}".strip()
    if not words or words[0].startswith("-"):
        raise WrongCall(f"`{call}` needs a name: {', '.join(known)}.")
    if words[0] not in known:
        raise WrongCall(f"`{call}` knows no {words[0]!r}: choose one of {', '.join(known)}.")
    return words[0], words[1:]


def _free(folder: Path) -> Path:
    """``folder``, or the first of ``folder-2``, ``folder-3``, ... that does not exist."""
    count, place = 1, folder
    while place.exists():
        count += 1
        place = folder.with_name(f"{folder.name}-{count}")
    return place


def _usage() -> str:
    lines = ["python -m trainers COMMAND ...", ""]
    return "\n".join([*lines, *(f"  {name:<10} {command.__doc__}" for name, command in COMMANDS.items())])


def _say(line: str) -> None:
    print(line, flush=True)


def _tell(line: str) -> None:
    """Say what a training says, which goes on where nobody can listen: a full disk, a closed pipe."""
    with suppress(OSError):
        _say(line)


def _progress(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _complain(error: BaseException, sentence: str, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    else:
        print(sentence, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
