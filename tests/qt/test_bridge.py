import threading
from concurrent.futures import ThreadPoolExecutor

from psygnal import Signal as Event
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLabel

from explorer.qt.bridge import MainThread
from explorer.qt.follow import follow


def test_calls_arrive_in_this_thread_and_in_order(qtbot):
    main, calls = MainThread(), []

    def work() -> None:
        for number in range(100):
            main.post(lambda number=number: calls.append((number, threading.get_ident())))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
    assert calls == []  # nothing runs before the event loop does
    qtbot.waitUntil(lambda: len(calls) == 100)
    assert calls == [(number, threading.get_ident()) for number in range(100)]


def test_a_post_from_this_thread_waits_too(qtbot):
    main, calls = MainThread(), []
    main.post(lambda: calls.append(1))
    assert calls == []
    qtbot.waitUntil(lambda: calls == [1])


class State:
    changed = Event(str)


class Shown(QLabel):
    def show_it(self, text: str) -> None:
        self.setText(text)


def delete(widget: QLabel) -> None:
    widget.deleteLater()
    QCoreApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)


def test_a_follower_follows_until_it_is_deleted(qapp):
    state, widget = State(), Shown()
    follow(widget, state.changed, widget.show_it)
    state.changed.emit("first")
    assert widget.text() == "first"
    delete(widget)
    state.changed.emit("second")  # would raise EmitLoopError if it still reached the widget
    assert len(state.changed) == 0


def test_a_follower_is_not_kept_alive(qapp):
    state, widget = State(), Shown()
    follow(widget, state.changed, widget.show_it)
    del widget
    state.changed.emit("nobody")
    assert len(state.changed) == 0
