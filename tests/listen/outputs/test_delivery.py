from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import pytest

from datar_edge.listen.outputs.delivery import Delivery, RefusedError, UndeliveredError

FIRST_WAIT_S = 0.01


class Place:
    """Takes integers; away, refusing or slow as the test says."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.attempts: list[float] = []
        self.away = False
        self.refused: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def take(self, item: int) -> None:
        self.attempts.append(time.monotonic())
        self.gate.wait()
        if self.away:
            raise UndeliveredError("nobody answers")
        if item in self.refused:
            raise RefusedError(f"no {item}s, please")
        self.taken.append(item)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def told() -> list[str]:
    return []


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def delivery_to(place: Place, told: list[str], *, bound: int = 100) -> Delivery[int]:
    return Delivery(
        place.take, name="place", tell=told.append, bound=bound, first_wait_s=FIRST_WAIT_S
    )


def test_items_arrive_in_their_order(place: Place, told: list[str]) -> None:
    delivery = delivery_to(place, told, bound=1000)
    for item in range(500):
        delivery.put(item)
    delivery.close()
    assert place.taken == list(range(500))
    assert told == []


def test_nothing_is_lost_up_to_the_bound(place: Place, told: list[str]) -> None:
    place.away = True
    delivery = delivery_to(place, told)
    delivery.put(0)
    eventually(lambda: len(place.attempts) > 2)  # the first is in hand, a hundred more may wait
    for item in range(1, 101):
        delivery.put(item)
    place.away = False
    eventually(lambda: len(place.taken) == 101)
    delivery.close()
    assert place.taken == list(range(101))
    assert told == [
        "place: nobody answers; up to 100 messages are kept for it",
        "place: reached again",
    ]


def test_beyond_the_bound_the_oldest_are_dropped_and_told_once(
    place: Place, told: list[str]
) -> None:
    place.away = True
    delivery = delivery_to(place, told, bound=10)
    delivery.put(0)
    eventually(lambda: len(place.attempts) > 2)
    for item in range(1, 31):
        delivery.put(item)
    place.away = False
    eventually(lambda: len(place.taken) == 11)
    delivery.close()
    assert place.taken == [0, *range(21, 31)]
    assert told == [
        "place: nobody answers; up to 10 messages are kept for it",
        "place: 10 messages wait, the oldest are dropped",
        "place: reached again",
        "place: caught up; 20 messages were dropped",
    ]


def test_what_is_refused_holds_nothing_up(place: Place, told: list[str]) -> None:
    place.refused = {1, 2}
    delivery = delivery_to(place, told)
    for item in range(4):
        delivery.put(item)
    delivery.close()
    assert place.taken == [0, 3]
    assert told == ["place: refused a message: no 1s, please"]


def test_putting_never_waits_for_a_slow_place(place: Place, told: list[str]) -> None:
    place.gate.clear()
    delivery = delivery_to(place, told, bound=10)
    for item in range(1000):
        delivery.put(item)  # would hang here
    place.gate.set()
    delivery.close()
    assert place.taken[-10:] == list(range(990, 1000))


def test_waits_double(place: Place, told: list[str]) -> None:
    place.away = True
    delivery = delivery_to(place, told)
    delivery.put(0)
    eventually(lambda: len(place.attempts) >= 5)
    delivery.close()
    waits = [after - before for before, after in itertools.pairwise(place.attempts)]
    for number, wait_s in enumerate(waits[:4]):
        assert wait_s >= FIRST_WAIT_S * 2**number


def test_a_wait_can_be_cut_short(place: Place, told: list[str]) -> None:
    place.away = True
    delivery: Delivery[int] = Delivery(
        place.take, name="place", tell=told.append, first_wait_s=3600.0
    )
    delivery.put(0)
    eventually(lambda: "nobody answers" in "".join(told))
    place.away = False
    delivery.retry_now()
    eventually(lambda: place.taken == [0])
    delivery.close()


def test_closing_tells_what_was_not_delivered(place: Place, told: list[str]) -> None:
    place.away = True
    delivery = delivery_to(place, told)
    for item in range(5):
        delivery.put(item)
    delivery.close()
    delivery.close()
    assert told[-1] == "place: 5 messages were not delivered"
    assert len(told) == 2


def test_closing_gives_up_on_a_place_that_hangs(place: Place, told: list[str]) -> None:
    place.gate.clear()
    delivery = delivery_to(place, told)
    delivery.put(0)
    delivery.put(1)
    delivery.close(patience_s=0.05)
    assert told == ["place: 2 messages were not delivered"]
    place.gate.set()


def test_a_fault_of_ours_does_not_end_the_thread(told: list[str]) -> None:
    taken: list[int] = []

    def take(item: int) -> None:
        if item == 0:
            raise KeyError("oops")
        taken.append(item)

    delivery: Delivery[int] = Delivery(take, name="place", tell=told.append)
    delivery.put(0)
    delivery.put(1)
    delivery.close()
    assert taken == [1]
    assert told == ["place: refused a message: KeyError: 'oops'"]
