"""Sessions on real graphs: answers, cancelling, the time limit, and falling back from a GPU that fails."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from explorer.contract.errors import Cancelled, ExplorerError, ModelFault, PortMismatch, UnsafeGraph
from explorer.contract.manifest import Graph
from explorer.runtime.pixels import ENERGY, PIXELS
from explorer.runtime.providers import CPU, CUDA, Choice
from explorer.runtime.session import OrtSession, Runtime, Session, check_finite
from explorer.runtime.watchdog import Watchdog
from tests import graphs
from tests.graphs import Toy, tiny_facts
from tests.unit.inbox import GIVE_UP_S

TOY = Toy()
DECODER: Graph = tiny_facts(TOY)["graphs"][0]
ONE = np.zeros((1, TOY.dims), np.float32)


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


def outcome(run: Callable[[], Any]) -> tuple[threading.Event, list[Any]]:
    """Start ``run`` in a thread; the event tells its end, the list holds its answer or exception."""
    ended, said = threading.Event(), list[Any]()

    def call() -> None:
        try:
            said.append(run())
        except Exception as error:  # noqa: BLE001 - what it was is the point
            said.append(error)
        ended.set()

    threading.Thread(target=call, daemon=True).start()
    return ended, said


# --- running -------------------------------------------------------------------------------------------------------


def test_it_answers_as_numpy_does(runtime: Runtime) -> None:
    session = runtime.open(TOY.decoder(), DECODER)
    for count in (1, 3):
        codes = TOY.codes(count)
        answer = session.run({"z": codes})
        assert list(answer) == ["image", PIXELS, ENERGY]
        np.testing.assert_allclose(answer["image"], TOY.decode(codes), atol=1e-6)


def test_it_runs_on_the_cpu_when_that_was_chosen(runtime: Runtime) -> None:
    session = runtime.open(TOY.decoder(), DECODER)
    assert (session.provider, session.reason) == (CPU, "chosen by you")


@pytest.mark.parametrize(
    ("feeds", "reason"),
    [
        ({"z": np.zeros((1, 5), np.float32)}, "invalid dimensions"),
        ({"z": np.zeros((1, 4), np.float64)}, "Unexpected input data type"),
        ({"z": ONE, "more": ONE}, "Invalid input name"),
    ],
)
def test_wrong_feeds_are_a_fault_with_a_sentence(runtime: Runtime, feeds: dict, reason: str) -> None:
    session = runtime.open(TOY.decoder(), DECODER)
    with pytest.raises(ModelFault, match=rf"^decoder\.onnx failed to run: .*{reason}.*\. Export the model again\.$"):
        session.run(feeds)
    np.testing.assert_allclose(session.run({"z": ONE})["image"], TOY.decode(ONE), atol=1e-6)


# --- opening -------------------------------------------------------------------------------------------------------


def renamed(**names: str) -> bytes:
    return TOY.decoder(**{f"{port}_name": name for port, name in names.items()})


def future_opset() -> bytes:
    proto = onnx.load_from_string(TOY.decoder())
    proto.opset_import[0].version = 9_999
    return proto.SerializeToString()


def unknown_operator() -> bytes:
    proto = onnx.load_from_string(TOY.decoder())
    proto.graph.node[1].op_type = "Surprise"
    return proto.SerializeToString()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", ModelFault),
        (b"garbage", UnsafeGraph),
        (graphs.custom_operator_decoder(TOY), UnsafeGraph),
        (graphs.external_data_decoder(TOY)[0], UnsafeGraph),
        (graphs.huge_tensor_decoder(TOY), UnsafeGraph),
        (future_opset(), ModelFault),
        (unknown_operator(), ModelFault),
        (renamed(input="code"), PortMismatch),
        (renamed(output="picture"), PortMismatch),
        (Toy(dims=5).decoder(), PortMismatch),
        (TOY.encoder(), PortMismatch),
    ],
)
def test_a_graph_that_cannot_be_used_is_refused_with_one_sentence(
    runtime: Runtime, content: bytes, kind: type[ExplorerError]
) -> None:
    with pytest.raises(kind) as caught:
        runtime.open(content, DECODER)
    sentence = str(caught.value)
    assert sentence.startswith("decoder.onnx")
    assert sentence.endswith(".")
    assert "\n" not in sentence


# --- cancelling ----------------------------------------------------------------------------------------------------


def cancel_until(session: Session, ended: threading.Event) -> None:
    """``cancel`` only ends a call that has begun, which no test can see from outside."""
    while not ended.wait(0.005):
        session.cancel()


def test_cancel_from_another_thread_ends_a_graph_that_hangs(runtime: Runtime) -> None:
    session = runtime.open(graphs.hanging_decoder(TOY), DECODER)
    for _ in range(2):  # a session that was cancelled can be cancelled again
        ended, said = outcome(lambda: session.run({"z": ONE}))
        cancel_until(session, ended)
        assert [type(what) for what in said] == [Cancelled]


def test_a_cancel_between_two_calls_does_nothing_to_the_next(runtime: Runtime) -> None:
    session = runtime.open(TOY.decoder(), DECODER)
    for _ in range(50):
        session.cancel()
        session.run({"z": ONE})


def test_cancels_that_race_with_short_calls_never_hit_a_later_one(runtime: Runtime) -> None:
    session = runtime.open(TOY.decoder(), DECODER)
    turn, over, cancels = threading.Semaphore(0), threading.Event(), []

    def cancelling() -> None:
        while turn.acquire(timeout=GIVE_UP_S) and not over.is_set():
            session.cancel()
            cancels.append(None)

    thread = threading.Thread(target=cancelling)
    thread.start()
    for _ in range(500):
        before = len(cancels)
        turn.release()
        with suppress(Cancelled):
            session.run({"z": ONE})
        while len(cancels) == before:  # the cancel meant for that call has come, in time or too late
            pass
        session.run({"z": ONE})
    over.set()
    turn.release()
    thread.join(GIVE_UP_S)
    assert len(cancels) == 500


# --- the time limit ------------------------------------------------------------------------------------------------


def test_a_graph_that_hangs_is_stopped_at_the_limit() -> None:
    runtime = Runtime("cpu", threads=1, limit_s=0.05)
    session = runtime.open(graphs.hanging_decoder(TOY), DECODER)
    ended, said = outcome(lambda: session.run({"z": ONE}))
    assert ended.wait(GIVE_UP_S)
    runtime.close()
    (fault,) = said
    assert isinstance(fault, ModelFault)
    assert str(fault).startswith("decoder.onnx gave no answer within 0.05 s and was stopped; ")


def test_a_call_after_one_that_was_stopped_at_the_limit_can_be_cancelled() -> None:
    runtime = Runtime("cpu", threads=1, limit_s=0.05)
    watchdog = Watchdog(3_600)
    session = runtime.open(graphs.hanging_decoder(TOY), DECODER)
    assert isinstance(session, OrtSession)
    with pytest.raises(ModelFault):
        session.run({"z": ONE})
    session._watchdog = watchdog  # no limit from here on
    ended, said = outcome(lambda: session.run({"z": ONE}))
    cancel_until(session, ended)
    watchdog.close()
    runtime.close()
    assert [type(what) for what in said] == [Cancelled]


# --- a GPU that fails ----------------------------------------------------------------------------------------------


class FakeGpu:
    """An onnxruntime session on a GPU whose driver gives up at the first run."""

    def __init__(self, inner: ort.InferenceSession) -> None:
        self._inner, self.runs = inner, 0

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def get_outputs(self) -> list[Any]:
        return self._inner.get_outputs()

    def run(self, *_: object) -> list[Any]:
        self.runs += 1
        raise ort_errors.Fail("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 2: out of memory")


class Creates:
    """The function that makes sessions, with a GPU of our own."""

    def __init__(self, gpu_loads: bool = True) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.gpu_loads, self.gpus = gpu_loads, list[FakeGpu]()

    def __call__(self, content: bytes, providers: Sequence[str]) -> Any:
        self.asked.append(tuple(providers))
        inner = ort.InferenceSession(content, providers=[CPU])
        if CUDA not in providers or not self.gpu_loads:
            return inner
        self.gpus.append(FakeGpu(inner))
        return self.gpus[-1]


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog(GIVE_UP_S)
    yield watchdog
    watchdog.close()


def test_a_gpu_that_fails_falls_back_to_the_cpu_and_says_so(watchdog: Watchdog) -> None:
    create = Creates()
    session = OrtSession(TOY.decoder(), "decoder.onnx", Choice((CUDA, CPU)), watchdog, create)
    assert (session.provider, session.reason) == (CUDA, "")
    codes = TOY.codes(2)
    np.testing.assert_allclose(session.run({"z": codes})["image"], TOY.decode(codes), atol=1e-6)
    assert session.provider == CPU
    assert session.reason == "the GPU failed (CUDA failure 2: out of memory)"
    session.run({"z": codes})
    assert create.asked == [(CUDA, CPU), (CPU,)]  # once, not at each run
    assert create.gpus[0].runs == 1


def test_libraries_that_do_not_load_are_said(watchdog: Watchdog) -> None:
    session = OrtSession(TOY.decoder(), "decoder.onnx", Choice((CUDA, CPU)), watchdog, Creates(gpu_loads=False))
    assert session.provider == CPU
    assert session.reason == "the CUDA libraries could not be loaded; install latent-explorer[cuda]"


def test_a_graph_that_fails_on_both_is_a_fault(watchdog: Watchdog) -> None:
    session = OrtSession(TOY.decoder(), "decoder.onnx", Choice((CUDA, CPU)), watchdog, Creates())
    with pytest.raises(ModelFault, match=r"^decoder\.onnx failed to run: "):
        session.run({"z": np.zeros((1, 9), np.float32)})
    assert session.provider == CPU


@pytest.mark.gpu
def test_a_real_gpu_gives_the_cpus_answer() -> None:
    runtime = Runtime("cuda")
    session = runtime.open(TOY.decoder(), DECODER)
    if session.provider != CUDA:
        pytest.skip(session.reason)
    codes = TOY.codes(5)
    np.testing.assert_allclose(session.run({"z": codes})["image"], TOY.decode(codes), atol=1e-3)
    runtime.close()


# --- what onnxruntime says -------------------------------------------------------------------------------------------


class Failing:
    """An onnxruntime session on the CPU that says ``text``."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_providers(self) -> list[str]:
        return [CPU]

    def run(self, *_: object) -> list[Any]:
        raise ort_errors.Fail(self._text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Reshape node. Name:'' Status "
            "Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:91 onnxruntime::"
            "ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, onnxruntime::TensorShapeVector&, bool) "
            "The input tensor cannot be reshaped.\nInput shape: {1, 64}",
            "Non-zero status code returned while running Reshape node. Name:'' Status Message: The input tensor cannot "
            "be reshaped",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : /onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void "
            "onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<std::string, int>&, bool, "
            "int) Opset 999 is under development.",
            "Opset 999 is under development",
        ),
        ("something (quite) else", "something (quite) else"),
        ("", "Fail"),
        ("x" * 500, "x" * 159 + "…"),
    ],
)
def test_its_words_are_told_without_its_own_source_code(watchdog: Watchdog, text: str, reason: str) -> None:
    session = OrtSession(b"", "decoder.onnx", Choice((CPU,)), watchdog, lambda *_: Failing(text))  # type: ignore[arg-type]
    with pytest.raises(ModelFault) as caught:
        session.run({})
    assert str(caught.value) == f"decoder.onnx failed to run: {reason}. Export the model again."


# --- numbers that are none -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "share"),
    [([np.nan] * 4, "100%"), ([0.0, 1.0, np.inf, 0.0], "25%"), ([-np.inf, np.nan, 0.0, 1.0], "50%")],
)
def test_numbers_that_are_none_are_a_fault(values: list[float], share: str) -> None:
    with pytest.raises(ModelFault) as caught:
        check_finite(np.array(values, np.float32), "decoder.onnx")
    assert str(caught.value) == (
        f"decoder.onnx answered with {share} values that are not numbers (NaN or infinite); the training may have "
        "diverged: try another point or an earlier checkpoint."
    )


@pytest.mark.parametrize("values", [np.array([0.0, -1e30], np.float32), np.array([1, 2]), np.zeros((0, 3))])
def test_finite_numbers_pass_as_they_are(values: np.ndarray) -> None:
    assert check_finite(values, "decoder.onnx") is values
