"""Nothing on the machine is told to anybody: onnxruntime's own reports are off, whoever imports it."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("package", ["explorer.runtime.session", "trainers"])
def test_onnxruntime_keeps_no_device_identifier(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    for variable in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    subprocess.run([sys.executable, "-c", f"import {package}, onnxruntime"], check=True, timeout=60)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
