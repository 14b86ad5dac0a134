"""What a follower of a zone has to be told: the newest content of each row, and since when it is known. No I/O."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["Followed", "Message", "RowKey"]

_REMEMBERED_STATES: Final = 512


class RowKey(NamedTuple):
    """Which row; in this order rows are told."""

    at_ms: int
    event: str


class Message(NamedTuple):
    """A row to tell."""

    event: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Seen:
    data: bytes
    number: int
    """That of the state in which this content appeared."""


class Followed:
    """The rows of a window of time, as they were seen one look after the other.

    A state's id is a function of the rows alone, so that every process that reads them gives it the same id. Whoever
    names a state that is remembered gets what has changed since; every other state means: all rows. Rows that leave
    the window are told to nobody.
    """

    def __init__(self) -> None:
        self.number = 0
        """Counts states; 0 = nothing seen yet."""
        self.state_id = ""
        self._rows: dict[RowKey, _Seen] = {}
        self._numbers: OrderedDict[str, int] = OrderedDict()

    def see(self, rows: Mapping[RowKey, bytes]) -> bool:
        """Take in the rows of the window; whether there is a new state."""
        before = self._rows
        is_same = before.keys() == rows.keys() and all(before[key].data == data for key, data in rows.items())
        if self.number and is_same:
            return False
        self.number += 1
        now = self.number
        self._rows = {
            key: before[key] if key in before and before[key].data == rows[key] else _Seen(rows[key], now)
            for key in sorted(rows)
        }
        digest = hashlib.blake2b(digest_size=9)
        for key, seen in self._rows.items():
            digest.update(f"{key.event} {key.at_ms} {len(seen.data)} ".encode())
            digest.update(seen.data)
        self.state_id = digest.hexdigest()
        self._numbers[self.state_id] = now
        self._numbers.move_to_end(self.state_id)
        if len(self._numbers) > _REMEMBERED_STATES:
            self._numbers.popitem(last=False)
        return True

    def number_of(self, state_id: str) -> int:
        """The number of a remembered state; 0, from which all rows are new, for any other."""
        return self._numbers.get(state_id, 0)

    def since(self, number: int) -> list[Message]:
        """The rows whose content is newer than that state, by time."""
        return [Message(key.event, seen.data) for key, seen in self._rows.items() if seen.number > number]

    def newest(self) -> list[Message]:
        """The last row of each event."""
        last = {key.event: Message(key.event, seen.data) for key, seen in self._rows.items()}
        return list(last.values())
