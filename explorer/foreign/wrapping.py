"""A foreign graph with a few operators before and after it, so that its ports are those that the contract knows.

Only operators that are spelled the same in every opset since 8 are used.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from explorer.contract.errors import PortMismatch, short
from explorer.foreign.forms import PictureForm
from explorer.foreign.proposal import Extra, Part

OWN = "latent_explorer.foreign"  # what the names of added tensors begin with
CODE, GIVEN, PICTURE, MEAN, LOG_VARIANCE, TIMESTEP, LABEL, SCORE = (
    "code", "given", "picture", "mean", "log_variance", "timestep", "label", "score",
)  # fmt: skip
STEPS = 1_000  # of a diffusion model whose time is a fraction
Affine = tuple[Sequence[float], Sequence[float]]  # shift and scale of codes, one a channel


class Wrapper:
    """Builds one graph: ``begin`` replaces its inputs, ``end`` its outputs."""

    def __init__(self, content: bytes, file: str) -> None:
        self.model, self._file = onnx.load_model_from_string(content), file
        self._before: list[NodeProto] = []
        self._after: list[NodeProto] = []
        self._count = 0
        taken = {name for node in self.model.graph.node for name in (*node.input, *node.output)}
        taken |= {value.name for value in (*self.model.graph.input, *self.model.graph.output)}
        self._prefix = f"{OWN}." if not any(name.startswith(OWN) for name in taken) else f"{OWN}_again."
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._rename_clashes()

    def input(self, name: str, dtype: int, shape: Sequence[int | None]) -> str:
        """A new input of the whole."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, _axes(shape)))
        return name

    def output(self, name: str, tensor: str, shape: Sequence[int | None]) -> None:
        """A new output of the whole, float32."""
        self._after.append(helper.make_node("Cast", [tensor], [name], to=TensorProto.FLOAT))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, _axes(shape)))

    def op(self, operator: str, *inputs: str, after: bool = False, **attributes: object) -> str:
        """One operator more, before or after the graph; the name of what it gives."""
        self._count += 1
        name = f"{self._prefix}{self._count}"
        node = helper.make_node(operator, list(inputs), [name], **attributes)  # pyright: ignore[reportArgumentType]
        (self._after if after else self._before).append(node)
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        """An array that stands in the graph."""
        self._count += 1
        name = f"{self._prefix}{self._count}"
        self.model.graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    def reshape(self, tensor: str, shape: Sequence[int], *, after: bool = False) -> str:
        """Another shape; -1 for what follows from the rest."""
        return self.op("Reshape", tensor, self.constant(np.array(shape, np.int64)), after=after)

    def give(self, name: str, tensor: str, dtype: str) -> None:
        """Feed one of the graph's own inputs with a tensor, in the type that it wants."""
        self._before.append(helper.make_node("Cast", [tensor], [name], to=_type_of(dtype)))

    def done(self) -> bytes:
        """The whole graph."""
        graph = self.model.graph
        nodes = list(graph.node)
        del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
        graph.node.extend((*self._before, *nodes, *self._after))
        graph.input.extend(self._inputs)
        graph.output.extend(self._outputs)
        return self.model.SerializeToString()

    def _rename_clashes(self) -> None:
        """A graph may call its own tensors what ours are called."""
        ours = {CODE, GIVEN, PICTURE, MEAN, LOG_VARIANCE, TIMESTEP, LABEL, SCORE}
        self.renamed: Mapping[str, str] = {name: f"{self._prefix}their.{name}" for name in ours}
        for node in self.model.graph.node:
            for names in (node.input, node.output):
                for at, name in enumerate(names):
                    names[at] = self.renamed.get(name, name)
        for value in (*self.model.graph.input, *self.model.graph.output, *self.model.graph.initializer):
            value.name = self.renamed.get(value.name, value.name)

    def theirs(self, name: str) -> str:
        """What one of the graph's own tensors is called now."""
        return self.renamed.get(name, name)


def wrapped(content: bytes, part: Part, file: str, affine: Affine, *, fraction: bool = False) -> bytes:
    """The graph of a part as the bundle will hold it.

    Args:
        content: the prepared graph.
        part: what it is to be.
        file: its name, for a sentence.
        affine: shift and scale of the codes, one a channel; empty where they stay as they are.
        fraction: a denoiser's timestep is a fraction of ``STEPS``.

    Raises:
        PortMismatch: it wants what cannot be given.
    """
    made = Wrapper(content, file)
    match part.role:
        case "decoder":
            _code_in(made, part, affine)
            _picture_out(made, part)
        case "encoder":
            _picture_in(made, part)
            _codes_out(made, part, affine)
        case "translator" | "denoiser" | "critic":
            _picture_in(made, part)
            _extras(made, part, fraction=fraction)
            if part.role == "critic":
                made.output(
                    SCORE,
                    made.reshape(made.theirs(part.outputs[0]), (_rows(part), 1), after=True),
                    (part.batch or None, 1),
                )
            else:
                _picture_out(made, part)
        case _:
            raise PortMismatch(f"{short(file)} has no role.")
    return made.done()


def code_size(part: Part) -> int:
    """How many numbers a code of a decoder has, those of its labels and conditions among them."""
    if len(part.latent) != 1:
        return 0
    return part.latent[0] + sum(extra.size for extra in _joined(part))


def code_shape(part: Part) -> tuple[int, ...]:
    """The shape of a code as the bundle has it."""
    return part.latent if len(part.latent) != 1 else (code_size(part),)


def joined_names(part: Part) -> tuple[str, ...]:
    """What the numbers of a code are called that stand behind the latent ones."""
    return tuple(f"{short(extra.name, 40)} {at}" for extra in _joined(part) for at in range(extra.size))


def port_shape(part: Part, inner: Sequence[int]) -> tuple[int | None, ...]:
    """With the batch axis, which is free or fixed."""
    return (part.batch or None, *inner)


def picture_axes(form: PictureForm) -> tuple[int, int, int]:
    """The three axes of a picture as a port of the bundle has them."""
    if form.channels_last:
        return form.height, form.width, form.channels
    return form.channels, form.height, form.width


# --- in ----------------------------------------------------------------------------------------------------------


def _code_in(made: Wrapper, part: Part, affine: Affine) -> None:
    shape = code_shape(part)
    code = made.input(CODE, TensorProto.FLOAT, port_shape(part, shape))
    tensor = code
    if _joined(part):
        tensor = made.op("Gather", code, made.constant(np.arange(part.latent[0])), axis=1)
        start = part.latent[0]
        for extra in _joined(part):
            own = made.op("Gather", code, made.constant(np.arange(start, start + extra.size)), axis=1)
            start += extra.size
            if extra.kind == "label":
                own = made.reshape(made.op("ArgMax", own, axis=1, keepdims=0), _shaped(part, extra.shape))
            elif extra.kind == "one_hot":
                own = made.op("Hardmax", own, axis=1)
            made.give(made.theirs(extra.name), own, extra.dtype)
    if affine[1]:
        shift, scale = (_channels(part, values) for values in affine)
        tensor = made.op("Add", made.op("Mul", tensor, made.constant(scale)), made.constant(shift))
    if part.main_shape != (1, *part.latent) or part.latent_bare:
        tensor = made.reshape(tensor, _shaped(part, part.main_shape, bare=part.latent_bare))
    made.give(made.theirs(part.main), tensor, part.main_dtype)
    _extras(made, part)


def _picture_in(made: Wrapper, part: Part) -> None:
    form = part.picture_in
    assert form is not None
    tensor = made.input(GIVEN, TensorProto.FLOAT, port_shape(part, picture_axes(form)))
    if form.layout not in ("NCHW", "NHWC"):
        tensor = made.reshape(tensor, _shaped(part, part.main_shape, bare=form.bare))
    if part.main_dtype not in ("float", "float16", "double"):
        tensor = made.op("Floor", made.op("Add", tensor, made.constant(np.float32(0.5).reshape(1))))
    made.give(made.theirs(part.main), tensor, part.main_dtype)
    if part.role == "encoder":
        _extras(made, part)


def _extras(made: Wrapper, part: Part, *, fraction: bool = False) -> None:
    """The other inputs: constants, and the timestep and label of a denoiser."""
    for extra in part.extras:
        name = made.theirs(extra.name)
        if part.role == "denoiser" and extra.kind == "timestep":
            step = made.input(TIMESTEP, TensorProto.INT64, (None,))
            if fraction:
                made.give(f"{OWN}.time", step, "float")
                step = made.op("Mul", f"{OWN}.time", made.constant(np.array([1 / STEPS], np.float32)))
            shape = _shaped(part, extra.shape)
            made.give(name, step if len(shape) == 1 else made.reshape(step, shape), extra.dtype)
        elif part.role == "denoiser" and extra.kind == "label":
            label = made.input(LABEL, TensorProto.INT64, (None,))
            made.give(name, made.reshape(label, _shaped(part, extra.shape)), extra.dtype)
        elif extra.kind == "constant" or part.role != "decoder":
            shape = (part.batch or 1, *extra.shape[1:]) if len(extra.shape) > 1 else extra.shape
            made.give(name, made.constant(np.full(shape, extra.value, np.float32)), extra.dtype)


# --- out ---------------------------------------------------------------------------------------------------------


def _picture_out(made: Wrapper, part: Part) -> None:
    form = part.picture_out
    assert form is not None
    axes = picture_axes(form)
    tensor = made.theirs(part.outputs[0])
    for other in part.outputs[1:] if part.summed else ():
        tensor = made.op("Add", tensor, _enlarged(made, made.theirs(other), part, other), after=True)
    if form.layout not in ("NCHW", "NHWC"):
        tensor = made.reshape(tensor, (_rows(part), *axes), after=True)
    made.output(PICTURE, tensor, port_shape(part, axes))


def _enlarged(made: Wrapper, tensor: str, part: Part, name: str) -> str:
    """An output (N, C, h, w) at the full size, each pixel repeated."""
    form = part.picture_out
    assert form is not None
    # Shapes are taken from the graph as it runs: h and w are what comes out, the full size is what the form says.
    shape = made.op("Shape", tensor, after=True)
    height = made.op("Gather", shape, made.constant(np.array([2])), after=True, axis=0)
    width = made.op("Gather", shape, made.constant(np.array([3])), after=True, axis=0)
    one = made.constant(np.array([1]))
    split = made.op("Concat", made.constant(np.array([-1, form.channels])), height, one, width, one, after=True, axis=0)
    full = (made.constant(np.array([side])) for side in (form.height, form.width))
    tall, wide = (made.op("Div", whole, small, after=True) for whole, small in zip(full, (height, width), strict=True))
    times = made.op("Concat", one, one, one, tall, one, wide, after=True, axis=0)
    repeated = made.op("Expand", made.op("Reshape", tensor, split, after=True), times, after=True)
    return made.reshape(repeated, (-1, form.channels, form.height, form.width), after=True)


def _codes_out(made: Wrapper, part: Part, affine: Affine) -> None:
    mean = made.theirs(part.outputs[0])
    spread = made.theirs(part.log_variance) if part.log_variance else ""
    if part.split:
        channels = part.latent[0]
        whole = mean
        mean, spread = (
            made.op("Gather", whole, made.constant(np.arange(start, start + channels)), after=True, axis=1)
            for start in (0, channels)
        )
    for name, tensor in ((MEAN, mean), (LOG_VARIANCE, spread)):
        if not tensor:
            continue
        tensor = made.reshape(tensor, (_rows(part), *part.latent), after=True)
        if affine[1]:
            shift, scale = (_channels(part, values) for values in affine)
            if name == MEAN:
                centred = made.op("Sub", tensor, made.constant(shift), after=True)
                tensor = made.op("Div", centred, made.constant(scale), after=True)
            else:
                logs = (2 * np.log(scale.astype(np.float64))).astype(np.float32)
                tensor = made.op("Sub", tensor, made.constant(logs), after=True)
        made.output(name, tensor, port_shape(part, part.latent))


# --- small -------------------------------------------------------------------------------------------------------


def _joined(part: Part) -> tuple[Extra, ...]:
    """The inputs whose numbers stand in the code, behind the latent ones; those of vector codes alone."""
    if part.role != "decoder" or len(part.latent) != 1:
        return ()
    return tuple(extra for extra in part.extras if extra.kind in ("label", "one_hot", "number"))


def _rows(part: Part) -> int:
    return part.batch or -1


def _shaped(part: Part, shape: Sequence[int], *, bare: bool = False) -> tuple[int, ...]:
    """A shape of the first run for as many as go at once now."""
    if bare or not shape:
        return tuple(shape)
    return (_rows(part), *shape[1:])


def _channels(part: Part, values: Sequence[float]) -> NDArray[np.float32]:
    """One number a channel, (C,) or (C, 1, 1)."""
    return np.asarray(values, np.float32).reshape(-1, *(1 for _ in part.latent[1:]))


def _axes(shape: Sequence[int | None]) -> list[str | int]:
    return [f"axis_{at}" if size is None else size for at, size in enumerate(shape)]


def _type_of(dtype: str) -> int:
    try:
        return int(TensorProto.DataType.Value(dtype.upper()))
    except ValueError as error:
        raise PortMismatch(f"A port is of the type {short(dtype)}, which cannot be given.") from error
