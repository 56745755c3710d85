"""The command line: arguments to frozen options; no Qt and no onnxruntime, so that --help is instant."""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from explorer.contract.errors import ExplorerError
from explorer.contract.output import reader_left
from explorer.options import LaunchOptions, Mix, RenderOptions

COMMANDS = ("check", "render", "bench", "import", "serve-import")

EPILOG = """commands:
  latent-explorer check BUNDLE                      validate a model wholly
  latent-explorer render BUNDLE|RECIPE.png -o OUT   the window's picture, without a window
  latent-explorer import FILES -o BUNDLE            make a model of ONNX graphs that others made
  latent-explorer bench BUNDLE [--json]             hand-to-picture latency in a real window
Each has its own --help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 2 a wrong call, 1 anything else, with one sentence."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    command = arguments[0] if arguments and arguments[0] in COMMANDS else "open"
    run = {
        "check": _check, "render": _render, "bench": _bench, "import": _import, "serve-import": _serve_import,
        "open": _open,
    }[command]  # fmt: skip
    return saying_why(lambda: run(arguments if command == "open" else arguments[1:]), debug=debug)


def saying_why(run: Callable[[], int], *, debug: bool) -> int:
    """Turn what went wrong into one sentence on stderr and exit status 1; ``debug`` lets the traceback through."""
    try:
        status = run()
        print(end="", flush=True)  # what waits is printed while it can still be said why not
        return status
    except ExplorerError as error:
        if debug:
            raise
        print(f"latent-explorer: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("latent-explorer: stopped.", file=sys.stderr)
    except Exception as error:  # a crash, told in one line; the traceback is one flag away
        if reader_left(error):
            return 1
        if debug:
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())  # on one line
        print(f"latent-explorer: an unexpected error: {what} (--debug shows where).", file=sys.stderr)
    return 1


def _open(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="latent-explorer",
        description="Hold a generative model in your hands.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target",
        nargs="?",
        type=Path,
        metavar="BUNDLE|RECIPE.png|SESSION",
        help="a model, a saved picture, film or session",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default=None, help="where models run")
    parser.add_argument("--present", action="store_true", help="full screen, larger type, for a projector")
    parser.add_argument("--screenshot", type=Path, metavar="OUT.png", help="save the window with its picture, exit")
    parser.add_argument("--size", type=_size, default=(1440, 900), metavar="WxH", help="size of the window in pixels")
    parser.add_argument("--panel", default="", help="the instrument to open first")
    parser.add_argument("--theme", choices=("dark", "light", "high-contrast"), default="", help="colours")
    parser.add_argument("--fresh", action="store_true", help="neither bring back nor keep the session")
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    chosen = parser.parse_args(arguments)
    if chosen.version:
        from explorer.media.recipes import app_version  # Pillow is slow to import

        print(f"latent-explorer {app_version()}")
        return 0
    return imported_app().run(
        LaunchOptions(
            target=chosen.target,
            device=chosen.device,
            present=chosen.present,
            screenshot=chosen.screenshot,
            size=chosen.size,
            panel=chosen.panel,
            theme=chosen.theme,
            session=not chosen.fresh and chosen.screenshot is None,
        )
    )


def _check(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="latent-explorer check", description="Validate a model wholly.")
    parser.add_argument("bundle", type=Path, help="a model: a folder or a zip")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    chosen = parser.parse_args(arguments)
    from explorer.headless import check  # onnxruntime is slow to import

    return check(chosen.bundle)


def _render(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="latent-explorer render", description="The window's picture as a PNG with its recipe, without a window."
    )
    parser.add_argument("target", type=Path, metavar="BUNDLE|RECIPE.png", help="a model or a saved picture")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.png", help="where to write the picture")
    parser.add_argument("--seed", type=_seed, default=None, help="the prior's point for this seed (default 42)")
    parser.add_argument("--psi", type=_number, default=1.0, help="truncation: 0 the prior's centre, 1 the point itself")
    parser.add_argument(
        "--set", action="append", type=_sigma, default=[], metavar="zN=S", dest="sigmas",
        help="put dimension N at S standard deviations; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--mix", action="append", type=_mix, default=[], metavar="SEED:FIRST-LAST", dest="mixes",
        help="layers from FIRST to LAST, counted from 0, in the style of a seed: 7:4- is all from the fifth on",
    )  # fmt: skip
    parser.add_argument(
        "--class", action="append", default=[], metavar="NAME", dest="asked",
        help="what a diffusion model is asked for; may be repeated where it knows several attributes",
    )  # fmt: skip
    parser.add_argument("--prompt", default=None, metavar="TEXT", help="what a model that reads words is asked for")
    parser.add_argument("--negative", default=None, metavar="TEXT", help="what guidance leads away from, in words")
    parser.add_argument("--guidance", type=_number, default=None, metavar="W", help="how strictly (0 to 20, usual 2)")
    parser.add_argument("--steps", type=_count, default=None, metavar="N", help="steps from noise to picture")
    parser.add_argument(
        "--sampler", choices=("dpm", "ddim", "euler", "heun", "ddpm"), default="", help="how they are walked"
    )
    parser.add_argument("--picture", type=Path, default=None, metavar="IN.png", help="begin with it instead of noise")
    parser.add_argument(
        "--strength", type=_number, default=None, metavar="S", help="1 leaves nothing of it (usual 0.6)"
    )
    parser.add_argument("--mask", type=Path, default=None, metavar="MASK.png", help="white where the model may paint")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the model runs")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    chosen = parser.parse_args(arguments)
    from explorer.headless import render

    return render(
        RenderOptions(
            chosen.target,
            chosen.out,
            chosen.seed,
            chosen.psi,
            tuple(chosen.sigmas),
            chosen.device,
            tuple(chosen.mixes),
            tuple(chosen.asked),
            chosen.prompt,
            chosen.negative,
            chosen.guidance,
            chosen.steps,
            chosen.sampler,
            chosen.picture,
            chosen.strength,
            chosen.mask,
        )
    )


def imported_app() -> ModuleType:
    """The app, imported without collecting garbage until it runs: imports make none, and looking for it takes long."""
    gc.disable()
    from explorer import app  # Qt is slow to import

    return app


def _bench(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="latent-explorer bench", description="Hand-to-picture latency in a real window, beside the bare session's."
    )
    parser.add_argument("bundle", type=Path, help="a model: a folder or a zip")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--moves", type=_count, default=1_000, help="how many slider moves (default 1000)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the model runs")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    chosen = parser.parse_args(arguments)
    from explorer.bench import bench

    return bench(chosen.bundle, moves=chosen.moves, device=chosen.device, as_json=chosen.json)


def _import(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="latent-explorer import", description="Make a model of ONNX graphs that others made, as the guesses say."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="graphs that belong together, and pictures")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="BUNDLE", help="where to write the model")
    parser.add_argument(
        "--answer", action="append", type=_answer, default=[], metavar="QUESTION=ANSWER", dest="answers",
        help="another answer than the guess; the questions and answers are printed",
    )  # fmt: skip
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    chosen = parser.parse_args(arguments)
    from explorer.headless import import_graphs

    return import_graphs(tuple(chosen.files), chosen.out, tuple(chosen.answers))


def _serve_import(_: Sequence[str]) -> int:
    """The process for foreign files, which the program starts for itself."""
    from explorer.foreign.child import serve

    return serve()


def _answer(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (sign and key and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not like range=0..1")
    return key, value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 200 <= int(width) <= 16_000 and 200 <= int(height) <= 16_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1440x900")
    return int(width), int(height)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return number


def _mix(text: str) -> Mix:
    seed, sign, layers = text.partition(":")
    first, dash, last = layers.partition("-")
    if not (sign and seed.isdecimal() and first.isdecimal() and (last.isdecimal() or not last)):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 7:4- or 7:0-3")
    end = int(last) if last else (None if dash else int(first))
    return Mix(int(seed), int(first), end)


def _sigma(text: str) -> tuple[int, float]:
    name, sign, value = text.partition("=")
    if not sign or not name.removeprefix("z").isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not like z7=1.5")
    return int(name.removeprefix("z")), _number(value)


if __name__ == "__main__":
    sys.exit(main())
