"""geoaug under the name of Albumentations: one set of classes, whatever was installed or imported before. Each test has a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.metadata import version

import pytest

PEER = {"NO_ALBUMENTATIONS_UPDATE": "1", "PYTHONWARNINGS": "ignore:::albumentations"}


def told(code, tmp_path, blocked=(), errors=True):
    """What a program prints that starts with geoaug in Albumentations' place.

    Args:
        code: The program.
        tmp_path: Where it lies.
        blocked: Packages that it must find not installed.
        errors: Whether what it says on stderr counts. Python's tracker of semaphores, a process of its own, may speak
            there of torch's when a program with spawned workers ends on a busy machine.
    """
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(code), encoding="utf-8")
    for name in blocked:
        (tmp_path / f"{name}.py").write_text("raise ModuleNotFoundError(__name__)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | PEER)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr if errors else done.stdout


def test_every_way_to_a_class_leads_to_geoaug_s_own(tmp_path):
    code = """
        import sys
        import geoaug
        geoaug.install_as_albumentations()
        geoaug.install_as_albumentations()
        import albumentations as A
        import albumentations
        import albumentations.augmentations.geometric.functional as F
        from albumentations.core.composition import Compose, OneOf
        from albumentations.pytorch import ToTensorV2
        from albumentations.pytorch.transforms import ToTensorV2 as Again
        from albumentations import *
        assert A is albumentations is sys.modules["albumentations"]
        assert Compose is A.Compose is geoaug.Compose and OneOf is geoaug.OneOf
        assert ToTensorV2 is Again is geoaug.ToTensorV2 is A.pytorch.ToTensorV2
        assert HorizontalFlip is geoaug.HorizontalFlip
        assert F is A.augmentations.geometric.functional is sys.modules["geoaug.augmentations.geometric.functional"]
        assert sys.modules["albumentations.core.composition"] is sys.modules["geoaug.core.composition"]
        assert sys.modules["geoaug.core.composition"].__spec__.name == "geoaug.core.composition"
        assert sum(type(finder).__name__ == "Finder" for finder in sys.meta_path) == 1
        assert "HorizontalFlip" in dir(A) and not hasattr(A, "Nothing")
        assert issubclass(A.HorizontalFlip, A.DualTransform)
        assert not [name for name in sys.modules if "site-packages/albumentations" in (getattr(sys.modules[name], "__file__", None) or "")]
    """
    assert told(code, tmp_path) == ""


def test_every_module_of_1_3_1_4_and_2_0_8_is_there_and_what_none_has_is_refused_with_the_nearest(tmp_path):
    code = """
        import importlib, importlib.util, pkgutil
        import geoaug
        geoaug.install_as_albumentations()
        import albumentations
        for name in PATHS:
            module = importlib.import_module(f"albumentations.{name}")
            assert module is importlib.import_module(f"geoaug.{name}") and module.__name__ == f"geoaug.{name}"
        walked = {name for _, name, _ in pkgutil.walk_packages(albumentations.__path__, "albumentations.")}
        assert {f"albumentations.{name}" for name in PATHS} <= walked
        assert importlib.util.find_spec("albumentations") and importlib.util.find_spec("albumentations.core.utils")
        for wrong in ("albumentations.core.compositions", "albumentations.raster", "albumentations.compose"):
            try:
                importlib.import_module(wrong)
            except ModuleNotFoundError as fault:
                assert fault.name == wrong, fault.name
                print(fault)
    """
    printed = told(code.replace("PATHS", repr(PATHS)), tmp_path)
    assert "No module named 'albumentations.core.compositions'" in printed
    assert "did you mean 'albumentations.core.composition'" in printed
    assert len(printed.splitlines()) == 3


# of the packages 1.3.1, 1.4.24 and 2.0.8 as their wheels list them
LISTED = """
    augmentations augmentations.blur augmentations.blur.functional augmentations.blur.transforms augmentations.crops
    augmentations.crops.functional augmentations.crops.transforms augmentations.domain_adaptation augmentations.domain_adaptation.functional
    augmentations.domain_adaptation.transforms augmentations.dropout augmentations.dropout.channel_dropout
    augmentations.dropout.coarse_dropout augmentations.dropout.cutout augmentations.dropout.functional augmentations.dropout.grid_dropout
    augmentations.dropout.mask_dropout augmentations.dropout.transforms augmentations.dropout.xy_masking augmentations.functional
    augmentations.geometric augmentations.geometric.distortion augmentations.geometric.flip augmentations.geometric.functional
    augmentations.geometric.pad augmentations.geometric.resize augmentations.geometric.rotate augmentations.geometric.transforms
    augmentations.mixing augmentations.mixing.domain_adaptation augmentations.mixing.domain_adaptation_functional
    augmentations.mixing.functional augmentations.mixing.transforms augmentations.other augmentations.other.lambda_transform
    augmentations.other.type_transform augmentations.pixel augmentations.pixel.functional augmentations.pixel.transforms
    augmentations.spectrogram augmentations.spectrogram.transform augmentations.text augmentations.text.functional
    augmentations.text.transforms augmentations.transforms augmentations.transforms3d augmentations.transforms3d.functional
    augmentations.transforms3d.transforms augmentations.utils check_version core core.bbox_utils core.composition core.hub_mixin
    core.keypoints_utils core.label_manager core.pydantic core.serialization core.transforms_interface core.type_definitions core.types
    core.utils core.validation imgaug imgaug.stubs imgaug.transforms pytorch pytorch.functional pytorch.transforms random_utils
"""
PATHS = LISTED.split()


def test_programs_that_ask_for_the_version_are_told_2_0_8_and_geoaug_keeps_its_own(tmp_path):
    code = """
        import importlib.metadata as metadata
        import geoaug
        own = geoaug.__version__
        geoaug.install_as_albumentations()
        import albumentations as A
        print(A.__version__, metadata.version("albumentations"), metadata.version("Albumentations"), metadata.metadata("albumentations")["Name"])
        assert geoaug.__version__ == own != "2.0.8" and metadata.version("numpy") != "2.0.8"
        assert "albumentations" in metadata.packages_distributions()["albumentations"]
        assert [one.version for one in metadata.distributions() if one.metadata["Name"] == "albumentations"][0] == "2.0.8"
    """
    assert told(code, tmp_path) == "2.0.8 2.0.8 2.0.8 albumentations\n"


def test_another_installed_version_is_not_what_is_answered(tmp_path):
    installed = tmp_path / "albumentations-0.5.2.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: albumentations\nVersion: 0.5.2\n")
    code = """
        import importlib.metadata as metadata
        assert metadata.version("albumentations") == "0.5.2"
        import geoaug
        geoaug.install_as_albumentations()
        import albumentations
        print(metadata.version("albumentations"), albumentations.Compose.__module__)
    """
    assert told(code, tmp_path, blocked=["albumentations"]) == "2.0.8 geoaug.compose\n"


def test_neither_importing_geoaug_nor_standing_in_touches_the_network_or_loads_the_package(tmp_path):
    code = """
        import sys
        def watch(event, args):
            if event.startswith("socket.") and event != "socket.__new__": raise SystemExit(event)
        sys.addaudithook(watch)
        import geoaug
        before = list(sys.meta_path), set(sys.modules)
        geoaug.Compose
        assert list(sys.meta_path) == before[0] and "geoaug.standin" not in sys.modules
        geoaug.install_as_albumentations()
        import albumentations.core.composition
        assert not {"scipy", "pydantic", "albucore", "torch"} & set(sys.modules)
    """
    assert told(code, tmp_path, blocked=["albumentations", "pydantic", "albucore"]) == ""


def test_a_package_that_was_imported_before_is_replaced_with_a_warning_and_what_was_made_of_it_still_runs(tmp_path):
    pytest.importorskip("albumentations")
    code = """
        import warnings
        import albumentations
        from albumentations import HorizontalFlip
        theirs = HorizontalFlip(p=1)
        import numpy as np
        import geoaug
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            geoaug.install_as_albumentations()
        print(caught[0].message, caught[0].filename.endswith("program.py"))
        import albumentations as A
        from albumentations.core.composition import Compose
        assert A.Compose is Compose is geoaug.Compose and A.HorizontalFlip is not HorizontalFlip
        picture = np.arange(12, dtype=np.uint8).reshape(2, 6)
        out = Compose([theirs], bbox_params=A.BboxParams("pascal_voc"))(image=picture, bboxes=[(0, 0, 2, 2, 7)])
        assert (out["image"] == picture[:, ::-1]).all() and list(map(list, out["bboxes"])) == [[4, 0, 6, 2, 7]], out
    """
    printed = told(code, tmp_path)
    assert printed.startswith(f"albumentations {version('albumentations')} was imported before install_as_albumentations()")
    assert printed.endswith("True\n")


PROGRAM = """
    import multiprocessing, pickle
    import geoaug
    geoaug.install_as_albumentations()
    import numpy as np
    import albumentations as A
    from albumentations.core.transforms_interface import ImageOnlyTransform

    class Brighter(ImageOnlyTransform):
        def apply(self, img, **params):
            return img + 1

    def build():
        return A.Compose([A.HorizontalFlip(p=1), A.OneOf([Brighter(p=1)], p=1)], seed=1)

    def work(pipeline):
        import albumentations.augmentations.transforms as T
        assert type(pipeline) is A.Compose is geoaug.Compose and type(pipeline[0]) is T.HorizontalFlip
        return pipeline(image=np.uint8([[1, 2]]))["image"].tolist()
"""


def test_pipelines_and_classes_reach_spawned_workers(tmp_path):
    code = (
        PROGRAM
        + """
    if __name__ == "__main__":
        assert b"albumentations" not in pickle.dumps([A.Compose, A.HorizontalFlip(), A.augmentations.functional.resize, A.BboxParams("coco")])
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(work, [build()]))
    """
    )
    assert told(code, tmp_path) == "[[[3, 2]]]\n"


def test_a_data_loader_with_spawned_workers_serves_a_program_written_for_albumentations(tmp_path):
    pytest.importorskip("torch")
    code = (
        PROGRAM
        + """
    from torch.utils.data import DataLoader, Dataset
    from albumentations.pytorch import ToTensorV2

    class Pictures(Dataset):
        def __init__(self):
            self.transform = A.Compose([build(), ToTensorV2()])
        def __len__(self):
            return 4
        def __getitem__(self, index):
            return self.transform(image=np.full((2, 3, 3), index, np.uint8))["image"]

    if __name__ == "__main__":
        for batch in DataLoader(Pictures(), batch_size=2, num_workers=2, multiprocessing_context="spawn"):
            print(tuple(batch.shape), batch.amax(dim=(1, 2, 3)).tolist())
    """
    )
    assert told(code, tmp_path, errors=False) == "(2, 3, 2, 3) [1, 2]\n(2, 3, 2, 3) [3, 4]\n"


def test_names_that_are_only_alike_are_left_alone(tmp_path):
    (tmp_path / "albumentations_extra.py").write_text("word = 1\n")
    code = """
        import geoaug
        geoaug.install_as_albumentations()
        import albumentations_extra
        assert albumentations_extra.word == 1
    """
    assert told(code, tmp_path) == ""
