"""What is known of foreign graphs: read from their files, and measured in a few real runs; plain values, no onnx."""

from collections.abc import Mapping

from pydantic import Field

from explorer.contract.ports import Frozen

LOOKS = "looks.npz"  # where the child puts pictures
GIVEN, NOW = "given", "now"  # of what was put in, and what comes of it as things stand

Shape = tuple[int | None, ...]  # None: any size


class Tensor(Frozen):
    """One input or output as the file declares it."""

    name: str
    dtype: str
    shape: Shape


class GraphFacts(Frozen):
    """One graph as it was read, after its opset was raised."""

    key: str  # of the prepared graph: the name of its file in the scratch folder
    file: str  # the name of the file it came from
    sha256: str
    size: int = Field(description="bytes")
    producer: str = ""
    opset: int = 0
    was_opset: int | None = Field(default=None, description="before it was raised; None: it was not")
    nodes: int = 0
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    ends: Mapping[str, str] = Field(default_factory=dict, description="output -> the operator that gives it")
    rows: Mapping[str, int] = Field(default_factory=dict, description="integer input -> rows of its table")
    notes: tuple[str, ...] = ()

    def input(self, name: str) -> Tensor:
        """The input of that name."""
        return next(tensor for tensor in self.inputs if tensor.name == name)


class Measured(Frozen):
    """One output of one run."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    low: float
    high: float
    finite: bool = True


class Trial(Frozen):
    """One run of one graph: what it was given, and what came out, or why nothing did."""

    graph: str
    shapes: Mapping[str, tuple[int, ...]]
    outputs: tuple[Measured, ...] = ()
    fault: str = ""
    run_ms: float = 0.0

    def output(self, name: str) -> Measured | None:
        """What the output of that name was, or None."""
        return next((found for found in self.outputs if found.name == name), None)


class Refused(Frozen):
    """A file that cannot be opened, and the sentence why."""

    file: str
    sentence: str


class Study(Frozen):
    """Everything that was found out about what was dropped."""

    graphs: tuple[GraphFacts, ...] = ()
    trials: tuple[Trial, ...] = ()
    refused: tuple[Refused, ...] = ()
    licence: str = Field(default="", description="the text of a licence that lay beside the files")

    def graph(self, key: str) -> GraphFacts:
        """The graph of that key."""
        return next(graph for graph in self.graphs if graph.key == key)

    def of(self, key: str) -> tuple[Trial, ...]:
        """The runs of that graph that gave something, in order."""
        return tuple(trial for trial in self.trials if trial.graph == key and not trial.fault)
