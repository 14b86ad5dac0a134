"""What was served: every distinct revision of a row that left in a good answer, for tests that nothing is lost."""

from collections.abc import Iterator

from gridpulse_standin.source import RowKey

__all__ = ["Ledger"]


class Ledger:
    """Keys in the order in which they were first served. Full, it forgets the oldest, and says how many."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._sequence_by_key: dict[RowKey, int] = {}
        self._next = 1
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._sequence_by_key)

    def record(self, keys: list[RowKey]) -> None:
        """Note rows as served; a revision that was served before is not noted again."""
        for key in keys:
            if key in self._sequence_by_key:
                continue
            if len(self._sequence_by_key) >= self._capacity:
                del self._sequence_by_key[next(iter(self._sequence_by_key))]
                self.forgotten += 1
            self._sequence_by_key[key] = self._next
            self._next += 1

    def after(self, sequence: int) -> Iterator[tuple[int, RowKey]]:
        """Entries with a greater sequence number, oldest first; the numbers start at 1."""
        return ((number, key) for key, number in list(self._sequence_by_key.items()) if number > sequence)

    def clear(self) -> None:
        """Forget everything; sequence numbers go on."""
        self._sequence_by_key.clear()
        self.forgotten = 0
