"""Small pipelines of diffusers, exported as optimum does: read, described, saved, and computing what they computed."""

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from explorer.contract.archive import bundle_in_memory, open_bundle, save_bundle
from explorer.contract.errors import BundleError
from explorer.contract.manifest import Manifest
from explorer.foreign import reading
from explorer.foreign.pipelines.changing import LOG_VARIANCE, MEAN
from explorer.foreign.pipelines.graphs import Taken, taken_graphs
from explorer.foreign.pipelines.layout import read_pipeline
from explorer.foreign.pipelines.making import pipeline_files, sides, summary, told
from explorer.foreign.pipelines.previewing import fitted_preview, preview_pairs
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.samplers.diffusion import Schedule
from tests.unit.contract.sentences import assert_plain

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from tests.pipelines import Built, changed  # noqa: E402

pytestmark = pytest.mark.torch
Make = Callable[..., Built]
OPTIONS: dict[str, dict[str, Any]] = {  # as few exports as show everything
    "sd1": {},
    "sd2": {"half": True, "external": True, "scalar": True},
    "xl": {},
}


def ports_of(manifest: Manifest, role: str) -> dict[str, tuple[str, tuple[int | None, ...]]]:
    graph = manifest.graph(role)
    assert graph is not None
    return {port.name: (port.dtype, port.shape) for port in (*graph.inputs, *graph.outputs)}


def manifest_of(facts: dict[str, Any], files: dict[str, bytes]) -> Manifest:
    """The manifest that a bundle of these would have."""
    return bundle_in_memory(facts, files).manifest


def ran(runtime: Runtime, taken: Taken, **feeds: Any) -> dict[str, np.ndarray]:
    return runtime.open(taken.content, taken.graph).run(feeds)


def part_of(graphs: tuple[Taken, ...], part: str) -> Taken:
    return next(taken for taken in graphs if taken.part == part)


@pytest.fixture(scope="module")
def runtime() -> Any:
    made = Runtime("cpu", threads=1)
    yield made
    made.close()


def refusal(folder: Path) -> str:
    """The sentence with which graphs of a folder are refused."""
    with pytest.raises(BundleError) as caught:
        pipeline_files(read_pipeline(folder))
    assert_plain(caught.value)
    return str(caught.value)


# --- described ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sd1", "sd2", "xl"])
def test_a_bundle_opens_and_its_graphs_are_as_described(
    tmp_path: Path, pipelines: Make, runtime: Runtime, kind: str
) -> None:
    built = pipelines(kind, **OPTIONS[kind])
    facts, files = pipeline_files(read_pipeline(built.folder))
    save_bundle(tmp_path / "bundle", facts, files)
    bundle = open_bundle(tmp_path / "bundle")
    assert bundle.verify() == [] and bundle.unlisted() == []
    manifest = bundle.manifest
    assert manifest.family == "latent diffusion" and manifest.name == kind
    roles = ["denoiser", "decoder", "encoder", "text_encoder", "text_encoder_2"]
    assert [graph.role for graph in manifest.graphs] == (roles if kind == "xl" else roles[:-1])
    for graph in manifest.graphs:
        runtime.open(bundle.read(graph.file), graph)
    size = built.pipeline.unet.config.sample_size
    assert manifest.space("latent") is not None and manifest.spaces[0].shape == (4, size, size)
    assert manifest.diffusion is not None
    np.testing.assert_allclose(
        bundle.array(manifest.diffusion.alphas_bar), built.pipeline.scheduler.alphas_cumprod.numpy(), rtol=2e-5
    )
    assert manifest.diffusion.scale == built.pipeline.vae.config.scaling_factor and manifest.diffusion.shift == 0
    imported: dict[str, str] = manifest.provenance.config["imported"]
    assert {"unet/model.onnx", "tokenizer/merges.txt", "text_encoder/model.onnx"} <= set(imported)
    for path, sha256 in imported.items():
        assert hashlib.sha256((built.folder / path).read_bytes()).hexdigest() == sha256


def test_the_first_stable_diffusion(pipelines: Make) -> None:
    built = pipelines("sd1")
    facts, files = pipeline_files(read_pipeline(built.folder))
    manifest = manifest_of(facts, files)
    any_latent = ("float32", (None, 4, 8, 8))
    assert ports_of(manifest, "denoiser") == {
        "sample": any_latent,
        "timestep": ("int64", (None,)),
        "encoder_hidden_states": ("float32", (None, 77, 24)),
        "out_sample": any_latent,
    }
    picture = ("float32", (None, 3, 64, 64))
    assert ports_of(manifest, "decoder") == {"latent_sample": any_latent, "sample": picture}
    assert ports_of(manifest, "encoder") == {"sample": picture, MEAN: any_latent, LOG_VARIANCE: any_latent}
    states = ("float32", (None, 77, 24))
    assert ports_of(manifest, "text_encoder") == {"input_ids": ("int64", (None, 77)), "last_hidden_state": states}
    decoder = manifest.graph("decoder")
    image = None if decoder is None else decoder.output("image")
    assert image is not None and image.meaning.model_dump() == {
        "kind": "image", "layout": "NCHW", "channels": 3, "height": 64, "width": 64, "value_range": (-1.0, 1.0),
    }  # fmt: skip
    encoder = manifest.graph("encoder")
    assert encoder is not None and encoder.output("latent", "log_variance") is not None
    assert manifest.prompts is not None and not manifest.prompts.zero_when_empty
    (reads,) = manifest.prompts.encoders
    tokenizer = built.pipeline.tokenizer
    assert (reads.length, reads.padding, reads.pooled) == (77, tokenizer.pad_token_id, "")
    assert files[reads.vocabulary] == (built.folder / "tokenizer" / "vocab.json").read_bytes()
    diffusion = manifest.diffusion
    assert diffusion is not None and diffusion.suggested is not None and diffusion.parameterisation == "eps"
    assert diffusion.suggested.sampler == "dpm" and diffusion.suggested.spacing == "leading"
    assert diffusion.suggested.weight == 7.5 and diffusion.steps_offset == 1 and diffusion.last_level < 1


def test_the_second_predicts_v_and_pads_with_another_token(pipelines: Make) -> None:
    built = pipelines("sd2", **OPTIONS["sd2"])
    pipeline = read_pipeline(built.folder)
    assert pipeline.pipeline_class == "OnnxStableDiffusionPipeline"
    manifest = manifest_of(*pipeline_files(pipeline))
    assert manifest.diffusion is not None and manifest.diffusion.parameterisation == "v"
    assert manifest.diffusion.suggested is not None and manifest.diffusion.suggested.sampler == "ddim"
    assert ports_of(manifest, "denoiser")["encoder_hidden_states"] == ("float16", (None, 77, 32))
    assert manifest.prompts is not None
    assert manifest.prompts.encoders[0].padding == built.pipeline.tokenizer.pad_token_id == 0


def test_xl_reads_prompts_twice(pipelines: Make) -> None:
    built = pipelines("xl")
    pipeline = read_pipeline(built.folder)
    facts, files = pipeline_files(pipeline)
    manifest = manifest_of(facts, files)
    denoiser = manifest.graph("denoiser")
    assert denoiser is not None
    meant = {port.name: getattr(port.meaning, "of", "") for port in denoiser.inputs}
    assert meant["encoder_hidden_states"] == "prompt" and meant["text_embeds"] == "pooled prompt"
    assert meant["time_ids"] == "sizes" and ports_of(manifest, "denoiser")["time_ids"] == ("float32", (None, 6))
    assert manifest.prompts is not None and manifest.prompts.zero_when_empty
    first, second = manifest.prompts.encoders
    assert (first.features, first.pooled) == ("hidden_states.1", "")
    assert (second.features, second.pooled) == ("hidden_states.2", "text_embeds")
    assert second.padding == 0 and first.padding == built.pipeline.tokenizer.pad_token_id
    assert first.vocabulary == second.vocabulary and not any(path.startswith("tokenizer_2") for path in files)
    diffusion = manifest.diffusion
    assert diffusion is not None and diffusion.suggested is not None
    assert (diffusion.suggested.sampler, diffusion.suggested.spacing, diffusion.suggested.weight) == (
        "ddim", "leading", 5.0,
    )  # fmt: skip
    schedule = Schedule(np.asarray(pipeline.scheduler.alphas_bar, np.float64), diffusion.steps_offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of diffusers itself
        built.pipeline.scheduler.set_timesteps(25)
    np.testing.assert_array_equal(schedule.steps(25, "leading"), built.pipeline.scheduler.timesteps.numpy())
    changed(copied := built.copied(Path(pipeline.folder).parent / "own"), "tokenizer_2/vocab.json", extra=736)
    assert "736" in refusal(copied)


def test_other_sizes_of_pictures(pipelines: Make, runtime: Runtime) -> None:
    pipeline = read_pipeline(pipelines("sd1").folder)
    assert sides(pipeline) == (32, 48, 64)
    assert sides(pipeline.model_copy(update={"latent": 64, "halvings": 3})) == (256, 384, 512)
    assert sides(pipeline.model_copy(update={"latent": 96, "halvings": 3})) == (384, 576, 768)
    assert sides(pipeline.model_copy(update={"latent": 128, "halvings": 2})) == (512, 768, 1024)
    assert sides(pipeline.model_copy(update={"latent": 5, "halvings": 3})) == (40,)
    manifest = manifest_of(*pipeline_files(pipeline, 48))
    assert ports_of(manifest, "decoder")["sample"][1] == (None, 3, 48, 48)
    assert manifest.spaces[0].shape == (4, 6, 6) and "48 × 48 px" in manifest.description
    graphs = taken_graphs(pipeline, 48)
    made = ran(runtime, part_of(graphs, "vae_decoder"), latent_sample=np.zeros((2, 4, 6, 6), np.float32))
    assert made["sample"].shape == (2, 3, 48, 48)
    with pytest.raises(BundleError, match="choose a multiple of 16"):
        pipeline_files(pipeline, 40)


def test_the_summary(pipelines: Make) -> None:
    pipeline = read_pipeline(pipelines("xl").folder)
    lines = summary(pipeline)
    assert lines[0] == "Stable Diffusion XL, 4 × 16 × 16 latent, 64 px pictures."
    assert "reads prompts, up to 77 tokens" in lines[4] and "EulerDiscrete" in lines[-1]
    counted = summary(pipeline, 32, taken_graphs(pipeline, 32))
    weights = sum(parameter.numel() for parameter in pipelines("xl").pipeline.unet.parameters())
    assert "about" in counted[1] and "trained with 64 px" in counted[0]
    # of a large model all but a thousandth of the bytes are weights
    assert part_of(taken_graphs(pipeline, 64), "unet").numbers == pytest.approx(weights, rel=0.5)
    assert told(pipeline) == () and "no counterpart" in told(read_pipeline(pipelines("sd1").folder))[0]


def test_a_licence_beside_is_kept(tmp_path: Path, pipelines: Make) -> None:
    folder = pipelines("sd1").copied(tmp_path / "SD 1.5 (mine)")
    (folder / "LICENSE").write_text("Be kind.")
    facts, files = pipeline_files(read_pipeline(folder))
    assert facts["name"] == "SD 1.5 mine" and "LICENSE" in facts["licence"] and files["LICENSE"] == b"Be kind."


# --- computing -------------------------------------------------------------------------------------------------------


def test_moments_become_mean_and_log_variance(pipelines: Make, runtime: Runtime) -> None:
    built = pipelines("sd1")
    encoder = part_of(taken_graphs(read_pipeline(built.folder), 64), "vae_encoder")
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 3, 64, 64)).astype(np.float32)
    found = ran(runtime, encoder, sample=pictures)
    wanted = built.pipeline.vae.encode(torch.from_numpy(pictures)).latent_dist
    np.testing.assert_allclose(found[MEAN], wanted.mean.numpy(), atol=1e-4)
    np.testing.assert_allclose(found[LOG_VARIANCE], wanted.logvar.numpy(), atol=1e-4)


def test_an_older_encoder_gives_the_mean_of_what_it_drew(pipelines: Make, runtime: Runtime) -> None:
    built = pipelines("sd1", older=True, int32=True)
    pipeline = read_pipeline(built.folder)
    graphs = taken_graphs(pipeline, 64)
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
    found = ran(runtime, part_of(graphs, "vae_encoder"), sample=pictures)
    wanted = built.pipeline.vae.encode(torch.from_numpy(pictures)).latent_dist
    np.testing.assert_allclose(found["latent_sample"], wanted.mean.numpy(), atol=1e-4)
    manifest = manifest_of(*pipeline_files(pipeline, graphs=graphs))
    assert ports_of(manifest, "denoiser")["timestep"] == ("float32", (None,))
    assert ports_of(manifest, "text_encoder")["input_ids"] == ("int32", (None, 77))


def test_text_encoders_give_only_what_is_wanted(pipelines: Make, runtime: Runtime) -> None:
    built = pipelines("xl")
    graphs = taken_graphs(read_pipeline(built.folder), 64)
    ids = np.array([built.pipeline.tokenizer_2("a red fox", padding="max_length").input_ids], np.int64)
    found = ran(runtime, part_of(graphs, "text_encoder_2"), input_ids=ids)
    assert set(found) == {"hidden_states.2", "text_embeds"}
    wanted = built.pipeline.text_encoder_2(torch.from_numpy(ids), output_hidden_states=True)
    np.testing.assert_allclose(found["hidden_states.2"], wanted.hidden_states[-2].detach().numpy(), atol=1e-4)
    np.testing.assert_allclose(found["text_embeds"], wanted.text_embeds.detach().numpy(), atol=1e-4)


def test_half_precision_and_weights_beside(pipelines: Make, runtime: Runtime) -> None:
    built = pipelines("sd2", **OPTIONS["sd2"])
    pipeline = read_pipeline(built.folder)
    graphs = taken_graphs(pipeline, 64)
    manifest = manifest_of(*pipeline_files(pipeline, graphs=graphs))
    for role in ("denoiser", "decoder", "encoder", "text_encoder"):
        assert {kind for kind, _ in ports_of(manifest, role).values()} - {"int64"} == {"float16"}, role
    assert ports_of(manifest, "denoiser")["timestep"] == ("float16", ())
    code = np.random.default_rng(0).standard_normal((1, 4, 8, 8)).astype(np.float16)
    found = ran(runtime, part_of(graphs, "vae_decoder"), latent_sample=code)["sample"]
    wanted = built.pipeline.vae.decode(torch.from_numpy(code.astype(np.float32)), return_dict=False)[0].numpy()
    np.testing.assert_allclose(found, wanted, atol=0.1)
    pictures = np.random.default_rng(0).uniform(-1, 1, (1, 3, 64, 64)).astype(np.float16)
    spread = ran(runtime, part_of(graphs, "vae_encoder"), sample=pictures)[LOG_VARIANCE]
    assert spread.dtype == np.float16 and spread.shape == (1, 4, 8, 8)
    assert any("half precision" in note for note in told(pipeline, graphs))
    assert "unet/model.onnx_data" in manifest.provenance.config["imported"]


def test_a_preview_goes_into_the_bundle(pipelines: Make, runtime: Runtime) -> None:
    pipeline = read_pipeline(pipelines("sd1").folder)
    graphs = taken_graphs(pipeline, 32)
    decoder, encoder = (
        runtime.open(taken.content, taken.graph)
        for taken in (part_of(graphs, "vae_decoder"), part_of(graphs, "vae_encoder"))
    )
    preview = fitted_preview(
        preview_pairs(
            lambda code: decoder.run({"latent_sample": code})["sample"],
            (4, 4, 4),
            32,
            pipeline.scale,
            pipeline.shift,
            lambda pictures: encoder.run({"sample": pictures})[MEAN],
            count=3,
        )
    )
    assert preview is not None and 0 <= preview.explained <= 1
    facts, files = pipeline_files(pipeline, 32, graphs, preview, checked=("It was looked at.",))
    manifest = manifest_of(facts, files)
    assert manifest.diffusion is not None and manifest.diffusion.preview is not None
    card = files["CARD.md"].decode()
    assert f"explains {preview.explained:.0%}" in card and "- It was looked at." in card and "no counterpart" in card


def test_large_weights_stay_in_files_of_their_own(
    tmp_path: Path, pipelines: Make, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pipelines("sd2", **OPTIONS["sd2"]).folder
    noise = np.random.default_rng(5).standard_normal((1, 4 * 8 * 8), dtype=np.float32)
    drawn: list[np.ndarray] = []
    for name, limit in (("inside", reading.APART_BYTES), ("apart", 10_000)):
        monkeypatch.setattr(reading, "APART_BYTES", limit)
        facts, files = pipeline_files(read_pipeline(folder))
        save_bundle(tmp_path / name, facts, files)
        decodes = load_model(tmp_path / name, runtime).decodes
        assert decodes is not None
        drawn.append(decodes.decode(noise))
    manifest = open_bundle(tmp_path / "apart").manifest
    unet = manifest.graph("denoiser")
    assert unet is not None and unet.weights in manifest.weights
    assert not open_bundle(tmp_path / "inside").manifest.weights
    assert np.array_equal(*drawn)


def rewritten(folder: Path, part: str, change: Callable[[onnx.ModelProto], None]) -> Path:
    """The folder with another graph in one of its parts."""
    place = folder / part / "model.onnx"
    model = onnx.load_model(str(place))
    change(model)
    place.write_bytes(model.SerializeToString())
    return folder


def test_graphs_with_other_ports(tmp_path: Path, pipelines: Make) -> None:
    def more(name: str) -> Callable[[onnx.ModelProto], None]:
        def change(model: onnx.ModelProto) -> None:
            model.graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]))

        return change

    built = pipelines("sd1")
    wants = rewritten(built.copied(tmp_path / "a"), "unet", more("mid_block_additional_residual"))
    assert "ControlNet" in refusal(wants)
    assert "latent consistency" in refusal(rewritten(built.copied(tmp_path / "b"), "unet", more("timestep_cond")))
    assert "'attention_mask'" in refusal(
        rewritten(built.copied(tmp_path / "c"), "text_encoder", more("attention_mask"))
    )

    def renamed(model: onnx.ModelProto) -> None:
        model.graph.output[0].name = "/other"

    assert "has no 'last_hidden_state'" in refusal(rewritten(built.copied(tmp_path / "d"), "text_encoder", renamed))


def test_parts_of_different_pipelines(tmp_path: Path, pipelines: Make) -> None:
    mixed = pipelines("sd1").copied(tmp_path / "mixed")
    (mixed / "text_encoder/model.onnx").write_bytes((pipelines("xl").folder / "text_encoder/model.onnx").read_bytes())
    assert "takes 24 numbers a token, its text encoders give 16" in refusal(mixed)
    swapped = pipelines("sd1").copied(tmp_path / "swapped")
    (swapped / "vae_decoder/model.onnx").write_bytes((swapped / "unet/model.onnx").read_bytes())
    assert "vae_decoder/model.onnx wants an input" in refusal(swapped)


def test_states_of_layers_are_needed_for_xl(tmp_path: Path, pipelines: Make) -> None:
    def last_alone(model: onnx.ModelProto) -> None:
        kept = [output for output in model.graph.output if "hidden_states." not in output.name]
        del model.graph.output[:]
        model.graph.output.extend(kept)

    folder = rewritten(pipelines("xl").copied(tmp_path / "a"), "text_encoder", last_alone)
    assert "states of its layers" in refusal(folder)


def test_a_graph_of_one_size_says_so(tmp_path: Path, pipelines: Make) -> None:
    def fix(model: onnx.ModelProto) -> None:
        for at, size in enumerate((2, 4, 8, 8)):
            model.graph.input[0].type.tensor_type.shape.dim[at].dim_value = size

    folder = rewritten(pipelines("sd1").copied(tmp_path / "a"), "unet", fix)
    with pytest.raises(BundleError, match=r"fixes 'sample' to \(2, 4, 8, 8\)"):
        pipeline_files(read_pipeline(folder), 48)
    manifest = manifest_of(*pipeline_files(read_pipeline(folder)))
    assert ports_of(manifest, "denoiser")["sample"] == ("float32", (2, 4, 8, 8))


def test_weights_elsewhere_are_refused(tmp_path: Path, pipelines: Make) -> None:
    folder = pipelines("sd2", **OPTIONS["sd2"]).copied(tmp_path / "a")
    (folder / "unet/model.onnx_data").rename(tmp_path / "data")
    with pytest.raises(BundleError, match="missing"):
        pipeline_files(read_pipeline(folder))
    (folder / "unet/model.onnx_data").symlink_to(tmp_path / "data")
    assert "does not lie beside it" in refusal(folder)
