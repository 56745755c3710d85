"""Folders that are no pipeline, or one that cannot be explored: each has a sentence, and nothing of them is trusted."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.contract.errors import BundleError
from explorer.foreign.pipelines.layout import read_pipeline
from tests.unit.contract.sentences import assert_plain

START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = {"a": 0, "b</w>": 1, "ab</w>": 2, START: 3, END: 4}
SCHEDULER = {"_class_name": "DDIMScheduler", "num_train_timesteps": 50, "clip_sample": False}


def write(folder: Path, file: str, content: Any) -> None:
    """A file of the folder; objects become JSON."""
    place = folder / file
    place.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    place.write_bytes(content)


def changed(folder: Path, file: str, **facts: Any) -> None:
    write(folder, file, {**json.loads((folder / file).read_text()), **facts})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What ``read_pipeline`` takes for Stable Diffusion; its graphs are not opened."""
    return whole(tmp_path / "my model")


def whole(root: Path) -> Path:
    """The folder, written whole."""
    write(root, "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    for part in ("unet", "vae_decoder", "vae_encoder", "text_encoder"):
        write(root, f"{part}/model.onnx", b"not opened here")
    write(root, "unet/config.json", {"in_channels": 4, "out_channels": 4, "sample_size": 64})
    write(root, "vae_decoder/config.json", {"latent_channels": 4, "block_out_channels": [1, 1, 1, 1]})
    write(root, "scheduler/scheduler_config.json", SCHEDULER)
    write(root, "tokenizer/vocab.json", VOCABULARY)
    write(root, "tokenizer/merges.txt", "#version: 0.2\na b</w>\n")
    write(root, "tokenizer/tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77})
    return root


def refusal(folder: Path) -> str:
    """The sentence with which a folder is refused."""
    with pytest.raises(BundleError) as caught:
        read_pipeline(folder)
    assert_plain(caught.value)
    return str(caught.value)


def make_xl(folder: Path) -> None:
    changed(folder, "model_index.json", _class_name="StableDiffusionXLPipeline")
    write(folder, "text_encoder_2/model.onnx", b"not opened here")
    for file in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        write(folder, f"tokenizer_2/{file}", (folder / "tokenizer" / file).read_bytes())


def test_a_whole_folder_is_read(folder: Path) -> None:
    found = read_pipeline(folder)
    assert found.name == "my model" and found.side == 512 and found.parts[0] == "unet"
    make_xl(folder)
    assert read_pipeline(folder).kind == "xl"


def test_without_configurations_the_usual_values_are_taken_and_told(folder: Path) -> None:
    (folder / "unet/config.json").unlink()
    (folder / "vae_decoder/config.json").unlink()
    (folder / "tokenizer/tokenizer_config.json").unlink()
    found = read_pipeline(folder)
    assert found.side == 512 and found.scale == 0.18215 and len(found.told) == 2
    assert found.tokenizers[0].padding == VOCABULARY[END]
    (folder / "vae_encoder/model.onnx").unlink()
    assert "vae_encoder" not in read_pipeline(folder).parts


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("StableDiffusion3Pipeline", "transformer"),
        ("FluxPipeline", "transformer"),
        ("StableDiffusionInpaintPipeline", "inpainting"),
        ("ORTStableDiffusionInpaintPipeline", "inpainting"),
        ("StableDiffusionControlNetPipeline", "ControlNet"),
        ("StableDiffusionInstructPix2PixPipeline", "InstructPix2Pix"),
        ("LatentConsistencyModelPipeline", "latent consistency"),
        ("DDPMPipeline", "without words"),
        ("LDMSuperResolutionPipeline", "without words"),
        ("KandinskyV22PriorPipeline", "prior"),
        ("StableDiffusionUpscalePipeline", "more than words"),
        ("SomethingElse", "SomethingElse"),
        ("Evil\x1b[2J\nPipeline" + "x" * 100, r"Evil\?\[2J\?Pipeline"),
        ("", "without a name"),
    ],
)
def test_other_classes(folder: Path, name: str, says: str) -> None:
    write(folder, "model_index.json", {"_class_name": name})
    with pytest.raises(BundleError, match=says):
        read_pipeline(folder)
    refusal(folder)


@pytest.mark.parametrize(
    ("file", "says"), [("transformer/model.onnx", "transformer"), ("controlnet/x", "ControlNet"), ("prior/x", "prior")]
)
def test_other_parts(folder: Path, file: str, says: str) -> None:
    write(folder, file, b"")
    assert says in refusal(folder)


def test_the_refiner(folder: Path) -> None:
    make_xl(folder)
    changed(folder, "model_index.json", requires_aesthetics_score=True)
    assert "refiner" in refusal(folder)
    changed(folder, "model_index.json", requires_aesthetics_score=False)
    (folder / "tokenizer").rename(folder / "gone")
    assert "refiner" in refusal(folder)


@pytest.mark.parametrize("weights", ["diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"])
def test_pytorch_folders_are_told_the_command(folder: Path, weights: str) -> None:
    for graph in folder.rglob("*.onnx"):
        graph.unlink()
    write(folder, f"unet/{weights}", b"x")
    assert "`optimum-cli export onnx --model my model my model-onnx`" in refusal(folder)


@pytest.mark.parametrize(
    "file", ["unet/model.onnx", "vae_decoder/model.onnx", "text_encoder/model.onnx", "scheduler/scheduler_config.json"]
)
def test_missing_parts_are_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert f"lacks {file}" in refusal(folder)


def test_missing_parts_of_xl(folder: Path) -> None:
    changed(folder, "model_index.json", _class_name="StableDiffusionXLPipeline")
    assert "lacks text_encoder_2/model.onnx, tokenizer_2" in refusal(folder)


def test_no_folder_and_no_index(tmp_path: Path) -> None:
    assert "no folder" in refusal(tmp_path / "nowhere")
    assert "no model_index.json" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("file", "facts", "says"),
    [
        ("unet/config.json", {"in_channels": 9}, "inpainting"),
        ("unet/config.json", {"in_channels": 8}, "InstructPix2Pix"),
        ("unet/config.json", {"in_channels": 7}, "more than the latent"),
        ("unet/config.json", {"out_channels": 8}, "gives 8 channels"),
        ("unet/config.json", {"in_channels": "4"}, "in_channels is 4, not a whole number"),
        ("unet/config.json", {"sample_size": 0}, "sample_size"),
        ("unet/config.json", {"sample_size": 1_024}, "4,096 px"),
        ("unet/config.json", {"time_cond_proj_dim": 256}, "latent consistency"),
        ("vae_decoder/config.json", {"latents_mean": [0, 0, 0, 0]}, "latents_mean"),
        ("vae_decoder/config.json", {"scaling_factor": 0}, "scaling_factor"),
        ("vae_decoder/config.json", {"scaling_factor": 10**400}, "scaling_factor"),
        ("vae_decoder/config.json", {"shift_factor": float("nan")}, "shift_factor"),
        ("vae_decoder/config.json", {"block_out_channels": [1] * 40}, "block_out_channels"),
        ("scheduler/scheduler_config.json", {"_class_name": "LCMScheduler"}, "scheduler LCMScheduler"),
        ("scheduler/scheduler_config.json", {"_class_name": "FlowMatchEulerDiscreteScheduler"}, "FlowMatch"),
        ("scheduler/scheduler_config.json", {"prediction_type": "flow_prediction"}, "flow_prediction"),
        ("scheduler/scheduler_config.json", {"beta_schedule": "laplace"}, "laplace"),
        ("scheduler/scheduler_config.json", {"timestep_spacing": "random"}, "random"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": 10**9}, "num_train_timesteps is 1000000000"),
        ("scheduler/scheduler_config.json", {"beta_start": float("nan")}, "beta_start is nan"),
        ("scheduler/scheduler_config.json", {"beta_end": float("inf")}, "beta_end is inf"),
        ("scheduler/scheduler_config.json", {"beta_start": 0.0, "beta_end": 0.0}, "do not rise"),
        ("scheduler/scheduler_config.json", {"beta_end": 1.0}, "do not rise"),
        (
            "scheduler/scheduler_config.json",
            {"beta_start": 0.0, "beta_end": 0.0, "rescale_betas_zero_snr": True},
            "do not rise",
        ),
        ("scheduler/scheduler_config.json", {"trained_betas": [float("nan")] * 50}, "trained_betas is nan"),
        ("scheduler/scheduler_config.json", {"trained_betas": [0.1] * 49}, "49 betas for 50 steps"),
        ("scheduler/scheduler_config.json", {"trained_betas": "many"}, "trained_betas"),
        ("scheduler/scheduler_config.json", {"steps_offset": -1}, "steps_offset"),
        ("scheduler/scheduler_config.json", {"set_alpha_to_one": "no"}, "set_alpha_to_one"),
        ("tokenizer/tokenizer_config.json", {"tokenizer_class": "T5Tokenizer"}, "T5Tokenizer"),
        ("tokenizer/tokenizer_config.json", {"pad_token": "<pad>"}, "<pad>"),
        ("tokenizer/tokenizer_config.json", {"pad_token": {"content": 3}}, "not a token"),
        ("tokenizer/tokenizer_config.json", {"bos_token": "a"}, "bos_token"),
    ],
)  # fmt: skip
def test_facts_that_do_not_do(folder: Path, file: str, facts: dict[str, Any], says: str) -> None:
    changed(folder, file, **facts)
    assert says in refusal(folder)


@pytest.mark.parametrize(
    ("vocabulary", "merges", "says"),
    [
        ([], "", "no list of tokens"),
        ({**VOCABULARY, "c": -1}, "", "no list of tokens"),
        ({**VOCABULARY, "c": "5"}, "", "no list of tokens"),
        ({**VOCABULARY, "c": 4}, "", "the same number"),
        ({"a": 0, START: 1}, "", "eos_token"),
        (VOCABULARY, "a a\n", "joins 'a a'"),
        (VOCABULARY, "a b c\n", "joins 'a b c'"),
        (VOCABULARY, b"\xff\xfe", "no text"),
        (VOCABULARY, "a b</w>\n" * 200_001, "200,001 lines"),
        ({str(at): at for at in range(200_001)}, "", "200,001 tokens"),
        ("{" + ", ".join(f'"{at}": {at}' for at in range(1_000_000)) + "}", "", "larger than 8 MB"),
        ("[" * 100_000, "", "no list of tokens"),
    ],
    ids=range(12),
)
def test_tokenizers_that_do_not_do(folder: Path, vocabulary: Any, merges: Any, says: str) -> None:
    write(folder, "tokenizer/vocab.json", vocabulary)
    write(folder, "tokenizer/merges.txt", merges)
    assert says in refusal(folder)


@pytest.mark.parametrize("other", ["tokenizer.json", "spiece.model"])
def test_tokenizers_of_another_kind(folder: Path, other: str) -> None:
    (folder / "tokenizer/merges.txt").unlink()
    write(folder, f"tokenizer/{other}", b"{}")
    assert other in refusal(folder)


def test_padding_is_what_either_file_says(folder: Path) -> None:
    changed(folder, "tokenizer/tokenizer_config.json", pad_token={"content": END}, model_max_length=10**30)
    write(folder, "tokenizer/special_tokens_map.json", {"pad_token": "a"})
    found = read_pipeline(folder).tokenizers[0]
    assert found.padding == 0 and found.length == 77


# --- hostile ---------------------------------------------------------------------------------------------------------

FILES = ("model_index.json", "unet/config.json", "scheduler/scheduler_config.json", "tokenizer/tokenizer_config.json")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xff", b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 5_000 + b"}",
     json.dumps({"a": [[[]]]}).replace("[]", "[" * 40 + "]" * 40).encode(), b"version https://git-lfs.github.com\n"],
    ids=range(10),
)  # fmt: skip
def test_broken_json(folder: Path, file: str, content: bytes) -> None:
    write(folder, file, content)
    assert file in refusal(folder)


def test_vast_json(folder: Path) -> None:
    with (folder / "model_index.json").open("r+b") as file:
        file.truncate(100 << 20)
    assert "larger than 4 MB" in refusal(folder)


@pytest.mark.parametrize("file", ["unet/model.onnx", "tokenizer/vocab.json", "tokenizer/merges.txt"])
def test_pointers(folder: Path, file: str) -> None:
    write(folder, file, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "git lfs pull" in refusal(folder)


@pytest.mark.parametrize("file", [*FILES, "unet/model.onnx", "vae_encoder/model.onnx", "tokenizer/vocab.json", "unet"])
def test_links(folder: Path, file: str) -> None:
    outside = folder.parent / "outside"
    (folder / file).rename(outside)
    (folder / file).symlink_to(outside)
    assert "is a link" in refusal(folder)


@pytest.mark.parametrize("file", [*FILES, "unet/model.onnx"])
def test_links_to_nowhere(folder: Path, file: str) -> None:
    (folder / file).unlink()
    (folder / file).symlink_to(folder.parent / "nowhere")
    assert "is a link" in refusal(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
@pytest.mark.parametrize("file", ["model_index.json", "unet/model.onnx"])
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", None)], ids=["folder", "pipe"])
def test_no_files(folder: Path, file: str, make: Callable[[Path], None]) -> None:
    (folder / file).unlink()
    make(folder / file)
    assert "no plain file" in refusal(folder)


def test_names_with_control_characters(folder: Path) -> None:
    bad = folder.rename(folder.parent / "a\x1b[31m\nb")
    assert read_pipeline(bad).name == "a31mb"
    (bad / "unet/model.onnx").unlink()
    assert "a?[31m?b lacks" in refusal(bad)
    (bad / "model_index.json").unlink()
    refusal(bad)


def test_a_name_without_letters(folder: Path) -> None:
    assert read_pipeline(folder.rename(folder.parent / "模型")).name == "pipeline"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = {
    "model_index.json": ("_class_name", "force_zeros_for_empty_prompt", "requires_aesthetics_score"),
    "unet/config.json": ("in_channels", "out_channels", "sample_size", "block_out_channels", "time_cond_proj_dim"),
    "vae_decoder/config.json": (
        "latent_channels", "block_out_channels", "scaling_factor", "shift_factor", "latents_mean", "force_upcast",
    ),
    "scheduler/scheduler_config.json": (
        "_class_name", "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
        "prediction_type", "timestep_spacing", "steps_offset", "set_alpha_to_one", "rescale_betas_zero_snr",
        "use_karras_sigmas", "clip_sample",
    ),
    "tokenizer/tokenizer_config.json": ("tokenizer_class", "model_max_length", "pad_token", "bos_token", "eos_token"),
}  # fmt: skip
PLACES = st.sampled_from([(file, key) for file, keys in KEYS.items() for key in keys])


@settings(max_examples=100)
@given(place=PLACES, value=VALUES)
def test_any_value_is_taken_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str, str], value: Any
) -> None:
    file, key = place
    root = whole(tmp_path_factory.getbasetemp() / "fuzzed")
    changed(root, file, **{key: value})
    try:
        read_pipeline(root)
    except BundleError as error:
        assert_plain(error)
