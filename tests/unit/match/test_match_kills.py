"""kill -9 of the matcher at random moments: every hit is in the file exactly once."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

from pipeline.domain.vrm import Vrm
from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from tests.support.builders import a_record
from tests.support.durable import ROOT, run_script, script

READS = 400
KILLS = 4


def test_a_matcher_killed_at_random_moments_tells_every_hit_once(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    journal, hotlist, hits = tmp_path / "journal.db", tmp_path / "hotlist.csv", tmp_path / "hits.jsonl"
    hotlist.write_text("vrm\nAB12 CDE\n")
    records = [a_record(number, vrm=Vrm("AB12CDE" if number % 2 else "XY34ZZZ")) for number in range(READS)]
    with Journal(journal, JournalSettings()) as writer:
        writer.append(records)
    for _ in range(KILLS):
        matcher = subprocess.Popen(
            script("match_writer", journal, hotlist, hits), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert matcher.stdout is not None
        for _ in range(chance.randrange(1, READS // (2 * KILLS))):
            matcher.stdout.readline()
        matcher.kill()
        matcher.stdout.close()
        matcher.wait()
    ended = run_script("match_writer", journal, hotlist, hits)
    assert ended.returncode == 0, ended.stderr
    told = [json.loads(line)["read_id"] for line in hits.read_text().splitlines()]
    wanted = [record.read.read_id for record in records if record.read.vrm == "AB12CDE"]
    assert told == wanted, f"seed {seed}"
