"""Public names that load only when they are asked for, so that ``joinedup --help`` loads no engine."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy_surface(room: str, exports: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the module functions ``__getattr__`` and ``__dir__`` of a package whose public names load on first use.

    Parameters
    ----------
    room : import name of the package
    exports : for each public name where it lives: ``"package.file:name"``, or ``"package.file"`` for the file itself

    Raises
    ------
    AttributeError
        From the returned ``__getattr__``, for a name that is not public.
    """
    package = sys.modules[room]

    def load(name: str) -> Any:
        if name not in exports:
            raise AttributeError(f"module {room!r} has no attribute {name!r}", name=name, obj=package)
        file, _, wanted = exports[name].partition(":")
        module = importlib.import_module(file)
        value = getattr(module, wanted) if wanted else module
        setattr(package, name, value)  # the next access is an ordinary one
        return value

    def names() -> list[str]:
        return sorted({*vars(package), *exports})

    return load, names
