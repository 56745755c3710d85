"""In the process for foreign files: a pipeline read, its autoencoder tried on sample pictures, a bundle made of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import pack_arrays, save_bundle
from explorer.contract.errors import ModelFault
from explorer.contract.pixels import Pixels
from explorer.contract.streams import mapped, opened
from explorer.foreign.facts import GIVEN, LOOKS, NOW
from explorer.foreign.pipelines.facts import DECODER, ENCODER
from explorer.foreign.pipelines.graphs import Taken, taken_graphs
from explorer.foreign.pipelines.layout import read_pipeline
from explorer.foreign.pipelines.making import described_parts, pipeline_files, sides, told
from explorer.foreign.pipelines.previewing import Pair, Preview, fitted_preview, preview_pairs
from explorer.foreign.pipelines.proposal import SIZE, PipelineProposal
from explorer.foreign.samples import fitted_pictures, sample_pictures
from explorer.runtime.session import Runtime

LARGE = 256  # px a side, from which on fewer pictures are tried
MANY, FEW = 6, 2
ROW, SHOWN = 128, 3  # px of a picture that is looked at, and how many stand side by side
Answer = dict[str, Any]


class PipelineDesk:
    """Answers what is asked about one folder."""

    def __init__(self, folder: Path, scratch: Path, runtime: Runtime, pictures: Sequence[Pixels]) -> None:
        """Raises:
        NotAPipeline, UnsafePath, TooLarge, DamagedBundle: as their sentences say.
        """
        self._pipeline = read_pipeline(folder)
        self._scratch, self._runtime, self._pictures = scratch, runtime, pictures
        self._side, self._graphs = 0, tuple[Taken, ...]()
        self._preview: Preview | None = None

    def study(self) -> Answer:
        """The bundle that it would be."""
        found = self._pipeline
        graphs = self._taken(found.side)
        notes = tuple(f"{note[:1].upper()}{note[1:]}." for note in told(found, graphs))
        parts = described_parts(found, graphs)
        proposal = PipelineProposal(name=found.name, told=notes, side=found.side, sides=sides(found), parts=parts)
        return {"proposal": proposal.model_dump(mode="json")}

    def look(self, proposal: PipelineProposal) -> Answer:
        """Sample pictures through its autoencoder, which also shows how latents can be seen at once."""
        pairs, shown = self._tried(proposal.side)
        made = _row([np.rint(np.moveaxis(picture[0], 0, 2) * 255).astype(np.uint8) for _, picture in pairs])
        arrays = {NOW: made} | {
            f"{SIZE} {at}": made
            for question in proposal.questions
            for at, (value, _) in enumerate(question.answers)
            if value == question.chosen
        }
        if shown:
            arrays[GIVEN] = _row(shown)
        (self._scratch / LOOKS).write_bytes(pack_arrays(arrays))
        faults = {f"{SIZE} {at}": "choose it to see" for at in range(len(proposal.sides))}
        faults = {key: words for key, words in faults.items() if key not in arrays}
        return {"keys": list(arrays), "faults": faults, "proposal": proposal.model_dump(mode="json")}

    def save(self, proposal: PipelineProposal, checked: Sequence[str]) -> Path:
        """Write the bundle into the scratch folder; where it lies."""
        graphs = self._taken(proposal.side)
        if self._preview is None:
            self._tried(proposal.side)
        facts, files = pipeline_files(self._pipeline, proposal.side, graphs, self._preview, checked=checked)
        target = self._scratch / "bundle"
        save_bundle(target, {**facts, "name": proposal.name}, files)
        return target

    def _tried(self, side: int) -> tuple[list[Pair], list[Pixels]]:
        """Latents and what the decoder makes of them, and the pictures that they were encoded from, where they were.

        Raises:
            ModelFault: the decoder makes no pictures.
        """
        found = self._pipeline
        by_part = {taken.part: taken for taken in self._taken(side)}
        count = FEW if side >= LARGE else MANY
        decode = self._called(by_part[DECODER])
        encode = self._called(by_part[ENCODER]) if ENCODER in by_part else None
        shape = found.channels, side // found.factor, side // found.factor
        pairs = list(preview_pairs(decode, shape, side, found.scale, found.shift, encode, self._pictures, count))
        if not all(np.isfinite(picture).all() for _, picture in pairs):
            raise ModelFault("Its decoder answers with numbers that are not finite; get the pipeline again.")
        self._preview = fitted_preview(pairs)
        return pairs, [] if encode is None else [*self._pictures, *sample_pictures(count)][:count]

    def _taken(self, side: int) -> tuple[Taken, ...]:
        if side != self._side:
            self._graphs = ()  # the former ones go before others come: each may have gigabytes
            self._side, self._graphs, self._preview = side, taken_graphs(self._pipeline, side), None
        return self._graphs

    def _called(self, taken: Taken) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        """A graph as a function from its only input to its first output."""
        session = self._runtime.open(taken.content, taken.graph, _weights(taken))
        given, answer = taken.graph.inputs[0], taken.graph.outputs[0].name
        return lambda values: session.run({given.name: values.astype(given.dtype)})[answer].astype(np.float32)


def _weights(taken: Taken) -> NDArray[np.uint8] | None:
    if taken.weights is None:
        return None
    with opened(taken.weights) as file:
        return mapped(file)


def _row(pictures: Sequence[Pixels]) -> Pixels:
    """The first pictures side by side, (ROW, n ROW, 3)."""
    return np.concatenate(list(fitted_pictures(list(pictures[:SHOWN]), ROW, ROW)), axis=1)
