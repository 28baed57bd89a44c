"""How often a process that passes on many small records looks for garbage.

Python looks after every 700 new objects; a batch of reads is thousands, all of them in use, none of them in a cycle, so
the looks find nothing and were a sixth of a centre's processor time (DECISIONS.md).
On failure: nothing here can fail.
"""

from __future__ import annotations

import gc

_OBJECTS = 50_000
"""Some megabytes: so much may wait for the next look."""


def look_seldom() -> None:
    """From now on look for garbage after many objects, and never again among what is there already."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
