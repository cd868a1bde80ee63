"""A layer below SQLite that hears of everything it does to the disk, and changes nothing.

It is a copy of the default VFS (sqlite.org/vfs.html) with some functions in front of the real ones, registered
in the very library that Python's sqlite3 has loaded. What cannot be reached that way is `Unavailable`.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Callable, Generator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Protocol

OK = 0


class Unavailable(Exception):
    """SQLite is built into the interpreter, or is not of a kind that this layer knows."""


class Listener(Protocol):
    """Hears of each change before it is made. `file` is what `opened` returned; None means not to be told more."""

    def opened(self, path: Path) -> int | None:
        """A file is open; it may have been made just now."""
        ...

    def written(self, file: int, offset: int, data: bytes) -> None: ...

    def truncated(self, file: int, size: int) -> None: ...

    def synced(self, file: int) -> None: ...

    def removed(self, path: Path) -> None: ...

    def folder_synced(self, folder: Path) -> None: ...


_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_OPEN_FOLDER = CFUNCTYPE(c_int, c_char_p, c_void_p)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Methods(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", _WRITE),
        ("xTruncate", _TRUNCATE),
        ("xSync", _SYNC),
        ("rest", c_void_p * 13),
    )


class _File(Structure):
    _fields_ = (("pMethods", POINTER(_Methods)),)


class _Vfs(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _OPEN),
        ("xDelete", _DELETE),
        ("xAccess", c_void_p),
        ("xFullPathname", c_void_p),
        ("dynamic_libraries", c_void_p * 4),
        ("xRandomness", c_void_p),
        ("xSleep", c_void_p),
        ("xCurrentTime", c_void_p),
        ("xGetLastError", c_void_p),
        ("xCurrentTimeInt64", c_void_p),
        ("xSetSystemCall", CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)),
        ("xGetSystemCall", CFUNCTYPE(c_void_p, c_void_p, c_char_p)),
        ("xNextSystemCall", c_void_p),
    )


class Layer:
    """The copy and all that it points to. SQLite keeps pointers to it, so there is one, and it lives on."""

    def __init__(self) -> None:
        self._library = _library()
        self._real = self._library.sqlite3_vfs_find(None)
        if self._real.contents.iVersion < 3:
            raise Unavailable("the VFS has no system calls to replace")
        self.listener: Listener | None = None
        self._files: dict[int, int] = {}
        self._methods: dict[int, _Methods] = {}
        self._behind: dict[int, _Methods] = {}
        self._copy = _Vfs.from_buffer_copy(self._real.contents)
        self._copy.zName = b"recorded"
        self._copy.xOpen, self._copy.xDelete = _OPEN(self._open), _DELETE(self._delete)
        self._callbacks = (_WRITE(self._write), _TRUNCATE(self._truncate), _SYNC(self._sync))
        self._open_folder = _OPEN_FOLDER(self._folder_opened)
        self._real_open_folder = _OPEN_FOLDER(self._real.contents.xGetSystemCall(self._real, b"openDirectory"))

    def switch_on(self, listener: Listener) -> None:
        """Let new connections go through this layer."""
        self.listener = listener
        self._library.sqlite3_vfs_register(ctypes.byref(self._copy), 1)
        self._set_open_folder(self._open_folder)

    def switch_off(self) -> None:
        """Let new connections go to the disk directly, as ever."""
        self.listener = None
        self._set_open_folder(None)
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._copy))

    def _set_open_folder(self, function: Any) -> None:
        pointer = ctypes.cast(function, c_void_p) if function else None
        self._real.contents.xSetSystemCall(self._real, b"openDirectory", pointer)

    def _open(self, _: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        code: int = self._real.contents.xOpen(ctypes.cast(self._real, c_void_p), name, file, flags, out)
        path = ctypes.string_at(name).decode() if name else ""
        self._files.pop(file, None)
        # a file without a name is a temporary one that SQLite deletes itself
        number = self.listener.opened(Path(path)) if code == OK and path and self.listener else None
        if number is not None:
            self._files[file] = number
            self._stand_before(_File.from_address(file))
        return code

    def _stand_before(self, file: _File) -> None:
        real: _Methods = file.pMethods.contents
        kind = ctypes.addressof(real)
        if kind not in self._methods:
            methods = _Methods.from_buffer_copy(real)
            methods.xWrite, methods.xTruncate, methods.xSync = self._callbacks
            self._methods[kind] = methods
        self._behind[ctypes.addressof(file)] = real
        file.pMethods = ctypes.pointer(self._methods[kind])

    def _write(self, file: int, data: int, size: int, offset: int) -> int:
        self._tell(lambda to, number: to.written(number, offset, ctypes.string_at(data, size)), file)
        code: int = self._behind[file].xWrite(file, data, size, offset)
        return code

    def _truncate(self, file: int, size: int) -> int:
        self._tell(lambda to, number: to.truncated(number, size), file)
        code: int = self._behind[file].xTruncate(file, size)
        return code

    def _sync(self, file: int, flags: int) -> int:
        self._tell(lambda to, number: to.synced(number), file)
        code: int = self._behind[file].xSync(file, flags)
        return code

    def _tell(self, event: Callable[[Listener, int], None], file: int) -> None:
        if self.listener and file in self._files:
            event(self.listener, self._files[file])

    def _delete(self, _: int, name: bytes, sync_folder: int) -> int:
        if self.listener:
            self.listener.removed(Path(name.decode()))
        code: int = self._real.contents.xDelete(ctypes.cast(self._real, c_void_p), name, sync_folder)
        return code

    def _folder_opened(self, name: bytes, out: int) -> int:
        # the unix VFS opens the folder of a file for no other reason than to sync it (os_unix.c, openDirectory)
        if self.listener:
            self.listener.folder_synced(Path(name.decode()).parent)
        code: int = self._real_open_folder(name, out)
        return code


def _library() -> Any:
    # symbols of a loaded module are looked up in the libraries that it was linked with, too
    library = ctypes.CDLL(_sqlite3.__file__) if hasattr(_sqlite3, "__file__") else None
    if library is None or not hasattr(library, "sqlite3_vfs_find"):
        raise Unavailable("SQLite is a part of the interpreter")
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    return library


_layers: list[Layer] = []


@contextmanager
def heard_by(listener: Listener) -> Generator[None]:
    """Let the listener hear of every file that SQLite opens while this lasts.

    Raises:
        Unavailable: nothing can be put below this SQLite.
    """
    if not _layers:
        _layers.append(Layer())
    _layers[0].switch_on(listener)
    try:
        yield
    finally:
        _layers[0].switch_off()
