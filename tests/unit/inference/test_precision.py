"""bfloat16 only where the processor multiplies it, and never where somebody wants the same numbers everywhere."""

from pathlib import Path

import pytest

from pipeline.inference import settings
from pipeline.inference.precision import multiplies_bfloat16
from pipeline.inference.settings import InferenceSettings


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512_bf16 amx_bf16 amx_tile amx_int8", True),
        ("fpu avx2 avx512_bf16", True),
        ("fpu avx2 avx512f avx512_bf16x", False),
        ("fpu avx2 amx_bf16", False),
        ("fpu amx_bf16x amx_tilex", False),
    ],
)
def test_a_processor_is_known_by_its_flags(tmp_path: Path, flags: str, expected: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nmodel name\t: some\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    assert multiplies_bfloat16(tmp_path / "cpuinfo") is expected


def test_where_nothing_tells_it_is_float32(tmp_path: Path) -> None:
    assert not multiplies_bfloat16(tmp_path / "absent")
    (tmp_path / "empty").write_text("")
    assert not multiplies_bfloat16(tmp_path / "empty")


@pytest.mark.parametrize(
    ("processor", "chosen", "expected"),
    [
        (True, {}, "bfloat16"),
        (True, {"precision": "float32"}, "float32"),
        (True, {"runtime": "onnxruntime"}, "float32"),
        (False, {}, "float32"),
    ],
)
def test_what_networks_compute_in(
    monkeypatch: pytest.MonkeyPatch, processor: bool, chosen: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(settings, "multiplies_bfloat16", lambda: processor)
    asked = InferenceSettings(**{"runtime": "openvino", **chosen})  # type: ignore[arg-type]
    assert asked.quickest == expected


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's machine has its CUDA driver, once the file is there."""
    monkeypatch.setattr(settings, "_CUDA_DRIVER", tmp_path / "nvidiactl")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path / "nvidiactl"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ("torch", "cuda", "float16", "float16", "graphs")),
        ({"precision": "int8"}, ("torch", "cuda", "float16", "float16", "graphs")),
        ({"precision": "float32", "cuda": "compiled"}, ("torch", "cuda", "float32", "float32", "compiled")),
        ({"runtime": "onnxruntime"}, ("onnxruntime", "cpu", "float32", "float32", "eager")),
    ],
)
def test_where_there_is_a_cuda_device_torch_computes_in_float16_and_replays_graphs(
    driver: Path, chosen: dict[str, str], expected: tuple[str, ...]
) -> None:
    driver.touch()
    asked = InferenceSettings(**chosen)  # type: ignore[arg-type]
    assert (asked.chosen, asked.device, asked.quickest, asked.of_search, asked.launching) == expected


def test_where_there_is_none_or_it_is_hidden_the_processor_computes(
    driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = InferenceSettings(runtime="torch")
    assert (torch.device, torch.quickest, torch.launching) == ("cpu", "float32", "eager")
    driver.touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert InferenceSettings().chosen == "openvino"
    assert (torch.device, torch.quickest, torch.launching) == ("cpu", "float32", "eager")


@pytest.mark.parametrize(
    ("processor", "chosen", "expected"),
    [
        (True, {}, "bfloat16"),
        (False, {}, "float32"),
        (True, {"precision": "int8"}, "int8"),
        (False, {"precision": "int8"}, "int8"),
        (True, {"precision": "float32"}, "float32"),
        (True, {"precision": "int8", "runtime": "onnxruntime"}, "float32"),
        (True, {"precision": "int8", "runtime": "torch"}, "float32"),
    ],
)
def test_what_video_is_searched_in(
    monkeypatch: pytest.MonkeyPatch, processor: bool, chosen: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(settings, "multiplies_bfloat16", lambda: processor)
    asked = InferenceSettings(**{"runtime": "openvino", **chosen})  # type: ignore[arg-type]
    assert asked.of_search == expected
    if expected == "int8":
        assert asked.quickest == ("bfloat16" if processor else "float32")
