"""Builds what takes in reads of other makers' cameras: part of the wiring."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.bootstrap_cameras import may_run
from pipeline.clock import SystemClock
from pipeline.domain.camera import Admission, Admitted
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock, EncodedJournal
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.join.desk import JoinDesk

_SYSTEM_CLOCK = SystemClock()


def join_desk(settings: Settings, journal: EncodedJournal, *, clock: Clock = _SYSTEM_CLOCK) -> JoinDesk:
    """Return the desk at which the senders of [join] are served; what it takes is durable in `journal`.

    It has the checks of clocks and the quarantine that reads of other organisations have.
    """
    from pipeline.join.desk import JoinDesk, organisation_of
    from pipeline.share.counter import CounterBook
    from pipeline.share.intake import Intake
    from pipeline.share.quarantine import Quarantine
    from pipeline.share.settings import SenderSettings

    folder = settings.share.folder_in(settings.folder)
    senders = {
        str(organisation_of(name)): SenderSettings(feeds=tuple(sorted({one.feed_id for one in each.cameras.values()})))
        for name, each in settings.join.senders.items()
    }
    intake = Intake(
        journal,
        quarantine=Quarantine(folder / "quarantine.db"),
        counters=CounterBook(folder / "senders.db", clock),
        settings=replace(settings.share, senders=senders),
        keeps_months=settings.retention.months,
        clock=clock,
    )

    def admission(camera_id: CameraId) -> Admission:
        if not settings.cameras.require_assessment:
            return Admitted(camera_id=camera_id)
        return may_run(settings, camera_id, clock.now())

    return JoinDesk(intake, admission, clock)
