"""Real clips, whole and damaged, become frames or an error, never silence."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.capture.address import parse_address
from pipeline.capture.settings import CaptureSettings
from pipeline.capture.source import VideoSource
from pipeline.domain.plate import CameraId, Frame
from pipeline.domain.read import ClockState
from pipeline.errors import BadInput
from tests.support import clips
from tests.support.clock import ManualClock

CREATED = "2025-06-01T08:00:00Z"
CREATED_AT = datetime(2025, 6, 1, 8, tzinfo=UTC)


def source_of(path: Path) -> VideoSource:
    return VideoSource(
        parse_address(str(path)), camera_id=CameraId("1"), clock=ManualClock(), settings=CaptureSettings()
    )


def frames_of(path: Path) -> list[Frame]:
    return list(source_of(path).frames())


def test_a_clip_gives_its_frames_in_order_at_their_times(tmp_path: Path) -> None:
    frames = frames_of(clips.write_clip(tmp_path / "a.mp4", clips.counted(20), created=CREATED))
    assert [frame.sequence for frame in frames] == list(range(20))
    assert [clips.number_of(frame.pixels) for frame in frames] == list(range(20))
    assert [frame.captured_at for frame in frames] == [CREATED_AT + timedelta(seconds=n * 0.04) for n in range(20)]
    assert {frame.pixels.shape for frame in frames} == {(clips.HEIGHT, clips.WIDTH, 3)}
    assert {frame.camera_id for frame in frames} == {"1"}


def test_colours_are_blue_green_red(tmp_path: Path) -> None:
    picture = clips.grey(0)
    picture[:, :, 0] = 255
    frame = frames_of(clips.write_clip(tmp_path / "blue.mp4", [picture] * 3))[0]
    blue, green, red = np.asarray(frame.pixels).reshape(-1, 3).mean(axis=0)
    assert blue > 200
    assert max(green, red) < 60


def test_a_clip_without_a_creation_time_counts_from_its_modification(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.counted(3))
    assert frames_of(path)[0].captured_at == datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def test_a_recorder_with_an_unset_clock_counts_as_without(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.counted(3), created="1970-01-01T00:00:00Z")
    assert frames_of(path)[0].captured_at == datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.h264"])
def test_reading_a_clip_again_gives_the_same_sequence_and_times(tmp_path: Path, name: str) -> None:
    source = source_of(clips.write_clip(tmp_path / name, clips.counted(12)))
    once, again = ([(one.sequence, one.captured_at) for one in source.frames()] for _ in range(2))
    assert once == again
    assert len(once) == 12
    assert [at for _, at in once] == sorted({at for _, at in once})
    assert source.clock_state is ClockState.FILE


@pytest.mark.parametrize("codec", ["libx265", "mpeg4", "mjpeg"])
def test_other_codecs_are_decoded_too(tmp_path: Path, codec: str) -> None:
    assert len(frames_of(clips.write_clip(tmp_path / "a.mkv", clips.counted(5), codec=codec))) == 5


def test_uneven_timestamps_are_kept(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mkv", clips.counted(4), created=CREATED, pts=[0, 1, 10, 11])
    assert [round((one.captured_at - CREATED_AT).total_seconds(), 2) for one in frames_of(path)] == [0, 0.04, 0.4, 0.44]


def test_a_clip_joined_of_two_goes_on_in_time_and_counts_the_jump(tmp_path: Path) -> None:
    part = clips.write_clip(tmp_path / "part.ts", clips.counted(10)).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part + part)
    source = source_of(tmp_path / "joined.ts")
    times = [frame.captured_at for frame in source.frames()]
    assert len(times) >= 19
    assert times == sorted(set(times))
    assert times[-1] - times[0] < timedelta(seconds=1)
    assert source.clock_jumps == 1


def test_a_camera_mounted_on_its_side_gives_upright_pictures(tmp_path: Path) -> None:
    picture = clips.grey(0)
    picture[:, : clips.WIDTH // 2] = 255
    path = clips.write_clip(tmp_path / "a.mp4", [picture] * 3)
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44
    quarter_turn_clockwise = [0, 1 << 16, 0, (-1 << 16) & 0xFFFFFFFF, 0, 0, clips.HEIGHT << 16, 0, 1 << 30]
    content[matrix : matrix + 36] = b"".join(number.to_bytes(4, "big") for number in quarter_turn_clockwise)
    path.write_bytes(content)
    pixels = np.asarray(frames_of(path)[0].pixels)
    assert pixels.shape == (clips.WIDTH, clips.HEIGHT, 3)
    assert pixels[: clips.WIDTH // 2 - 10].min() > 200
    assert pixels[clips.WIDTH // 2 + 10 :].max() < 60


def test_flipped_bits_are_counted_and_the_rest_is_decoded(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.textured(40))
    source = source_of(clips.flip_bits(path, count=60, seed=3))
    frames = list(source.frames())
    assert source.decode_faults > 0
    assert 20 <= len(frames) <= 40
    assert [frame.sequence for frame in frames] == list(range(len(frames)))


def test_a_truncated_clip_gives_what_is_left_and_counts_the_cut(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.textured(40))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = source_of(path)
    assert 10 <= len(list(source.frames())) < 40
    assert source.decode_faults > 0


def test_a_clip_cut_within_its_index_is_bad_input(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.counted(10))
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(BadInput, match=r"a\.mp4"):
        frames_of(path)


def test_a_clip_whose_pictures_are_noise_is_bad_input(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.counted(10))
    content = path.read_bytes()
    begin = content.index(b"mdat") + 4
    path.write_bytes(content[:begin] + bytes(len(content) - begin))
    with pytest.raises(BadInput, match="can be decoded"):
        frames_of(path)


def test_a_clip_in_an_unknown_codec_is_bad_input(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.counted(10))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(BadInput, match="no decoder"):
        frames_of(path)


def test_sound_without_a_picture_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no video"):
        frames_of(clips.write_sound(tmp_path / "a.wav"))


@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.h264", "a"])
@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"not a video\n" * 500])
def test_what_is_no_video_is_bad_input(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput):
        frames_of(path)


def test_a_missing_file_and_a_folder_are_bad_input(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.mp4", tmp_path):
        with pytest.raises(BadInput, match="no such file"):
            frames_of(path)


def test_a_playlist_cannot_make_a_clip_reach_for_the_network(tmp_path: Path) -> None:
    path = tmp_path / "a.m3u8"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        part = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{part}\n#EXT-X-ENDLIST\n")
        with pytest.raises(BadInput):
            frames_of(path)
        with pytest.raises(BlockingIOError):
            listener.accept()
