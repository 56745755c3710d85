"""The process in which foreign files are opened and run first: requests in and answers out, a line of JSON each.

It is started with bounds on its memory and its files, and ended by its parent when it takes too long. What it answers
is read without trust.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import WEIGHTS_BYTES, open_bundle, pack_arrays, save_bundle
from explorer.contract.arrays import array_keys, read_array
from explorer.contract.errors import ExplorerError, ModelFault, short
from explorer.contract.manifest import Array
from explorer.foreign.cutting import bottleneck, second_half
from explorer.foreign.facts import GIVEN, LOOKS, NOW, GraphFacts, Refused, Study, Tensor
from explorer.foreign.guessing import propose
from explorer.foreign.making import bundle_of
from explorer.foreign.pipelines.desk import PipelineDesk
from explorer.foreign.pipelines.proposal import PipelineProposal
from explorer.foreign.proposal import Proposal
from explorer.foreign.reading import licence_beside, read_graph
from explorer.foreign.trying import Bench, Row
from explorer.models.graphs import Graphs
from explorer.models.load import assembled, check_bundle
from explorer.runtime.session import Runtime

RUN_LIMIT_S = 20.0  # of one call of a graph
CHECKED_STEPS = 2  # of a diffusion model, when it is tried
FILES = 12  # that are looked at together
FILE_LIMIT = WEIGHTS_BYTES  # of one file that it writes
Answer = dict[str, Any]


def serve() -> int:
    """Answer requests until there are no more; what libraries print goes nowhere."""
    memory = int(os.environ.get("LATENT_EXPLORER_MEMORY", "0"))
    _bound(memory)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    with closing(Runtime("cpu", threads=2, limit_s=RUN_LIMIT_S)) as runtime:
        desk = Desk(Path.cwd(), runtime)
        for line in sys.stdin:
            request = json.loads(line)
            answers.write(json.dumps(desk.answer(request)) + "\n")
            answers.flush()
    return 0


class Desk:
    """Answers one request after the other; ``scratch`` is the folder for what is too large for a line."""

    def __init__(self, scratch: Path, runtime: Runtime) -> None:
        self._scratch, self._runtime = scratch, runtime
        self._bench: Bench | None = None
        self._pipeline: PipelineDesk | None = None

    def answer(self, request: Mapping[str, Any]) -> Answer:
        """What was asked for, or ``fault``: the sentence why not."""
        work: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "study": self._study,
            "study folder": self._study_folder,
            "look": self._look,
            "save": self._save,
            "check": self._check,
        }
        try:
            return work[request["ask"]](request)
        except ExplorerError as error:
            return {"fault": str(error)}
        except MemoryError:
            return {"fault": "It needs more memory than a model from outside is given."}
        except Exception as error:  # noqa: BLE001 - whatever a foreign file makes libraries raise is one sentence
            what = short(f"{type(error).__name__}: {error}", 160)
            return {"fault": f"It cannot be read or run ({what}); export it again."}

    def _study(self, request: Mapping[str, Any]) -> Answer:
        paths = [Path(path) for path in request["paths"]][:FILES]
        bench = self._bench = Bench(self._runtime, self._pictures(request.get("pictures", "")))
        graphs: list[GraphFacts] = []
        refused: list[Refused] = []
        for at, path in enumerate(paths):
            try:
                content, facts = read_graph(path, f"g{at}")
            except ExplorerError as error:
                refused.append(Refused(file=short(path.name), sentence=str(error)))
                continue
            for one, described in self._halves(content, facts):
                bench.contents[described.key] = one
                graphs.append(described)
        trials = tuple(trial for graph in graphs for trial in bench.trials(graph))
        licence = next((text for path in paths if (text := licence_beside(path))), "")
        bench.study = Study(graphs=tuple(graphs), trials=trials, refused=tuple(refused), licence=licence)
        proposal = bench.settled(propose(bench.study))
        return {"study": bench.study.model_dump(mode="json"), "proposal": proposal.model_dump(mode="json")}

    def _halves(self, content: bytes, facts: GraphFacts) -> list[tuple[bytes, GraphFacts]]:
        """The graph, and where it is a whole autoencoder its decoder by itself."""
        found = bottleneck(content, facts)
        if found is None:
            return [(content, facts)]
        tensor, shape = found
        back = next(output for output in facts.outputs if output.shape == facts.inputs[0].shape)
        half = second_half(content, tensor, shape, back.name)
        note = "it is a whole autoencoder; its decoder was cut out of it"
        rest = tuple(output for output in facts.outputs if output is not back)
        cut = facts.model_copy(
            update={
                "key": f"{facts.key}b",
                "file": f"{facts.file} (decoder)",
                "inputs": (Tensor(name=tensor, dtype="float", shape=shape),),
                "outputs": (back,),
                "notes": (*facts.notes, note),
            }
        )
        encoder = facts.model_copy(update={"outputs": rest, "notes": ()}) if rest else facts
        return [(half, cut), (content, encoder)]

    def _study_folder(self, request: Mapping[str, Any]) -> Answer:
        pictures = self._pictures(request.get("pictures", ""))
        self._pipeline = PipelineDesk(Path(request["path"]), self._scratch, self._runtime, pictures)
        return self._pipeline.study()

    def _look(self, request: Mapping[str, Any]) -> Answer:
        if self._pipeline is not None:
            return self._pipeline.look(PipelineProposal.model_validate(request["proposal"]))
        bench, proposal = self._at_hand(request)
        if request.get("settle"):
            proposal = bench.settled(proposal)
        looks = bench.looks(proposal)
        arrays: dict[str, NDArray[np.generic]] = {}
        faults: dict[str, str] = {}

        def put(key: str, row: Row) -> None:
            if row.pixels is not None:
                arrays[key] = row.pixels
            else:
                faults[key] = row.fault

        put(NOW, looks.now)
        for question in looks.questions:
            for at, (value, _) in enumerate(question.answers):
                put(f"{question.key} {at}", looks.answers[question.key, value])
        if looks.given is not None:
            arrays[GIVEN] = looks.given
        (self._scratch / LOOKS).write_bytes(pack_arrays(arrays))
        return {"keys": list(arrays), "faults": faults, "proposal": proposal.model_dump(mode="json")}

    def _save(self, request: Mapping[str, Any]) -> Answer:
        if self._pipeline is not None:
            proposal = PipelineProposal.model_validate(request["proposal"])
            return self._check({"path": str(self._pipeline.save(proposal, tuple(request["checked"])))})
        bench, proposal = self._at_hand(request)
        preview, examples = bench.preview(proposal), bench.examples(proposal)
        facts, files = bundle_of(bench.study, proposal, bench.contents, preview, tuple(request["checked"]), examples)
        target = self._scratch / "bundle"
        save_bundle(target, facts, files)
        return self._check({"path": str(target)})

    def _check(self, request: Mapping[str, Any]) -> Answer:
        """Open a bundle wholly, load it, and make one picture."""
        path = Path(request["path"])
        faults = check_bundle(path, self._runtime)
        if faults:
            raise faults[0]
        bundle = open_bundle(path)
        model = assembled(bundle, str(path), Graphs(bundle, self._runtime))
        if model.decodes is not None:
            few = model.style.model_copy(update={"sampling": model.style.sampling.in_steps(CHECKED_STEPS)})
            decodes = model.decodes if model.unfolds is None else model.unfolds.under(few)
            decodes.decode(decodes.prior.center[None])
        return {"identity": bundle.identity(), "name": model.manifest.name}

    def _at_hand(self, request: Mapping[str, Any]) -> tuple[Bench, Proposal]:
        if self._bench is None:
            raise ModelFault("Nothing was read yet.")
        return self._bench, Proposal.model_validate(request["proposal"])

    def _pictures(self, file: str) -> list[NDArray[np.uint8]]:
        """A person's own pictures, which the parent put there as plain arrays."""
        if not file:
            return []
        content = (self._scratch / file).read_bytes()
        return [read_array(content, Array(file=file, key=key)) for key in array_keys(content, file)]


def _bound(memory: int) -> None:
    """No more memory than is taken already and so many bytes; no vast files, no dumps. Linux and macOS alone."""
    try:
        import resource
    except ImportError:  # Windows: the parent watches
        return
    now = 0
    with contextlib.suppress(OSError, IndexError, ValueError):
        now = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    bounds = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: FILE_LIMIT}
    if memory and now:
        bounds[resource.RLIMIT_AS] = now + memory
    for what, limit in bounds.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (limit, limit))
