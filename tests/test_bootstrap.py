"""The first setup takes the locked uv for this platform and nothing else."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
MACHINES = {
    "Debian 12 on Intel": {"manylinux_2_17_x86_64", "manylinux_2_36_x86_64", "linux_x86_64"},
    "macOS on Apple silicon": {"macosx_11_0_arm64", "macosx_14_0_arm64"},
}


def load() -> Any:
    spec = spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bootstrap = load()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The address of a package index that serves `tmp_path`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def uv_wheel(program: bytes) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("uv-1.0.data/scripts/uv", program)
    return buffer.getvalue()


def lock_file(folder: Path, url: str, data: bytes) -> Path:
    lock = folder / "uv.lock"
    row = f'{{ url = "{url}", hash = "sha256:{hashlib.sha256(data).hexdigest()}" }}'
    lock.write_text(f'[[package]]\nname = "uv"\nversion = "1.0"\nwheels = [{row}]\n')
    return lock


def wheel_name() -> str:
    return f"uv-1.0-py3-none-{min(bootstrap.platform_tags())}.whl"


def test_the_locked_uv_is_downloaded_and_can_be_started(tmp_path: Path, index: str) -> None:
    wheel = uv_wheel(b"#!/bin/sh\necho uv 1.0\n")
    (tmp_path / wheel_name()).write_bytes(wheel)
    data = bootstrap.download(lock_file(tmp_path, f"{index}/{wheel_name()}", wheel))
    program = bootstrap.unpack(data, tmp_path)
    assert subprocess.run([program], check=True, capture_output=True, text=True).stdout == "uv 1.0\n"
    assert bootstrap.new_enough(str(program))


def test_a_uv_that_differs_from_the_locked_one_is_refused(tmp_path: Path, index: str) -> None:
    (tmp_path / wheel_name()).write_bytes(uv_wheel(b"something else"))
    lock = lock_file(tmp_path, f"{index}/{wheel_name()}", uv_wheel(b"what was locked"))
    with pytest.raises(ValueError, match=r"not the one in uv\.lock"):
        bootstrap.download(lock)


def test_a_platform_without_a_wheel_gets_a_sentence(tmp_path: Path) -> None:
    lock = lock_file(tmp_path, "http://127.0.0.1:1/uv-1.0-py3-none-win32.whl", b"")
    with pytest.raises(LookupError, match="install uv yourself"):
        bootstrap.download(lock)


@pytest.mark.parametrize(
    ("machine", "tags", "fits"),
    [
        ("Debian 12 on Intel", "manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("Debian 12 on Intel", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64", False),
        ("Debian 12 on Intel", "musllinux_1_1_x86_64", False),
        ("macOS on Apple silicon", "macosx_11_0_arm64", True),
        ("macOS on Apple silicon", "macosx_10_12_x86_64", False),
    ],
)
def test_a_wheel_fits_where_one_of_its_platform_tags_does(machine: str, tags: str, fits: bool) -> None:
    assert bootstrap.fits(f"uv-1.0-py3-none-{tags}.whl", frozenset(MACHINES[machine])) is fits


@pytest.mark.parametrize("answer", ["uv 0.4.30 (abc)", "pyenv: uv: command not found", ""])
def test_a_uv_that_is_too_old_or_does_not_start_is_passed_over(tmp_path: Path, answer: str) -> None:
    program = tmp_path / "uv"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    assert not bootstrap.new_enough(str(program))


def test_without_network_it_says_so_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lock_file(tmp_path, f"http://127.0.0.1:1/{wheel_name()}", b"")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", "")
    assert bootstrap.main() == 1
    assert "needs the network" in capsys.readouterr().err


def test_without_a_python_that_is_new_enough_it_says_so_and_fails(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    script = tmp_path / "tools" / "setup.sh"
    script.write_text((ROOT / "tools" / "setup.sh").read_text())
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "dirname").symlink_to("/usr/bin/dirname")
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")
    (programs / "python3").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(script)], check=False, capture_output=True, text=True, env={"PATH": str(programs)}
    )
    assert done.returncode == 1
    assert "Python 3.11" in done.stderr


def test_the_bootstrap_needs_nothing_but_the_standard_library() -> None:
    command = [
        sys.executable,
        "-S",
        "-I",
        "-c",
        f"import runpy; runpy.run_path({str(ROOT / 'tools/bootstrap.py')!r})",
    ]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
