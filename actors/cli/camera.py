"""`anpr camera`: the register of cameras and their assessments."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.cli.asked import person_asking
from actors.cli.camera_asking import asked_case, blank, case_in, place_of
from actors.cli.given import settings_given
from actors.cli.tables import console_for_tables
from pipeline import bootstrap_access, bootstrap_cameras
from pipeline.access.cameras.publish import document, letter
from pipeline.bootstrap_cameras import CameraOffice
from pipeline.domain.access import Permission, Person
from pipeline.domain.camera import Assessment, Camera, CameraKind, NotAdmitted
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock
from pipeline.domain.read import Location
from pipeline.errors import AccessDenied, BadInput, NotFound
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    chosen: argparse.Namespace
    office: CameraOffice
    by: Person
    settings: Settings
    clock: Clock

    @property
    def camera_id(self) -> CameraId:
        return CameraId(self.chosen.camera)


def execute(chosen: argparse.Namespace) -> int:
    if chosen.action == "assess" and chosen.blank:
        print(blank(), end="")
        return 0
    settings = settings_given(chosen)
    with bootstrap_access.desk(settings) as desk:
        by = person_asking(chosen, desk)
        with bootstrap_cameras.camera_office(settings, audit=desk.audit, clock=desk.clock) as office:
            _ACTIONS[chosen.action](_Asked(chosen=chosen, office=office, by=by, settings=settings, clock=desk.clock))
    return 0


def _add(asked: _Asked) -> None:
    chosen, kind = asked.chosen, CameraKind(asked.chosen.kind)
    if kind is CameraKind.MOBILE and chosen.place_file:
        raise BadInput("a mobile camera has no place: it tells its own")
    place = None if kind is CameraKind.MOBILE else place_of(chosen.place_file)
    asked.office.register.add(asked.camera_id, kind, chosen.area, place, by=asked.by, reason=chosen.reason)
    print(f"{chosen.camera}: registered as {kind.value}. Next: `anpr camera assess {chosen.camera}`")


def _move(asked: _Asked) -> None:
    chosen = asked.chosen
    place = place_of(chosen.place_file)
    asked.office.register.move(
        asked.camera_id, place, by=asked.by, reason=chosen.reason, area=chosen.area, since=chosen.since
    )
    admission = bootstrap_cameras.may_run(asked.settings, asked.camera_id, asked.clock.now())
    print(f"{chosen.camera}: moved; " + (admission.reason if isinstance(admission, NotAdmitted) else "it may run"))


def _assess(asked: _Asked) -> None:
    chosen = asked.chosen
    # an unknown camera is told before anybody answers twenty questions
    asked.office.register.camera(asked.camera_id)
    case = case_in(chosen.answers) if chosen.answers else asked_case(Console(highlight=False))
    one = asked.office.assessments.draft(asked.camera_id, case, by=asked.by)
    print(f"{one.assessment_id}: draft. Next: `anpr camera consult {chosen.camera} --invite WHO --closes DATE`")


def _consult(asked: _Asked) -> None:
    chosen, book = asked.chosen, asked.office.assessments
    if bool(chosen.invite) != bool(chosen.closes):
        raise BadInput("--invite and --closes go together")
    if not (chosen.invite or chosen.reply or chosen.close):
        raise BadInput("give --invite WHO --closes DATE, --reply WHO, or --close")
    if (chosen.said or chosen.answer) and not chosen.reply:
        raise BadInput("--said and --answer need --reply WHO")
    one: Assessment | None = None
    if chosen.invite:
        one = book.invite(asked.camera_id, chosen.invite, chosen.closes, by=asked.by)
    if chosen.reply:
        one = book.reply(asked.camera_id, chosen.reply, said=chosen.said, answer=chosen.answer, by=asked.by)
    if chosen.close:
        one = book.close_consultation(asked.camera_id, by=asked.by)
    if one is not None:
        held = one.consultation
        print(f"{one.assessment_id}: {one.state.value}; {len(held.invited)} asked, {len(held.replies)} replied")


def _approve(asked: _Asked) -> None:
    most = timedelta(days=asked.settings.cameras.most_review_days)
    review_on = asked.chosen.review or (asked.clock.now() + most).date()
    asked.office.assessments.approve(asked.camera_id, by=asked.by, reason=asked.chosen.reason, review_on=review_on)
    print(f"{asked.chosen.camera}: approved; it may run until the end of {review_on}")


def _refuse(asked: _Asked) -> None:
    one = asked.office.assessments.refuse(asked.camera_id, by=asked.by, reason=asked.chosen.reason)
    print(f"{asked.chosen.camera}: {one.state.value}")


def _withdraw(asked: _Asked) -> None:
    one = asked.office.assessments.withdraw(asked.camera_id, by=asked.by, reason=asked.chosen.reason)
    print(f"{asked.chosen.camera}: {one.state.value}")


def _publish(asked: _Asked) -> None:
    them = asked.office.assessments.of(asked.camera_id)
    if not them:
        raise NotFound("there is no assessment of such a camera: `anpr camera assess`")
    if asked.by.suspended:
        raise AccessDenied("access is suspended")
    one = max(them, key=lambda one: one.drafted_at)
    contact = asked.chosen.contact or asked.settings.cameras.contact
    force, at, folder = asked.office.register.camera(asked.camera_id).force, asked.clock.now(), asked.chosen.to
    pages = {f"assessment-{one.assessment_id}.html": document(one, force=force, contact=contact, at=at)}
    if one.consultation.invited:
        pages[f"letters-{one.assessment_id}.html"] = letter(one, force=force, contact=contact, at=at)
    for name, page in pages.items():
        print(_written(folder, name, page))


def _written(folder: Path, name: str, page: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{folder / name}: cannot be written: {error.strerror}") from error
    return folder / name


def _renew_key(asked: _Asked) -> None:
    print(f"{asked.office.register.renew_key(by=asked.by, reason=asked.chosen.reason)} place(s) sealed with a new key")


def _show(asked: _Asked) -> None:
    chosen, register = asked.chosen, asked.office.register
    may = {Permission.CAMERAS, Permission.CAMERA_LOCATIONS, Permission.AUDIT}
    if asked.by.suspended or not may & asked.by.permissions:
        raise AccessDenied("the register needs the permission cameras, camera-locations or audit, and no suspension")
    if (chosen.place or chosen.at or chosen.history) and not chosen.camera:
        raise BadInput("--place, --at and --history are for one camera: name it")
    if chosen.history and (chosen.place or chosen.at):
        raise BadInput("--history shows entries without places; for a place give --place --at TIME")
    if chosen.place and not chosen.reason:
        raise BadInput("where a camera stands is shown for a reason: --reason TEXT")
    place: Location | None = None
    if chosen.place:
        told = register.told(asked.camera_id, chosen.at, by=asked.by, reason=chosen.reason)
        shown, place = [told.camera], told.location
    elif chosen.history:
        shown = register.history(asked.camera_id)
        if not shown:
            raise NotFound("no such camera is registered")
    else:
        shown = [register.camera(asked.camera_id, chosen.at)] if chosen.camera else register.everything()
    _print(asked, shown, place)


def _print(asked: _Asked, shown: list[Camera], place: Location | None) -> None:
    table = Table()
    now = asked.clock.now()
    for one in shown:
        them = asked.office.assessments.of(one.camera_id)
        newest = max(them, key=lambda each: each.drafted_at) if them else None
        admission = bootstrap_cameras.may_run(asked.settings, one.camera_id, now)
        told = {
            "camera": one.camera_id,
            "kind": one.kind.value,
            "force": one.force,
            "area": one.area,
            "since": f"{one.since:%Y-%m-%d %H:%M} UTC",
            "assessment": newest.state_at(now).value if newest else "none",
            "review by": str(newest.ruling.review_on or "") if newest and newest.ruling else "",
            "may run": f"no: {admission.reason}" if isinstance(admission, NotAdmitted) else "yes",
        }
        if place:
            told["place"] = f"{place.latitude} {place.longitude}"
        if asked.chosen.json:
            print(json.dumps(told))
        elif asked.chosen.camera:
            print("\n".join(f"{name:<11} {text}" for name, text in told.items()), end="\n\n")
        else:
            for heading in told if not table.columns else ():
                table.add_column(heading, overflow="fold")
            table.add_row(*(Text(text) for text in told.values()))
    if table.columns:
        console_for_tables().print(table)


_ACTIONS = {
    "add": _add,
    "show": _show,
    "move": _move,
    "assess": _assess,
    "consult": _consult,
    "approve": _approve,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "publish": _publish,
    "renew-key": _renew_key,
}
