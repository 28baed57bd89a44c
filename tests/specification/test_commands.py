"""The commands as a person uses them: what they print, where, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.plates import draw_british_plate
from training.scenes.render import render_clip
from training.scenes.scene import scene_of


def anpr(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "actors.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plates") / "crop.png"
    cv2.imwrite(str(path), draw_british_plate("AB12CDE", pixels_per_mm=0.5).pixels)
    return path


def test_crops_are_read_without_detection_and_paths_are_printed_as_given(plate: Path) -> None:
    done = anpr("read", "--json", "--crops", plate)
    assert done.returncode == 0, done.stderr
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["file"] == str(plate)
    assert line["vrm"] == "AB12CDE"
    assert len(line["character_confidences"]) == 7
    assert line["candidates"][0]["text"] == "AB12CDE"
    assert line["syntax"] == "current"
    assert {"raw", "confidence", "box"} <= set(line)


def test_a_file_that_is_no_image_is_one_line_on_stderr_and_the_others_are_read(plate: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no image")
    done = anpr("read", "--json", "--crops", tmp_path / "empty.jpg", tmp_path / "text.jpg", tmp_path / "no.jpg", plate)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert len(done.stderr.splitlines()) == 3


def test_drawings_show_what_was_read(plate: Path, tmp_path: Path) -> None:
    anpr("read", "--crops", "--draw", tmp_path, plate)
    drawn = cv2.imread(str(tmp_path / "crop.png"))
    assert drawn is not None
    assert np.any(drawn != cv2.imread(str(plate)))


def test_replay_gives_one_json_object_for_each_read(tmp_path: Path) -> None:
    scene = scene_of("single", seed=3, seconds=8, size=(960, 540))
    clip = tmp_path / "clip.mp4"
    truth = render_clip(scene, clip)
    done = anpr("replay", "--json", "--pictures", tmp_path / "pictures", clip)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["vrm"] for line in lines] == [row.vrm for row in truth]
    for line in lines:
        assert line["source"] == str(clip)
        assert 0 <= line["first_frame"] <= line["last_frame"]
        assert line["sightings"] >= 2
        for picture in ("patch", "overview"):
            assert cv2.imread(line[picture]) is not None


def test_replay_names_a_broken_clip_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    done = anpr("replay", tmp_path / "broken.mp4")
    assert done.returncode == 1
    assert "broken.mp4" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_fault_of_a_settings_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[flow]\nbatch_frames = "many"\nspeed = 3\n[nonsense]\n[feeds.UPPER]\nurl = "x"\n')
    done = anpr("settings", "check", path)
    assert done.returncode == 1
    for fault in ("[flow] batch_frames", "[flow] speed: unknown key", "[nonsense]: unknown section", "[feeds.UPPER]"):
        assert fault in done.stderr
    assert "4 fault(s)" in done.stderr


@pytest.mark.parametrize("name", ["settings", "demonstration"])
def test_the_shipped_settings_are_good(name: str) -> None:
    done = anpr("settings", "check", Path(__file__).parents[2] / "deploy" / f"{name}.toml")
    assert done.returncode == 0, done.stderr


def test_the_doctor_says_what_to_do_about_a_missing_feed(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        f'folder = "{tmp_path}"\n[metrics]\nport = 0\n[services]\nport = 0\n'
        f'[feeds.gate]\nurl = "{tmp_path}/missing.mp4"\n'
    )
    done = anpr("doctor", "--config", path)
    assert done.returncode == 1
    assert "gate: no such file" in done.stdout
    assert "->" in done.stdout


def test_the_doctor_tells_of_secrets_that_others_can_read(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("hook", "sender", "office", "signature", "key", "well")}
    for name, file in files.items():
        file.write_text("a secret of more than sixteen characters\n")
        # a service is let in by its group
        file.chmod(0o640 if name == "well" else 0o644)
    path = tmp_path / "settings.toml"
    path.write_text(
        f'folder = "{tmp_path}"\n[metrics]\nport = 0\n[services]\nport = 0\n'
        f'[alert.webhooks.one]\nurl = "https://one.example/"\nrecipients = ["desk"]\nkey_id = "1"\n'
        f'secret_file = "{files["hook"]}"\n[alert.webhooks.two]\nurl = "https://two.example/"\nrecipients = ["desk"]\n'
        f'key_id = "1"\nsecret_file = "{files["well"]}"\n'
        f'[join.senders.bridge]\nformat = "onvif"\nsecret_file = "{files["sender"]}"\n'
        f'cameras = {{ "1" = {{ camera_id = "c", feed_id = "f", source_id = "s" }} }}\n'
        f'[join.back_offices.bof]\nurl = "https://bof.example/"\nusername = "kent"\nbasic_user = "kent"\n'
        f'secret_file = "{files["office"]}"\nsignature_file = "{files["signature"]}"\n'
        f"cameras = {{ gate = {{ feed = 1, source = 1, camera = 1 }} }}\n"
        f'[access.audit]\nsigning_key_file = "{files["key"]}"\n'
    )
    told = [
        line for line in anpr("doctor", "--config", path).stdout.splitlines() if "everybody on this machine" in line
    ]
    assert sorted(line.split("secret", 1)[1].split(":")[0].strip() for line in told) == [
        "[access.audit] signing_key_file",
        "[alert.webhooks.one] secret_file",
        "[join.back_offices.bof] secret_file",
        "[join.back_offices.bof] signature_file",
        "[join.senders.bridge] secret_file",
    ]
