"""The pytest plugin: ``geoaug_consistent``, ``geoaug_audit`` and ``geoaug_sample`` as fixtures.

pytest reads this file whenever geoaug is installed, so it loads nothing: not even numpy, until a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def geoaug_consistent(tmp_path: Path) -> Callable[..., None]:
    """``geoaug.testing.assert_consistent``, whose pictures go into the test's ``tmp_path``."""
    from functools import partial

    from geoaug.testing import assert_consistent

    return partial(assert_consistent, folder=tmp_path)


@pytest.fixture
def geoaug_audit(tmp_path: Path) -> Callable[..., Any]:
    """``geoaug.testing.assert_pipeline_consistent``, whose pictures go into the test's ``tmp_path``."""
    from functools import partial

    from geoaug.testing import assert_pipeline_consistent

    return partial(assert_pipeline_consistent, folder=tmp_path)


@pytest.fixture
def geoaug_sample() -> Callable[..., dict[str, Any]]:
    """Make a painted picture with everything that belongs to it, for tests of one's own: ``geoaug_sample(size=(480, 640))``."""
    from geoaug.testing.painted import sample

    return sample
