"""Runs on Ray's workers make the bytes of any other run."""

from __future__ import annotations

import os
import signal
import sys

import pytest

import geoaug as A
from geoaug.coco.run import augment
from geoaug.errors import ParameterError
from tests.conftest import FIXTURES
from tests.test_run import Source, noise, tree

IMAGES, ANNOTATIONS = FIXTURES / "images", FIXTURES / "annotations.json"


def test_without_ray_the_engine_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ParameterError, match=r"pip install 'geoaug\[ray\]'"):
        augment(ANNOTATIONS, IMAGES, tmp_path / "out", engine="ray")


def test_an_unknown_engine_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="engine: expected local or ray, got 'dask'"):
        augment(ANNOTATIONS, IMAGES, tmp_path / "out", engine="dask")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_engine_cannot_be_seen_in_the_result(tmp_path):
    pytest.importorskip("ray", reason="needs Ray")
    augment(ANNOTATIONS, IMAGES, tmp_path / "local", copies=3, keep_originals=True)
    augment(ANNOTATIONS, IMAGES, tmp_path / "ray", copies=3, keep_originals=True, engine="ray", workers=2)
    assert tree(tmp_path / "ray") == tree(tmp_path / "local")


class DeadlyOnRay(A.Transform):
    """Kills its process where the picture is square."""

    def draw(self, scene, rng):
        if scene.size[0] == scene.size[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        return A.NoOp().draw(scene, rng)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_picture_that_kills_ray_s_workers_is_named_and_the_others_come_out(tmp_path):
    pytest.importorskip("ray", reason="needs Ray")
    source = Source(tmp_path)
    for number in range(6):
        source.add(f"{number}.png", noise(30, 30 if number == 2 else 40))
    summary, document = source.augment(pipeline=A.Compose([DeadlyOnRay(p=1)]), workers=2, engine="ray")
    assert [image["source_id"] for image in document["images"]] == [1, 2, 4, 5, 6]
    assert [(problem.code, problem.file_name) for problem in summary.problems] == [("worker-killed", "2.png")]
