"""What is loaded stays loaded while the memory budget allows: the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Loaded things by key; used from the worker's thread only. The newest stays even when it alone is over budget."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._items: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self.gone = 0  # how many things it has held and holds no more

    def get(self, key: str, load: Callable[[], tuple[T, int]]) -> T:
        """The thing of that key; ``load`` gives it and its size in bytes when it is not there."""
        if key not in self._items:
            self._items[key] = load()
            while len(self._items) > 1 and self.size_bytes > self._budget:
                self._items.popitem(last=False)
                self.gone += 1
        self._items.move_to_end(key)
        return self._items[key][0]

    def peek(self, key: str) -> T | None:
        """The thing of that key if it is loaded; does not count as a use."""
        return self._items[key][0] if key in self._items else None

    def drop(self, key: str) -> None:
        """Forget a thing, so that it is loaded afresh."""
        self.gone += self._items.pop(key, None) is not None

    @property
    def size_bytes(self) -> int:
        return sum(size for _, size in self._items.values())
