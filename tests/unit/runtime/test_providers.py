"""Which provider is chosen, and what is said about it."""

from pathlib import Path

import pytest

from explorer.runtime.providers import CPU, CUDA, Choice, Device, RunsOn, brought, choose_providers

TENSORRT = "TensorrtExecutionProvider"
BUILT_WITHOUT = "this onnxruntime was built without CUDA; install latent-explorer[cuda]"


@pytest.mark.parametrize(
    ("available", "device", "cuda_driver", "choice"),
    [
        ((CUDA, CPU), "auto", True, Choice((CUDA, CPU))),
        ((TENSORRT, CUDA, CPU), "auto", True, Choice((CUDA, CPU))),
        ((CUDA, CPU), "cuda", True, Choice((CUDA, CPU))),
        ((CUDA, CPU), "auto", False, Choice((CPU,), "no CUDA driver found")),
        ((CUDA, CPU), "cuda", False, Choice((CPU,), "no CUDA driver found")),
        ((CPU,), "auto", True, Choice((CPU,))),
        ((CPU,), "auto", False, Choice((CPU,))),
        ((CPU,), "cuda", True, Choice((CPU,), BUILT_WITHOUT)),
        ((CUDA, CPU), "cpu", True, Choice((CPU,), "chosen by you")),
        ((CPU,), "cpu", False, Choice((CPU,), "chosen by you")),
        ((), "auto", True, Choice((CPU,))),
    ],
)
def test_choice(available: tuple[str, ...], device: Device, cuda_driver: bool, choice: Choice) -> None:
    assert choose_providers(available, device=device, cuda_driver=cuda_driver) == choice


@pytest.mark.parametrize(
    ("runs_on", "short", "sentence"),
    [
        (RunsOn(CPU), "CPU", "Running on the CPU."),
        (
            RunsOn(CPU, "no CUDA driver found", 2.06),
            "CPU · 2.1 ms a picture",
            "Running on the CPU: no CUDA driver found.",
        ),
        (RunsOn(CUDA, "", 0.449), "CUDA GPU · 0.4 ms a picture", "Running on the CUDA GPU."),
        (RunsOn(CPU, "", 2_890.0), "CPU · 2.9 s a picture", "Running on the CPU."),
        (RunsOn("QNNExecutionProvider"), "QNNExecutionProvider", "Running on the QNNExecutionProvider."),
    ],
)
def test_words(runs_on: RunsOn, short: str, sentence: str) -> None:
    assert (runs_on.short, runs_on.sentence) == (short, sentence)


def test_cuda_whose_library_was_left_out_is_not_there(tmp_path: Path) -> None:
    assert brought((CUDA, CPU), tmp_path) == (CPU,)
    (tmp_path / "libonnxruntime_providers_cuda.so").touch()
    assert brought((CUDA, CPU), tmp_path) == (CUDA, CPU)


def test_a_package_says_that_it_brings_no_cuda() -> None:
    choice = choose_providers((CPU,), device="cuda", cuda_driver=True, packaged=True)
    assert choice.reason == "this package brings no CUDA; install latent-explorer[cuda]"
