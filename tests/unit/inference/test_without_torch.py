"""Torch takes seconds and half a gigabyte: a process that does not compute with it does not load it."""

from __future__ import annotations

import subprocess
import sys

import pytest

OPENED = """
import sys
from pipeline.detect.detector import open_detector
from pipeline.detect.settings import DetectSettings
from pipeline.inference.settings import InferenceSettings
from pipeline.recognise.opening import open_recogniser
from pipeline.recognise.settings import RecogniseSettings

chosen = InferenceSettings(runtime="RUNTIME", threads=1)
for still in (False, True):
    open_detector(DetectSettings(), chosen, still=still)
    open_recogniser(RecogniseSettings(), chosen, still=still)
print("torch" in sys.modules)
"""
COMMANDS = """
import importlib, pkgutil, sys
import actors, actors.cli, actors.services

for room in (actors, actors.cli, actors.services):
    for one in pkgutil.iter_modules(room.__path__, room.__name__ + "."):
        if not one.name.endswith("__main__"):
            importlib.import_module(one.name)
import actors.cli.__main__
print("torch" in sys.modules)
"""


def loads_torch(program: str) -> bool:
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {"True": True, "False": False}[ended.stdout.split()[-1]]


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_detector_and_recogniser_on_another_runtime_do_not_load_torch(runtime: str) -> None:
    assert not loads_torch(OPENED.replace("RUNTIME", runtime))


def test_they_do_where_they_run_in_torch() -> None:
    assert loads_torch(OPENED.replace("RUNTIME", "torch"))


def test_no_command_actor_or_service_loads_torch() -> None:
    assert not loads_torch(COMMANDS)
