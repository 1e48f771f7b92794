"""Layers on threads: unpacking and hashing leave Python's lock alone, so two cores are used.

The result, also which of several errors is told, is the same for any number of threads.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from types import MappingProxyType

from sbom.image.layers import LayerContent, Readers, read_layer
from sbom.image.opened import ImageLayer
from sbom.limits import Limits

Progress = Callable[[int, int, str], None]
"""Is told bytes done, bytes in all, and what is being read."""
EMPTY: Mapping[int, LayerContent] = MappingProxyType({})


class _Stopped(Exception):  # noqa: N818 (no error: a lower layer has failed)
    """The layer's content is no more wanted."""


def read_layers(
    layers: Sequence[ImageLayer],
    readers: Readers,
    limits: Limits,
    threads: int,
    progress: Progress | None = None,
    known: Mapping[int, LayerContent] = EMPTY,
) -> list[LayerContent]:
    """Read all layers but those `known` by number; raise the error of the lowest unreadable one."""
    work = _Work(layers, readers, limits, progress, known)
    unread = len(layers) - len(known)
    helpers = [Thread(target=work.run, daemon=True) for _ in range(min(threads, unread) - 1)]
    for helper in helpers:
        helper.start()
    try:
        work.run()
    except BaseException:
        work.stop()
        raise
    finally:
        for helper in helpers:
            helper.join()
    return work.result()


class _Work:
    """The layers that wait, largest first, and what became of the others."""

    def __init__(
        self,
        layers: Sequence[ImageLayer],
        readers: Readers,
        limits: Limits,
        progress: Progress | None,
        known: Mapping[int, LayerContent],
    ) -> None:
        self._layers, self._readers, self._limits = layers, readers, limits
        unread = [number for number in range(len(layers)) if number not in known]
        self._waiting = sorted(unread, key=lambda n: (layers[n].size, -n))
        self._contents: dict[int, LayerContent] = dict(known)
        self._errors: dict[int, BaseException] = {}
        self._failed = len(layers)
        self._progress = progress
        self._done, self._all = 0, sum(layers[number].size for number in unread)
        self._lock = Lock()
        self._interrupted = False

    def run(self) -> None:
        """Read layers until none waits."""
        while (number := self._next()) is not None:
            try:
                tick = self._ticker(number)
                layer = self._layers[number]
                self._contents[number] = read_layer(layer, self._readers, self._limits, tick)
            except _Stopped:
                continue
            except Exception as error:  # noqa: BLE001 (raised again by `result`, in layers' order)
                self._errors[number] = error
                self._failed = min(self._failed, number)

    def stop(self) -> None:
        """Let the other threads end early: nobody waits for what they read."""
        self._interrupted = True

    def result(self) -> list[LayerContent]:
        """Return the contents in the layers' order, or raise the lowest layer's error."""
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._contents[number] for number in range(len(self._layers))]

    def _next(self) -> int | None:
        with self._lock:
            while self._waiting:
                number = self._waiting.pop()
                if number < self._failed:
                    return number
        return None

    def _ticker(self, number: int) -> Callable[[int], None]:
        text = self._layers[number].where

        def tick(size: int) -> None:
            # A lower layer's error is told whatever comes of this one, so it need not be read on.
            if number > self._failed or self._interrupted:
                raise _Stopped
            if self._progress is not None:
                with self._lock:
                    self._done += size
                    self._progress(self._done, self._all, text)

        return tick
