"""``geoaug migrate``: what it finds, what it rewrites, and that what it rewrites means the same."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest

import geoaug as A
from geoaug.cli.main import main
from geoaug.migrate import description, program

PIPELINES = Path(__file__).parents[1] / "fixtures" / "pipelines"
HEAD = "import albumentations as A\n"

# calls that can be rewritten; each is made before and after, and both must be equal
CALLS = [
    "A.HorizontalFlip(always_apply=True)",
    "A.HorizontalFlip(always_apply=True, p=0.5)",
    "A.HorizontalFlip(p=0.5, always_apply=True)",
    "A.HorizontalFlip(True)",
    "A.VerticalFlip(False, 0.3)",
    "A.Blur(always_apply=False,)",
    "A.Resize(32, 48, 2, False, 0.5)",
    "A.RandomCrop(32, 48, True, 0.5)",
    "A.RandomResizedCrop(32, 48, p=0.5)",
    "A.RandomResizedCrop(height=SIZE, width=SIZE // 2, scale=(0.5, 1.0))",
    "A.RandomSizedCrop((20, 30), 32, 48)",
    "A.RandomSizedCrop(min_max_height=(20, 30), height=32, width=48, w2h_ratio=1.5)",
    "A.PadIfNeeded(64, 64, border_mode=0, value=[1, 2, 3], mask_value=255)",
    "A.PadIfNeeded(64, 64, None, None, A.PadIfNeeded.PositionType.TOP_LEFT, 0, 7, 8, True)",
    "A.PadIfNeeded(64, 64, position=A.PadIfNeeded.PositionType.BOTTOM_RIGHT)",
    "A.Rotate(limit=20, value=None, mask_value=4)",
    "A.Rotate(20, 1, 0, 7)",
    "A.ShiftScaleRotate(shift_limit=0.1, value=(SIZE, 2, 3), always_apply=False)",
    "A.Affine(rotate=(5, 9), cval=4, cval_mask=5, mode=2)",
    "A.Affine(scale=None, shear=None, cval=4)",
    "A.Perspective((0.1, 0.2), pad_mode=1, pad_val=4, mask_pad_val=5)",
    "A.PiecewiseAffine(mode='reflect', cval=3, keypoints_threshold=0.1)",
    "A.OpticalDistortion(0.3, shift_limit=0.2)",
    "A.CoarseDropout(max_holes=8, max_height=16, max_width=SIZE, min_holes=2, fill_value=7)",
    "A.CoarseDropout(8, 16, 12, p=0.3)",
    "A.GridDropout(holes_number_x=5, holes_number_y=3, shift_x=2, shift_y=1)",
    "A.MaskDropout(image_fill_value='inpaint')",
    "A.ImageCompression(quality_lower=40, quality_upper=60)",
    "A.ImageCompression(40, 60)",
    "A.ImageCompression(compression_type=A.ImageCompression.ImageCompressionType.WEBP)",
    "A.Downscale(scale_min=0.3, scale_max=0.5, interpolation=1)",
    "A.RandomFog(fog_coef_lower=0.1, fog_coef_upper=0.2, alpha_coef=0.3)",
    "A.RandomFog(0.1, 0.2, 0.3)",
    "A.RandomSunFlare(num_flare_circles_lower=2, num_flare_circles_upper=4)",
    "A.RandomGamma(eps=1e-7)",
    "A.Cutout()",
    "A.Cutout(3, 4, 5, p=0.2)",
    "A.Cutout(num_holes=SIZE, max_h_size=4, fill_value=9)",
    "A.JpegCompression(quality_lower=50)",
    "A.RandomBrightness(0.3)",
    "A.RandomContrast(limit=(0.1, 0.3), always_apply=True)",
    "A.IAAAffine(rotate=(10, 20), order=0, mode='edge')",
    "A.IAAFliplr(p=0.3)",
]


def rewritten(text: str) -> str:
    """A program in today's words."""
    looked = program.look(text.encode())
    assert not looked.problem
    assert looked.rewritten is not None, looked.findings
    return looked.rewritten.decode()


@pytest.mark.parametrize("call", CALLS)
def test_what_is_rewritten_means_what_it_meant_and_is_found_no_more(call):
    new = rewritten(HEAD + f"t = {call}  # a comment\n")
    assert new.endswith("  # a comment\n")
    assert program.look(new.encode()).findings == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = eval(call, {"A": A, "SIZE": 24})
    assert eval(new.partition("t = ")[2], {"A": A, "SIZE": 24}) == before  # without a note: warnings are errors here


def test_numbers_are_given_to_a_millionth():
    assert (
        rewritten(HEAD + "A.GaussNoise(var_limit=(10.0, 50.0), mean=51)")
        == HEAD + "A.GaussNoise(std_range=(0.012401, 0.02773), mean_range=(0.2, 0.2))"
    )
    assert rewritten(HEAD + "A.Solarize(threshold=128)") == HEAD + "A.Solarize(threshold_range=(0.501961, 0.501961))"


def test_only_the_arguments_change_and_the_shape_of_the_program_stays():
    before = """\
from albumentations import Compose as C, PadIfNeeded, Cutout, JpegCompression as Jpeg
import cv2

train = C([
    PadIfNeeded(
        min_height=512,
        min_width=512,
        border_mode=cv2.BORDER_CONSTANT,
        value=[124, 116, 104],  # the mean
        mask_value=255,
        always_apply=True,
    ),
    Cutout(num_holes=3, max_h_size=é, max_w_size=é),
    Jpeg(quality_lower=60, p=0.3),
])
"""
    after = """\
from albumentations import Compose as C, PadIfNeeded, CoarseDropout, ImageCompression as Jpeg
import cv2

train = C([
    PadIfNeeded(
        min_height=512,
        min_width=512,
        border_mode=cv2.BORDER_CONSTANT,
        fill=[124, 116, 104],  # the mean
        fill_mask=255,
        p=1.0,
    ),
    CoarseDropout(num_holes_range=(3, 3), hole_height_range=(é, é), hole_width_range=(é, é)),
    Jpeg(quality_range=(60, 100), p=0.3),
])
"""
    assert rewritten(before) == after
    assert rewritten(before.replace("\n", "\r\n")) == after.replace("\n", "\r\n")
    assert rewritten("\ufeff" + before) == "\ufeff" + after


def test_a_removed_class_that_is_also_used_otherwise_stays_imported():
    new = rewritten("from albumentations import Cutout\nkinds = [Cutout]\nt = Cutout(3)\n")
    assert new.startswith("from albumentations import Cutout, CoarseDropout\nkinds = [Cutout]\nt = CoarseDropout(")


@pytest.mark.parametrize(
    "start",
    [
        "import albumentations as A\nA.Cutout()",
        "import albumentations\nalbumentations.Cutout()",
        "import albumentations.augmentations.transforms as T\nT.Cutout()",
        "from albumentations import augmentations\naugmentations.transforms.Cutout()",
        "from albumentations.augmentations.transforms import Cutout\nCutout()",
        "from albumentations import *\nCutout()",
        "def f():\n    import albumentations as B\n    return B.Cutout()",
        "import geoaug as A\nA.Cutout()",
    ],
)
def test_every_way_to_import_is_seen(start):
    (finding,) = program.look(start.encode()).findings
    assert finding.told.startswith("Cutout: the class is CoarseDropout today")


@pytest.mark.parametrize("start", ["import torchvision as A\nA.Cutout()", "from mine import Cutout\nCutout()", "Cutout()", "A.Cutout(value=3)"])
def test_classes_of_other_packages_are_left_alone(start):
    assert program.look(start.encode()).findings == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("A.GaussNoise(var_limit=LIMIT)", "GaussNoise: var_limit=LIMIT is std_range today"),
        ("A.Blur(always_apply=FLAG)", "Blur: always_apply=FLAG is p today"),
        ("A.RandomResizedCrop(SIZE, SIZE)", "RandomResizedCrop: whether its positions are those of 1.x"),
        ("A.Resize(*SIZE, always_apply=True)", "Resize: whether its positions"),
        ("A.Blur(always_apply=True, **MORE)", "Blur: always_apply=True is p=1.0 today"),
        ("A.Rotate(colour=3)", "Rotate: 'colour' is an argument neither of 1.x nor of today"),
        ("A.Lambda(bbox=f)", "Lambda: bbox=f is bboxes today, in other words (its function took one at a time"),
        ("A.FDA([])", "geoaug has no FDA"),
        ("A.pytorch.ToTensor()", "ToTensor is ToFloat() or Normalize(mean, std), and then ToTensorV2(), today"),
        ("A.GaussNoise(var_limit=-3)", "GaussNoise: var_limit=-3: cannot be read as std_range"),
    ],
)
def test_what_needs_a_look_at_the_rest_of_the_program_is_told_and_left(call, told):
    looked = program.look((HEAD + call).encode())
    assert [(finding.told[: len(told)], finding.safe, finding.line) for finding in looked.findings] == [(told, False, 2)]
    assert looked.rewritten is None


def test_defaults_that_changed_are_told_on_request():
    text = (HEAD + "A.PadIfNeeded(64, 64)\nA.PadIfNeeded(64, 64, border_mode=4)\nA.Resize(3, 4)\nA.GaussNoise(p=0.2)\n").encode()
    assert program.look(text).findings == []
    assert [finding.told for finding in program.look(text, defaults=True).findings] == [
        "PadIfNeeded: border_mode is not given and is 0 today, 4 in 1.x",
        "GaussNoise: std_range is not given and is (0.2, 0.44) today, var_limit=(10, 50) in 1.x",
    ]


def test_subclasses_that_hand_up_always_apply_by_position_are_told():
    text = HEAD + "class Mine(A.DualTransform):\n    def __init__(self, always_apply=False, p=0.5):\n        super().__init__(always_apply, p)\n"
    (finding,) = program.look(text.encode()).findings
    assert (finding.line, finding.safe) == (4, False)
    assert "2.x takes always_apply for p" in finding.told


def test_descriptions_inside_of_mmdetection_s_wrapper_are_rewritten_and_its_own_pad_is_not():
    text = """\
ours = [
    dict(type='JpegCompression', quality_lower=85, quality_upper=95, p=0.2),
    {'type': 'Rotate', 'limit': 3, 'value': 4},
]
train = [dict(type='Pad', size_divisor=32, pad_val=dict(img=114)), dict(type='Albu', transforms=ours)]
"""
    new = rewritten(text)
    assert """dict(type="ImageCompression", quality_range=(85, 95), p=0.2)""" in new
    assert """{'type': 'Rotate', 'limit': 3, "fill": 4}""" in new
    assert """dict(type='Pad', size_divisor=32, pad_val=dict(img=114))""" in new


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_a_stored_pipeline_of_1_x_is_rewritten_to_one_that_says_the_same_without_a_word(kind, tmp_path):
    path = tmp_path / f"old.{kind}"
    shutil.copy(PIPELINES / f"detection-1.3.1.{kind}", path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = A.load(path, data_format=kind)
    assert main(["migrate", str(path)]) == 1
    assert main(["migrate", "--write", str(path)]) == 0
    assert main(["migrate", str(path)]) == 0
    assert A.load(path, data_format=kind) == before


@pytest.mark.parametrize("version", ["1.3.1", "2.0.8"])
def test_every_finding_of_a_file_names_the_line_of_its_transform(version):
    text = (PIPELINES / f"every-{version}.json").read_bytes()
    looked = description.look(text, "json")
    assert bool(looked.findings) == (version == "1.3.1")
    lines = text.decode().splitlines()
    for finding in looked.findings:
        assert f'"{finding.told.partition(":")[0]}"' in lines[finding.line], finding  # the line after its bracket


def test_larger_configurations_keep_all_that_is_not_a_transform():
    told = {
        "lr": 0.1,
        "data": {
            "_target_": "my.Data",
            "crop": {"type": "RandomResizedCrop", "height": 3},
            "augment": {"_target_": "albumentations.Compose", "transforms": [{"_target_": "albumentations.Cutout", "num_holes": 3}]},
        },
    }
    new = json.loads(description.look(json.dumps(told).encode(), "json").rewritten)
    assert new["data"]["augment"]["transforms"] == [
        {"_target_": "albumentations.CoarseDropout", "num_holes_range": [3, 3], "hole_height_range": [8, 8], "hole_width_range": [8, 8]}
    ]
    new["data"]["augment"] = told["data"]["augment"]
    assert new == told


def test_yaml_with_comments_is_told_and_left(tmp_path, capsys):
    path = tmp_path / "a.yaml"
    path.write_text("transform:\n  __class_fullname__: Rotate  # by a little\n  value: 3\n")
    before = path.read_bytes()
    assert main(["migrate", "--write", str(path)]) == 1
    assert path.read_bytes() == before
    assert "Rotate: value=3 is fill=3 today [by hand]" in capsys.readouterr().out


def test_a_small_file_that_stands_for_a_thousand_million_values_is_refused(tmp_path, capsys):
    lines = ["a0: &a0 {__class_fullname__: Rotate}", *(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 10))]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    assert main(["migrate", str(path)]) == 3
    assert "bomb.yaml: holds more than 200000 values" in capsys.readouterr().err
    bomb = {"type": "Rotate"}
    for _ in range(40):
        bomb = {"type": "Sequential", "transforms": [bomb, bomb]}
    with pytest.raises(A.ParameterError, match="transform: more than 20000 transforms; that is no pipeline"):
        A.from_dict(bomb)


def test_folders_are_walked_without_hidden_ones_and_environments(tmp_path, capsys):
    for name in ("a.py", "sub/b.py", ".git/c.py", "venv/d.py", "e.txt", "sub/f.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(HEAD + "A.Cutout(3)\n" if name.endswith("py") else "[1, 2]")
    (tmp_path / "sub/b.py").chmod(0o751)
    assert main(["migrate", "--write", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert [line.split(":")[0].removeprefix(str(tmp_path)) for line in out.splitlines()[:-1]] == ["/a.py", "/sub/b.py"]
    assert out.splitlines()[-1] == "3 files: 2 findings, 2 files rewritten, 0 left"
    assert (tmp_path / "sub/b.py").stat().st_mode & 0o777 == 0o751
    assert "Cutout" in (tmp_path / "venv/d.py").read_text()


def test_exit_codes_tell_what_is_left(tmp_path, capsys):
    good, bad, broken = (tmp_path / name for name in ("good.py", "bad.py", "broken.py"))
    good.write_text(HEAD + "A.Resize(3, 4)\n")
    bad.write_text(HEAD + "A.GaussNoise(var_limit=V)\nA.Cutout()\n")
    broken.write_text(HEAD + "A.Resize(3, 4\n")
    assert main(["migrate", str(good)]) == 0
    assert capsys.readouterr().out == "1 file: no findings\n"
    assert main(["migrate", "--write", str(bad)]) == 1
    assert "1 file: 2 findings, 1 file rewritten, 1 left" in capsys.readouterr().out
    assert main(["migrate", str(good), str(broken)]) == 3
    assert "broken.py: is no Python 3" in capsys.readouterr().err
    assert main(["migrate", str(tmp_path / "none.py")]) == 2
    assert main(["migrate", str(tmp_path / "none.txt")]) == 2


def test_nothing_of_a_program_is_run(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(HEAD + "raise SystemExit(open('made', 'w'))\nA.Cutout(__import__('os').system('touch made'))\n")
    assert main(["migrate", str(path)]) == 1
    assert not (tmp_path / "made").exists()
