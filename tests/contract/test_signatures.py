"""All names that geoaug shares with albumentations 2.0.8: what they take, and what takes which targets."""

from __future__ import annotations

import pytest

from tests.contract import signatures

pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")


def test_every_difference_of_a_signature_stands_in_this_table_with_its_reason():
    found, reasons = signatures.differences(), signatures.explained()
    assert set(found) == set(reasons)
    assert all(reasons.values())
    assert len(reasons) > 20


def test_no_class_of_2_0_8_is_missing_but_those_out_of_scope():
    assert signatures.missing() == []
    assert len(signatures.shared()) > 115
    assert {name for name, _ in signatures.instances()} > {"Affine", "Mosaic", "ToTensorV2", "Blur", "Normalize"}
    assert not [name for name in signatures.OUT_OF_SCOPE if not hasattr(signatures.peer(), name)]


def test_a_difference_without_a_reason_and_a_reason_without_a_difference_are_told(monkeypatch, capsys):
    lost = signatures.Difference("Affine", "scale", "1", "2")
    reasons = signatures.explained()
    monkeypatch.setattr(signatures, "explained", lambda: dict(list(reasons.items())[1:]) | {lost: "once true"})
    monkeypatch.setattr(signatures, "missing", lambda: ["Thing"])
    assert signatures.main() == 1
    printed = capsys.readouterr().out
    assert "NO REASON GIVEN" in printed
    assert f"no longer different: {lost}" in printed
    assert "missing: Thing" in printed
    assert "1 without a reason, 1 stale, 1 missing" in printed


def test_changed_orders_defaults_and_kinds_are_found(monkeypatch):
    class Affine(signatures.A.ImageOnlyTransform):
        def __init__(self, translate_percent=(1, 1), scale=(1.0, 1.0), p=1):
            super().__init__(p=p)

    monkeypatch.setattr(signatures.A, "Affine", Affine)
    told = {(one.what, one.theirs, one.ours) for one in signatures.compared("Affine")}
    assert ("p", "0.5", "1") in told
    assert ("translate_percent", "None", "(1, 1)") in told
    assert ("rotate", "0.0", "-") in told
    assert ("order", "scale, translate_percent, p", "translate_percent, scale, p") in told
    assert ("kind", "DualTransform", "ImageOnlyTransform") in told
