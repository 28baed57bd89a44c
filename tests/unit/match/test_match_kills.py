"""kill -9 of the matcher at random moments: every hit is kept exactly once."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from pipeline.domain.vrm import Vrm
from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from pipeline.match.hits_store import StoredHits
from tests.support.builders import a_record
from tests.support.durable import ROOT, run_script, script

READS = 400
KILLS = 4


def test_a_matcher_killed_at_random_moments_tells_every_hit_once(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    journal, hits = tmp_path / "journal.db", tmp_path / "hits.db"
    records = [a_record(number, vrm=Vrm("AB12CDE" if number % 2 else "XY34ZZZ")) for number in range(READS)]
    with Journal(journal, JournalSettings()) as writer:
        writer.append(records)
    for _ in range(KILLS):
        matcher = subprocess.Popen(
            script("match_writer", journal, "AB12CDE", hits), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert matcher.stdout is not None
        for _ in range(chance.randrange(1, READS // (2 * KILLS))):
            matcher.stdout.readline()
        matcher.kill()
        matcher.stdout.close()
        matcher.wait()
    ended = run_script("match_writer", journal, "AB12CDE", hits)
    assert ended.returncode == 0, ended.stderr
    told = [one.read.read_id for one in StoredHits(hits).after(0, READS)]
    wanted = [record.read.read_id for record in records if record.read.vrm == "AB12CDE"]
    assert told == wanted, f"seed {seed}"
