"""What people and systems ask of alerts: lists, one alert with its pictures, steps, and a watch of what happens.

On failure: BadInput for what can never be answered, NotFound for an alert these recipients were not told of, OutOfTurn
for a step that may not follow now, Unavailable for the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.alert.book import AlertBook
from pipeline.alert.pictures import PictureFolder, Pictures
from pipeline.alert.settings import AlertSettings
from pipeline.alert.watch import Watch
from pipeline.domain.alert import Alert, AlertState, PersonId, Recipient, step_to
from pipeline.domain.ports import Clock
from pipeline.errors import BadInput

_PAGE = 50
_LARGEST_PAGE = 200
_LONGEST_SUBSCRIBER = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Alerts, the newest first, how to ask for more, and the cursor from which a watch misses nothing."""

    alerts: tuple[Alert, ...]
    next_token: str
    cursor: int


class AlertDesk:
    """Answers for one alert book. Safe for many threads."""

    def __init__(self, book: AlertBook, pictures: PictureFolder, settings: AlertSettings, clock: Clock) -> None:
        self._book = book
        self._pictures = pictures
        self._clock = clock
        self.settings = settings

    def listed(
        self, recipients: Sequence[str], *, states: Sequence[AlertState] = (), page_size: int = 0, token: str = ""
    ) -> Page:
        """Return a page of the alerts told to any of `recipients`."""
        if not 0 <= page_size <= _LARGEST_PAGE:
            raise BadInput(f"page_size is 1 to {_LARGEST_PAGE}, or 0 for {_PAGE}")
        if token and not (token.isascii() and token.isdigit() and len(token) < 19):
            raise BadInput("page_token is not one that was given")
        size = page_size or _PAGE
        # asked first: what happens while the page is made is told again by the watch rather than missed
        cursor = self._book.newest_cursor()
        rows = self._book.alerts(named(recipients), states=states, before=int(token) if token else None, limit=size + 1)
        page = rows[:size]
        return Page(
            alerts=tuple(alert for _, alert in page),
            next_token=str(page[-1][0]) if len(rows) > size else "",
            cursor=cursor,
        )

    def alert(self, alert_id: str, recipients: Sequence[str]) -> Alert:
        return self._book.alert(alert_id, named(recipients))

    def pictures_of(self, alert: Alert) -> Pictures:
        return self._pictures.find(alert.read)

    def advance(
        self, alert_id: str, recipients: Sequence[str], *, state: AlertState, person: str, note: str = ""
    ) -> Alert:
        """Take a step with an alert, now."""
        step = step_to(state, person=PersonId(person), at=self._clock.now(), note=note)
        return self._book.advance(alert_id, step, recipients=named(recipients))

    def watch(self, subscriber: str, recipients: Sequence[str], after: int | None, *, of: str = "") -> Watch:
        """Begin a watch; see `WatchAlertsStart` of the contract. `of` is whose subscriber it is."""
        # the names of webhooks hold a colon, so that nobody can acknowledge for one
        if not subscriber.isprintable() or not 0 < len(subscriber) <= _LONGEST_SUBSCRIBER or ":" in subscriber:
            raise BadInput(
                f"a subscriber has a name of 1 to {_LONGEST_SUBSCRIBER} printable characters without a colon"
            )
        return Watch(
            self._book,
            f"{of}/{subscriber}" if of else subscriber,
            named(recipients),
            after=after,
            most_unacknowledged=self.settings.watch_unacknowledged,
        )

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever something has happened; see `AlertBook.listen`."""
        self._book.listen(changed)


def named(recipients: Sequence[str]) -> tuple[Recipient, ...]:
    """Return the recipients asked for. Raises BadInput for none: nobody asks for everybody's alerts."""
    if not recipients or len(recipients) > 64 or not all(recipients):
        raise BadInput("name the desks whose alerts are asked for, 1 to 64 of them")
    return tuple(dict.fromkeys(Recipient(name) for name in recipients))
