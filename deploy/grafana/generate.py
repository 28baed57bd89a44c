"""Writes the dashboards as the JSON that Grafana loads: python -m deploy.grafana.generate"""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana import cameras, keeping, people, working

FOLDER = Path(__file__).parent / "dashboards"
MAKERS = {
    "overview": working.overview,
    "cameras": cameras.cameras,
    "recognition": working.recognition,
    "hotlist": people.hotlists,
    "store": keeping.store,
    "sharing": keeping.sharing,
    "access": people.access,
    "nodes": keeping.nodes,
}


def texts() -> dict[str, str]:
    """Return each dashboard's JSON, by the name of its file."""
    return {
        f"{name}.json": json.dumps(make().build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for name, make in MAKERS.items()
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
