"""Shows the video downloader on a simulated Google: ends by itself, status 0 if all arrived."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from infra.local.google import serve_google  # noqa: E402 - found by the path above
from infra.local.listener import free_port  # noqa: E402

ANA = "ana@example.com"
FOLDER = "application/vnd.google-apps.folder"
PATIENCE = 30.0


def main() -> int:
    """Put files into Drive and see which of them arrive."""
    with tempfile.TemporaryDirectory() as place, serve_google() as google:
        copies = Path(place, "videos")
        watches = Path(__file__).with_name("watches.yaml").read_text()
        Path(place, "watches.yaml").write_text(
            watches.replace("file:///tmp/videos", copies.as_uri())
        )
        drive = google.world.drive
        drive.create(ANA, name="Videos", mime_type=FOLDER, file_id="videos-folder")
        below = drive.create(ANA, name="2026", mime_type=FOLDER, parents=["videos-folder"])
        serving = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "main.py"), "serve", "--google", google.url),
                *("--port", str(free_port()), "--internal-port", str(free_port())),
                *("--tick", "1s", "--for", "60s"),
            ],
            cwd=place,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(5)  # a watch tells nothing of what was there before it
            drive.create(
                ANA,
                name="talk.mp4",
                mime_type="video/mp4",
                parents=["videos-folder"],
                content="talk",
            )
            drive.create(
                ANA,
                name="a/b: trip.mov",
                mime_type="video/quicktime",
                parents=[below.id],
                size=5_000_000,
            )
            drive.create(
                ANA,
                name="talk.mp4",
                mime_type="video/mp4",
                parents=[below.id],
                content="another talk",
            )
            drive.create(ANA, name="notes.txt", parents=["videos-folder"], content="no video")
            drive.create(
                ANA, name="elsewhere.mp4", mime_type="video/mp4", content="not in the folder"
            )
            return _wait_for(copies, 3)
        finally:
            serving.terminate()
            serving.wait()


def _wait_for(copies: Path, count: int) -> int:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = [each for each in sorted(copies.glob("*")) if each.is_file()]
        if len(found) >= count:
            for each in found:
                print(f"{each.stat().st_size:>9} bytes  {each.name}")
            return 0 if len(found) == count else 1
        time.sleep(0.2)
    print("not all arrived")
    return 1


if __name__ == "__main__":
    sys.exit(main())
