"""Many jobs on some processes: in any order, with crashes, Ctrl-C and a main process that is killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection

import cv2

from geoaug.coco.folder import JOURNAL
from geoaug.coco.jobs import Job, Settings
from geoaug.coco.journal import note
from geoaug.coco.work import killed, work

Progress = Callable[[int, int], None]


ENGINES = ("local", "ray")


def all_done(
    settings: Settings, jobs: Iterator[Job], copies: int, workers: int, progress: Progress | None, already: int = 0, engine: str = "local"
) -> None:
    """Do all jobs; what becomes of them stands in the journal.

    Args:
        settings: For all jobs.
        jobs: What is to be done; only those that are under way are in memory.
        copies: How many copies that is.
        workers: Processes; with one the work is done here.
        progress: Called with the copies dealt with and the copies in all.
        already: Copies that an earlier run dealt with.
        engine: ``"local"`` or ``"ray"``.
    """
    count, total = already, already + copies
    # closed here and not whenever memory is collected: no worker may write after the folder for growing files is gone
    with contextlib.closing(_started(engine)(settings, jobs, min(workers, copies))) as results:
        for done in results:
            count += done
            if progress is not None:
                progress(count, total)


def _started(engine: str) -> Callable[[Settings, Iterator[Job], int], Generator[int, None, None]]:
    if engine == "local":
        return _results
    from geoaug.coco.ray import results

    return results


class Waiting:
    """Jobs that nobody works on yet; the first of them can be looked at before it is taken.

    Args:
        jobs: All of them, made when their turn comes.
    """

    def __init__(self, jobs: Iterator[Job]) -> None:
        self.jobs = jobs
        self.next: Job | None = None

    def first(self) -> Job | None:
        """Returns: The first job; ``None`` where there is none left."""
        if self.next is None:
            self.next = next(self.jobs, None)
        return self.next

    def remove_first(self) -> None:
        """Take it out: somebody works on it."""
        self.next = None


def _results(settings: Settings, jobs: Iterator[Job], workers: int) -> Generator[int, None, None]:
    """How many copies each job dealt with, in any order."""
    if workers <= 1:
        for job in jobs:
            yield work(settings, job)
        return
    waiting, proved = Waiting(jobs), False
    while waiting.first() is not None:
        suspects: list[Job] = []
        for done in _pooled(settings, waiting, workers, suspects):
            proved = True
            yield done
        if not proved:
            _prove_workers()
            proved = True
        for job in suspects:
            yield _alone(settings, job)


def _prove_workers() -> None:
    """Tell a machine on which no worker can start from pictures that kill theirs."""
    with _pool(1) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool:
            hint = "in a script, call augment() under if __name__ == '__main__', or take workers=1"
            raise ChildProcessError(f"no worker process can start; {hint}") from None


def _pooled(settings: Settings, waiting: Waiting, workers: int, suspects: list[Job]) -> Iterator[int]:
    """Work until nothing waits or a worker dies; then every job that was under way is a suspect."""
    running: dict[Future[int], Job] = {}
    with _pool(workers) as pool:
        try:
            while running or waiting.first() is not None:
                while len(running) < 2 * workers and (job := waiting.first()) is not None:
                    running[_submit(pool, settings, job)] = job
                    waiting.remove_first()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done = future.result()
                    del running[future]
                    yield done
        except BrokenProcessPool:
            suspects += running.values()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _alone(settings: Settings, job: Job) -> int:
    with _pool(1) as pool:
        try:
            return _submit(pool, settings, job).result()
        except BrokenProcessPool:
            for done in killed(job):
                note(settings.out / JOURNAL, done.stamp(None), done.body())
            return len(job.copies)


def _pool(workers: int) -> ProcessPoolExecutor:
    # spawned, not forked: OpenCV's threads do not survive a fork
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_start_worker)


def _submit(pool: ProcessPoolExecutor, settings: Settings, job: Job) -> Future[int]:
    """Submit with SIGINT held back: a worker that starts now inherits that, and Ctrl-C stays with the main process."""
    if not hasattr(signal, "pthread_sigmask"):
        return pool.submit(work, settings, job)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(work, settings, job)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def quiet_opencv() -> None:
    """Keep OpenCV's remarks on odd but readable files off the terminal; what matters is reported by name."""
    log = getattr(cv2.utils, "logging", None)
    if log is not None:
        log.setLogLevel(log.LOG_LEVEL_ERROR)


def tamed() -> None:
    """Keep OpenCV to one thread, and quiet: there are as many processes as there shall be."""
    cv2.setNumThreads(1)
    quiet_opencv()


def _start_worker() -> None:
    tamed()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End when the main process is gone, even if it was killed and could say nothing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
