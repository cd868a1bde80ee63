"""What is installed is what was tested: both archives are built here, and the wheel is used alone."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from textwrap import dedent
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

import tracker2invoice

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK: dict[str, Any] = tomllib.loads((ROOT / "uv.lock").read_text())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist, built with the installed hatchling and no network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[ZipFile]:
    with ZipFile(next(built.glob("*.whl"))) as archive:
        yield archive


def wheel_files(wheel: ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


def registered_modules() -> set[str]:
    groups = PYPROJECT["project"]["entry-points"].values()
    return {value.partition(":")[0].partition(".")[0] for group in groups for value in group.values()}


def shipped(root: Path) -> set[str]:
    """What of a source root belongs into the wheel: everything in its packages except caches."""
    files = (path.relative_to(root) for path in root.glob("*/**/*") if path.is_file())
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def test_every_folder_of_connectors_is_registered_and_every_registered_module_has_one() -> None:
    folders = {path.name for path in (ROOT / "connectors").iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert folders == registered_modules()


def test_the_wheel_installs_our_modules_and_nothing_beside_them(wheel: ZipFile) -> None:
    assert {name.partition("/")[0] for name in wheel_files(wheel)} == {"tracker2invoice"} | registered_modules()


def test_the_wheel_holds_every_file_of_both_source_roots(wheel: ZipFile) -> None:
    assert wheel_files(wheel) == shipped(ROOT / "src") | shipped(ROOT / "connectors")


@pytest.mark.parametrize(
    "pattern",
    [
        "tracker2invoice/py.typed",
        "tracker2invoice_*/py.typed",
        "tracker2invoice/documents/*.typ",
        "tracker2invoice/documents/*.html",
        "tracker2invoice/languages/*.toml",
        "tracker2invoice/documents/fonts/*.[ot]tf",
        "tracker2invoice/documents/fonts/payment/*.ttf",
        "tracker2invoice/documents/qrbill.toml",
        "tracker2invoice/ledger/migrations/env.py",
        "tracker2invoice/ledger/migrations/versions/*.py",
    ],
)
def test_the_wheel_holds_what_is_not_a_module(wheel: ZipFile, pattern: str) -> None:
    assert [name for name in wheel.namelist() if fnmatch(name, pattern)] != []


def test_the_wheel_works_without_the_checkout(wheel: ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    script = dedent("""
        import sys
        from importlib.metadata import distribution
        from pathlib import Path
        site = Path(sys.argv[1])
        sys.path.insert(0, str(site))
        points = distribution("tracker2invoice").entry_points
        for point in points:
            point.load()
        ours = [m for name, m in sys.modules.items() if name.startswith("tracker2invoice")]
        assert len(points) > 3, points
        assert all(Path(m.__file__).is_relative_to(site) for m in ours), ours
    """)
    command = [sys.executable, "-c", script, str(tmp_path / "site")]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_archives_carry_the_version_of_the_package(built: Path) -> None:
    stem = f"tracker2invoice-{tracker2invoice.__version__}"
    assert {path.name for path in built.iterdir()} == {f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"}


def test_the_licence_and_the_readme_travel_with_the_wheel(wheel: ZipFile) -> None:
    info = f"tracker2invoice-{tracker2invoice.__version__}.dist-info"
    licence = wheel.read(f"{info}/licenses/LICENSE").decode()
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "Apache License" in licence
    assert "License-Expression: Apache-2.0" in metadata
    assert metadata.endswith((ROOT / "README.md").read_text())


def test_the_sdist_holds_the_sources_and_nothing_beside_them(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    files = {"LICENSE", "README.md", "CHANGELOG.md", "config.example.toml", "pyproject.toml"}
    folders = {"src", "connectors", "tests", "examples"}
    assert {name.partition("/")[0] for name in names} - {"PKG-INFO", ".gitignore"} == files | folders
    assert [name for name in names if name.endswith(".pyc") or "__pycache__" in name] == []


def test_the_command_has_a_long_and_a_short_name() -> None:
    assert set(PYPROJECT["project"]["scripts"]) == {"tracker2invoice", "t2i"}
    assert len(set(PYPROJECT["project"]["scripts"].values())) == 1


def test_the_lock_file_belongs_to_this_pyproject() -> None:
    project = PYPROJECT["project"]
    extras = project.get("optional-dependencies", {})
    asked = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    ours: dict[str, Any] = next(one for one in LOCK["package"] if one["name"] == "tracker2invoice")["metadata"]
    assert locked_names(ours["requires-dist"]) == requirements(asked)
    assert locked_names(ours["requires-dev"]["dev"]) == requirements(PYPROJECT["dependency-groups"]["dev"])


def test_the_lock_file_holds_the_uv_that_the_first_setup_downloads() -> None:
    (uv,) = (one for one in LOCK["package"] if one["name"] == "uv")
    names = [wheel["url"].rpartition("/")[2] for wheel in uv["wheels"]]
    for platform in (
        "manylinux*_x86_64*",
        "manylinux*_aarch64*",
        "macosx*_arm64",
        "macosx*_x86_64",
        "musllinux*_x86_64",
    ):
        assert [name for name in names if fnmatch(name, f"*-{platform}.whl")] != []
    assert all(wheel["hash"].startswith("sha256:") for wheel in uv["wheels"])


def requirements(lines: list[str]) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    parsed = [Requirement(line) for line in lines]
    return {(one.name, frozenset(one.extras), frozenset(map(str, one.specifier))) for one in parsed}


def locked_names(rows: list[dict[str, Any]]) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    return {
        (
            row["name"],
            frozenset(row.get("extras", ())),
            frozenset(filter(None, row.get("specifier", "").split(","))),
        )
        for row in rows
    }
