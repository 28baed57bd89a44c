"""Serves one MP4 with H.264 as `rtsp://127.0.0.1:PORT/camera`, in real time; runs in Debian's own Python.

Usage: /usr/bin/python3 rtsp_service.py PORT CLIP. Prints "ready PORT" once it listens (port 0: any free one).
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

_ELEMENTS = ("filesrc", "qtdemux", "h264parse", "identity", "rtph264pay")


def main() -> None:
    Gst.init(None)
    missing = [name for name in _ELEMENTS if Gst.ElementFactory.find(name) is None]
    if missing:
        sys.exit(f"missing GStreamer elements: {', '.join(missing)}")
    port, clip = sys.argv[1:]
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f'( filesrc location="{clip}" ! qtdemux ! h264parse config-interval=1 ! identity sync=true'
        " ! rtph264pay name=pay0 pt=96 )"
    )
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/camera", factory)
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {port}")
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
