"""The engine for clusters: portions of the jobs as tasks of Ray's, on this machine or on all that it reaches.

Every machine reads the pictures and writes the result under the same paths. What is made does not depend on the engine,
since what is drawn depends on seed, image id and copy alone.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any

from geoaug.coco.folder import JOURNAL
from geoaug.coco.jobs import Job, Settings
from geoaug.coco.journal import note
from geoaug.coco.work import killed, work
from geoaug.errors import ParameterError

JOBS_A_TASK = 16  # a task takes a tenth of a second or more, and a lost one costs as much
RETRIES = 2
WAITING = 4  # tasks a worker that are handed over before one is back: thousands would sit in memory


def results(settings: Settings, jobs: Iterator[Job], workers: int) -> Generator[int, None, None]:
    """Do jobs on Ray's workers.

    Args:
        settings: For all jobs.
        jobs: What is to be done.
        workers: Processes, where a local Ray is started; a cluster that is there (``RAY_ADDRESS``) has its own.

    Returns:
        How many copies each task dealt with, as they finish.

    Raises:
        ParameterError: Ray is not installed.
        OSError: A fault of a machine, such as a full disk.
    """
    ray = _ray()
    ours = not ray.is_initialized()
    if ours:
        address = os.environ.get("RAY_ADDRESS")
        local = {} if address else {"num_cpus": max(workers, 1), "include_dashboard": False}
        ray.init(address=address, log_to_driver=False, **local)
    try:
        yield from _tasks(ray, settings, jobs)
    finally:
        if ours:
            ray.shutdown()


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # which would speak to the network
    try:
        import ray
    except ImportError:
        raise ParameterError("engine: 'ray' needs Ray; pip install 'geoaug[ray]', or take engine='local'") from None
    return ray


def _tasks(ray: Any, settings: Settings, jobs: Iterator[Job]) -> Generator[int, None, None]:
    """Hand out portions, a few ahead of those that are back; a portion that fails again and again goes job by job."""
    task = ray.remote(num_cpus=1, max_retries=RETRIES)(_portion)
    shared = ray.put(settings)
    again: list[list[Job]] = []
    most = WAITING * max(int(ray.cluster_resources().get("CPU", 1)), 1)
    running: dict[Any, list[Job]] = {}
    try:
        while True:
            while len(running) < most and (portion := again.pop() if again else list(islice(jobs, JOBS_A_TASK))):
                running[task.remote(shared, portion)] = portion
            if not running:
                return
            done, _ = ray.wait(list(running), num_returns=1)
            portion = running.pop(done[0])
            try:
                yield ray.get(done[0])
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
                if len(portion) > 1:
                    again += [[job] for job in portion]
                    continue
                for one in killed(portion[0]):
                    note(settings.out / JOURNAL, one.stamp(None), one.body())
                yield len(portion[0].copies)
            except ray.exceptions.RayTaskError as error:
                raise error.cause if isinstance(error.cause, OSError) else error from None
    finally:
        for one in running:
            ray.cancel(one, force=True)


def _portion(settings: Settings, portion: list[Job]) -> int:
    """What a worker does: one job after the other, on one thread."""
    from geoaug.coco.workers import tamed

    tamed()
    return sum(work(settings, job) for job in portion)
