"""A manifest comes back as it was written; what breaks its rules is refused with the place and the reason."""

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from explorer.contract import manifest as manifest_module
from explorer.contract.errors import BundleError, ManifestInvalid, NewerFormat
from explorer.contract.manifest import (
    FORMAT,
    Array,
    Attribute,
    CodebookPrior,
    ConditionMeaning,
    Diffusion,
    EmpiricalPrior,
    FileEntry,
    Graph,
    LabelMeaning,
    LatentMeaning,
    LatentSpace,
    Manifest,
    Measurement,
    NoiseMeaning,
    NumberMeaning,
    Port,
    Reference,
    RowsPrior,
    TimestepMeaning,
    UniformPrior,
    json_schema,
    parse_manifest,
)
from tests.graphs import Toy, tiny_facts
from tests.unit.contract.sentences import assert_plain

Json = dict[str, Any]
FILES = ("decoder.onnx", "encoder.onnx", "encoded.npz", "directions.npz", "denoiser.onnx", "priors.npz")


def _array(key: str) -> Array:
    return Array(file="priors.npz", key=key)


def _full() -> Manifest:
    """Something in every field, and every kind of meaning and prior."""
    facts = tiny_facts(Toy(2, 4))
    ports = (
        Port(name="x", shape=(None, 1, None, None), meaning=LatentMeaning(space="z")),
        Port(name="y", dtype="int64", shape=(None,), meaning=LabelMeaning()),
        Port(name="t", dtype="int64", shape=(None,), meaning=TimestepMeaning()),
        Port(name="n", dtype="float16", shape=(None, 1), meaning=NoiseMeaning(layer=3)),
        Port(name="c", shape=(None, 7, 512), meaning=ConditionMeaning(of="text features")),
    )
    logits = Port(name="logits", shape=(None, 10), meaning=NumberMeaning(of="class logits", unit="nats"))
    return Manifest(
        **facts
        | {
            "graphs": (*facts["graphs"], Graph(file="denoiser.onnx", role="denoiser", inputs=ports, outputs=(logits,))),
            "spaces": (
                *facts["spaces"],
                LatentSpace(name="w", shape=(4, 2, 2), prior=UniformPrior(), center=_array("w")),
                LatentSpace(name="e", shape=(2,), prior=EmpiricalPrior(mean=_array("m"), covariance=_array("c"))),
                LatentSpace(name="q", shape=(3,), prior=CodebookPrior(vectors=_array("q"))),
                LatentSpace(name="e+", shape=(3, 2), prior=RowsPrior(rows="e"), resolutions=(4, 4, 8)),
            ),
            "quality": (
                Measurement(
                    metric="Fréchet distance",
                    value=math.inf,
                    data="toy",
                    split="test",
                    samples=10,
                    references=(Reference(name="floor", value=0.5),),
                ),
            ),
            "diffusion": Diffusion(
                parameterisation="v",
                alphas_bar=_array("alphas_bar"),
                steps=10,
                space="w",
                null_condition=_array("null"),
            ),
            "attributes": (Attribute(name="hair", values=("none", "long")),),
        },
        files=tuple(FileEntry(path=path, sha256="0" * 64, size=index) for index, path in enumerate(FILES)),
    )


@pytest.fixture
def facts() -> Json:
    """The full manifest as plain JSON, to break."""
    return json.loads(_full().to_json())


def _refusal(facts: object) -> BundleError:
    with pytest.raises(BundleError) as caught:
        parse_manifest(json.dumps(facts))
    assert_plain(caught.value)
    return caught.value


def test_a_full_manifest_comes_back() -> None:
    manifest = _full()
    assert parse_manifest(manifest.to_json()) == manifest
    assert parse_manifest(manifest.to_json().encode()).to_json() == manifest.to_json()


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
numbers = st.floats(allow_nan=False) | st.none()


@settings(max_examples=80, deadline=None)
@given(st.fixed_dictionaries({
    "family": text, "description": text, "licence": text, "classes": st.lists(text).map(tuple),
    "provenance": st.fixed_dictionaries({
        "producer": text, "seed": st.integers() | st.none(),
        "config": st.dictionaries(text, st.recursive(numbers | text, st.lists, max_leaves=5)),
        "wall_time_s": st.floats(0, 1e9) | st.none(),
    }),
}))  # fmt: skip
def test_any_words_and_numbers_come_back(changes: Json) -> None:
    manifest = Manifest(**tiny_facts(Toy(2, 4)) | changes, files=_full().files)
    assert parse_manifest(manifest.to_json()) == manifest


def test_nothing_can_be_changed_afterwards() -> None:
    manifest = _full()
    for owner in (manifest, manifest.graphs[0], manifest.graphs[0].inputs[0].meaning, manifest.files[0]):
        field = next(iter(type(owner).model_fields))
        with pytest.raises(ValidationError, match="frozen"):
            setattr(owner, field, "other")


def test_the_stored_schema_is_that_of_the_model() -> None:
    place = Path(manifest_module.__file__).with_name("manifest.schema.json")
    assert place.read_text(encoding="utf-8") == json.dumps(json_schema(), indent=1) + "\n", (
        "the manifest changed: store its schema again, and raise FORMAT if an older reader would misread the file"
    )


def test_the_schema_knows_the_fields_and_forbids_others() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(Manifest.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["format"]["const"] == FORMAT


# --- what can be asked of it ---------------------------------------------------------------------------------------


def test_parts_are_found_by_name() -> None:
    manifest = _full()
    encoder = manifest.graph("encoder")
    assert encoder is not None and encoder.file == "encoder.onnx" and manifest.graph("critic") is None
    assert encoder.input("image") is encoder.inputs[0] and encoder.input("label") is None
    mean, log_variance = encoder.outputs
    assert encoder.output("latent") is encoder.output("latent", "mean") is mean
    assert encoder.output("latent", "log_variance") is log_variance and encoder.output("latent", "point") is None
    assert manifest.space("w") is manifest.spaces[1] and manifest.space("nowhere") is None
    assert manifest.file("encoded.npz") is manifest.files[2] and manifest.file("absent") is None


# --- what is refused -----------------------------------------------------------------------------------------------


def _set(*path: str | int, value: object) -> Callable[[Json], None]:
    def change(facts: Any) -> None:
        for step in path[:-1]:
            facts = facts[step]
        if value is ...:
            del facts[path[-1]]
        else:
            facts[path[-1]] = value

    return change


def _twice(*path: str | int) -> Callable[[Json], None]:
    def change(facts: Any) -> None:
        for step in path:
            facts = facts[step]
        facts.append(copy.deepcopy(facts[0]))

    return change


PORT = ("graphs", 0, "inputs", 0)
IMAGE = ("graphs", 0, "outputs", 0, "meaning")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("name", value=...), "at name: Field required"),
        (_set("name", value=""), "at name"),
        (_set("name", value="../up"), "at name"),
        (_set("name", value=" lead"), "at name"),
        (_set("name", value="x" * 101), "at name"),
        (_set("description", value="x" * 401), "at description"),
        (_set("graphs", value=[]), "at graphs"),
        (_set("files", value=[]), "at files"),
        (_set("format", value=0), "at format"),
        (_set("format", value="1"), "at format"),
        (_set("unknown", value=1), "at unknown: Extra inputs are not permitted"),
        (_set("provenance", "unknown", value=1), "at provenance.unknown"),
        (_set(*PORT, "unknown", value=1), "inputs.0.unknown"),
        (_set(*IMAGE, "unknown", value=1), "unknown"),
        (_set("files", 0, "sha256", value="F" * 64), "sha256"),
        (_set("files", 0, "sha256", value="0" * 63), "sha256"),
        (_set("files", 0, "size", value=-1), "size"),
        (_set("files", 0, "size", value=1.5), "size"),
        (_set("files", 0, "path", value="DENOISER.onnx"), "two files 'denoiser.onnx'"),
        (_set("files", 0, "path", value="other.onnx"), "'decoder.onnx' is used but not listed"),
        (_twice("files"), "two files"),
        (_twice("graphs"), "two graphs of the role 'decoder'"),
        (_twice("spaces"), "two latent spaces 'z'"),
        (_twice("graphs", 2, "inputs"), "two inputs 'x'"),
        (_twice("graphs", 1, "outputs"), "two outputs 'mean'"),
        (_set("graphs", 0, "role", value="Decoder!"), "role"),
        (_set("graphs", 0, "inputs", value=[]), "inputs"),
        (_set("graphs", 0, "file", value="absent.onnx"), "'absent.onnx' is used"),
        (_set("stores", 0, "codes", "file", value="absent.npz"), "'absent.npz' is used"),
        (_set("stores", 1, "vectors", "file", value="absent.npz"), "'absent.npz' is used"),
        (_set("spaces", 2, "prior", "mean", "file", value="absent.npz"), "'absent.npz' is used"),
        (_set("spaces", 1, "center", "file", value="absent.npz"), "'absent.npz' is used"),
        (_set("diffusion", "alphas_bar", "file", value="absent.npz"), "'absent.npz' is used"),
        (_set("diffusion", "null_condition", "file", value="absent.npz"), "'absent.npz' is used"),
        (_set(*PORT, "meaning", "space", value="nowhere"), "latent space 'nowhere' is used"),
        (_set("spaces", 4, "prior", "rows", value="nowhere"), "latent space 'nowhere' is used"),
        (_set("spaces", 4, "resolutions", value=[4, 4]), "2 layers have a resolution"),
        (_set("spaces", 2, "resolutions", value=[4, 4]), "2 layers have a resolution"),
        (_set("stores", 0, "space", value="nowhere"), "latent space 'nowhere' is used"),
        (_set("diffusion", "space", value="nowhere"), "latent space 'nowhere' is used"),
        (_set("diffusion", "steps", value=0), "steps"),
        (_set(*PORT, "meaning", "kind", value="guess"), "does not match any of the expected tags"),
        (_set(*PORT, "dtype", value="float64"), "dtype"),
        (_set(*PORT, "shape", value=[None] * 9), "shape"),
        (_set(*PORT, "shape", value=[-1, 2]), "shape"),
        (_set(*PORT, "shape", value=[None, 10**12]), "shape"),
        (_set(*IMAGE, "channels", value=2), "channels"),
        (_set(*IMAGE, "height", value=0), "height"),
        (_set(*IMAGE, "height", value=10**9), "height"),
        (_set(*IMAGE, "layout", value="CHW"), "layout"),
        (_set(*IMAGE, "value_range", value=[1, 0]), "value_range must rise"),
        (_set(*IMAGE, "value_range", value=[0, 0]), "value_range must rise"),
        (_set(*IMAGE, "value_range", value=[math.nan, 1]), "value_range"),
        (_set(*IMAGE, "value_range", value=[0, math.inf]), "value_range"),
        (_set("spaces", 0, "shape", value=[]), "shape"),
        (_set("spaces", 0, "shape", value=[0]), "shape"),
        (_set("spaces", 0, "shape", value=[10**10]), "shape"),
        (_set("spaces", 0, "shape", value=[3]), "2 dimensions described"),
        (_set("spaces", 0, "shape", value=[2, 1]), "2 dimensions described"),
        (_set("spaces", 1, "prior", "high", value=-1), "high must be above low"),
        (_set("spaces", 1, "prior", "high", value=math.inf), "high"),
        (_set("attributes", 0, "values", value=[]), "values"),
        (_set("stores", 1, "directions", value=[]), "directions"),
        (_set("quality", 0, "samples", value=0), "samples"),
        (_set("provenance", "images_seen", value=-1), "images_seen"),
        (_set("provenance", "wall_time_s", value=-1), "wall_time_s"),
        (_set("provenance", "config", value=[]), "config"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused(facts: Json, change: Callable[[Json], None], words: str) -> None:
    change(facts)
    error = _refusal(facts)
    assert isinstance(error, ManifestInvalid) and words in str(error)


def test_the_manifest_cannot_list_itself(facts: Json) -> None:
    facts["files"].append({"path": "manifest.json", "sha256": "0" * 64, "size": 1})
    assert "lists itself" in str(_refusal(facts))


@pytest.mark.parametrize("version", [2, 99, 10**300])
def test_a_newer_format_says_to_update_whatever_else_is_in_it(facts: Json, version: int) -> None:
    for newer in (facts | {"format": version}, {"format": version}, {"format": version, "graphs": "other"}):
        assert isinstance(_refusal(newer), NewerFormat)


@pytest.mark.parametrize("version", [True, 2.0, "2", None, [2], -1])
def test_a_format_that_is_no_version(facts: Json, version: object) -> None:
    if version is True:
        assert parse_manifest(json.dumps(facts | {"format": True})).format == 1
    else:
        assert isinstance(_refusal(facts | {"format": version}), ManifestInvalid)


def test_foreign_words_in_a_sentence_are_short_and_harmless(facts: Json) -> None:
    for key in ("x" * 10_000, "\x1b[2J\n" * 50, "\u202e"):
        _refusal(facts | {key: 1})
        broken = copy.deepcopy(facts)
        broken["graphs"][0]["inputs"][0]["meaning"] = {"kind": key}
        _refusal(broken)


def test_a_manifest_of_very_many_files_is_refused_at_once(facts: Json) -> None:
    facts["files"] = [{"path": f"{index}", "sha256": "0" * 64, "size": 0} for index in range(40_000)]
    assert "files" in str(_refusal(facts))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"1", b"null", b'"x"', b"\x00", b"\xff\xfe", b'{"a": 1' + b"0" * 5_000 + b"}", b"[" * 200_000,
     b'{"a":' * 100_000, b'{"name": "\\ud800"}', '{"format": 1}'.encode("utf-16"), b"\xef\xbb\xbf{}"],
)  # fmt: skip
def test_what_is_no_manifest(content: bytes) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        parse_manifest(content)
    assert_plain(caught.value)


def _places(value: object) -> list[tuple[Any, Any]]:
    """Every (container, key) in nested JSON."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in pairs] + [place for _, inner in pairs for place in _places(inner)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_no_changed_value_makes_another_exception(data: st.DataObject) -> None:
    facts = json.loads(_full().to_json())
    container, key = data.draw(st.sampled_from(_places(facts)))
    container[key] = data.draw(anything)
    try:
        manifest = parse_manifest(json.dumps(facts))
    except BundleError as error:
        assert_plain(error)
    else:
        assert parse_manifest(manifest.to_json()).to_json() == manifest.to_json()
