"""What the package leaves out goes by the names of files, on every system, and is counted."""

from collections.abc import Callable
from pathlib import Path

from tests.packaging.scripts import load


def entries(*names: str, kind: str = "BINARY") -> list[tuple[str, str, str]]:
    return [(name, __file__, kind) for name in names]


def test_what_is_left_out_is_counted_and_the_rest_stays() -> None:
    left_out = load("left_out")
    savings = left_out.Savings()
    cuda = entries(
        "onnxruntime/capi/libonnxruntime_providers_cuda.so", r"onnxruntime\capi\onnxruntime_providers_cuda.dll"
    )
    needed = entries(
        "onnxruntime/capi/libonnxruntime_providers_shared.so", "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/plugins/platforms/qwindows.dll", "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so", "PySide6/Qt/plugins/imageformats/libqsvg.so",
        "PySide6/Qt/plugins/iconengines/libqsvgicon.so", "PySide6/Qt/lib/libQt6Widgets.so.6",
        "explorer/assets/models/fashion-vae/manifest.json", "latent_explorer-0.1.0.dist-info/METADATA",
    )  # fmt: skip
    other = entries(
        "PySide6/Qt/translations/qtbase_de.qm", "PySide6/translations/qtbase_de.qm", "PySide6/Qt/qml/QtQuick/a.so",
        "PySide6/Qt6Network.dll", "PySide6/Qt/lib/libQt6Qml.so.6", "PySide6/plugins/platforms/qminimal.dll",
        "latent_explorer-0.1.0.dist-info/direct_url.json", "PySide6/opengl32sw.dll",
    )  # fmt: skip
    assert left_out.without([*cuda, *needed, *other], savings) == needed
    assert savings.bytes["CUDA and TensorRT of onnxruntime"] == 2 * Path(__file__).stat().st_size
    assert savings.lines[0].split(" MB  ")[1] == "CUDA and TensorRT of onnxruntime"


def test_libraries_that_nothing_needs_any_more_go_too() -> None:
    left_out = load("left_out")
    needs = {"a.so": ["libused.so"], "libused.so": ["libdeep.so"], "libalone.so": ["libdeep.so"]}
    imports: Callable[[str], list[str]] = lambda source: needs.get(Path(source).name, [])  # noqa: E731
    names = ["libused.so", "libdeep.so", "libalone.so", "numpy.libs/libblas.so", "libpython3.11.so.1.0"]
    given = [("pkg/a.so", "a.so", "EXTENSION"), *((name, name, "BINARY") for name in names)]
    kept = left_out.without_orphans(given, imports, left_out.Savings(), "orphans")
    assert [name for name, _, _ in given if name not in {entry[0] for entry in kept}] == ["libalone.so"]
