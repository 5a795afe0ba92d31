"""From "./folder/file.py:variable" to the object, importing a user's file under the name its own code uses.

The name matters: `from graphs.tools import x` elsewhere in the project and our import of `./graphs/tools.py` must
give one module. So a file is imported by its dotted name below a root; only where that cannot be, under a name of
our own, in a package made for its folder so that `from .tools import x` still works.
"""

import hashlib
import importlib
import importlib.util
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")

LOAD_SECONDS = 30.0  # for one file, unless told otherwise


class GraphLoadError(Exception):
    """A graph's file or variable cannot be had; the message is a sentence with the file and the reason."""


def within(seconds: float, load: Callable[[], T]) -> T:
    """Do *load* in a thread that is left behind when it takes too long: nothing can stop an import that hangs.

    Raises:
        TimeoutError: it did.
    """
    done: Future[T] = Future()

    def carry_out() -> None:
        try:
            done.set_result(load())
        # Handed on as it is; in a thread nobody else would hear of it, a KeyboardInterrupt of the file's own included.
        except BaseException as error:  # noqa: BLE001
            done.set_exception(error)

    threading.Thread(target=carry_out, name="cantata-load", daemon=True).start()
    return done.result(seconds)


def load_object(target: str, folder: Path, roots: Sequence[Path]) -> tuple[object, ModuleType]:
    """Import what `target` names, with the module it lives in; the target's path is relative to `folder`.

    Raises:
        GraphLoadError: For whatever reason, the user's own exceptions included.
    """
    location, separator, variable = target.rpartition(":")
    if not separator or not location or not variable:
        message = f'{target or "The entry"} must have the form "./file.py:variable" or "package.module:variable".'
        raise GraphLoadError(message)
    module = _module(location, folder, roots)
    try:
        return getattr(module, variable), module
    except AttributeError:
        message = f"{location} has no variable named {variable}."
        raise GraphLoadError(message) from None


def _module(location: str, folder: Path, roots: Sequence[Path]) -> ModuleType:
    try:
        if not location.endswith(".py") and "/" not in location:
            return importlib.import_module(location)
        file = (folder / location).resolve()
        if not file.is_file():
            message = f"{location} does not exist (looked in {folder})."
            raise GraphLoadError(message)
        return _import_file(file, roots)
    except GraphLoadError:
        raise
    # Importing runs the user's code, which may raise anything or exit; it must not take the server down.
    except (Exception, SystemExit) as error:
        message = f"{location} could not be imported: {_described(error, folder)}."
        raise GraphLoadError(message) from error


def _import_file(file: Path, roots: Sequence[Path]) -> ModuleType:
    name = _dotted_name(file, roots)
    if name is not None and _finds(name, file):
        importlib.invalidate_caches()
        try:
            return importlib.import_module(name)
        except ImportError as error:
            # A file at the very root has no package, yet some write `from .tools import x` in it.
            if "no known parent package" not in str(error):
                raise
    return _import_alone(file)


def _dotted_name(file: Path, roots: Sequence[Path]) -> str | None:
    """Name the file below the deepest root that is no package itself; what is linked in may lie below another path."""
    above = _above(file, roots) or _above(file, [Path(path) for path in sys.path if path])
    if not above:
        return None
    parts = file.relative_to(max(above, key=lambda root: len(root.parts))).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) if parts and not any("." in part for part in parts) else None


def _above(file: Path, roots: Sequence[Path]) -> list[Path]:
    return [root for root in roots if root in file.parents and not (root / "__init__.py").exists()]


def _finds(name: str, file: Path) -> bool:
    """Tell whether importing this name would give this file and not, say, an installed package of that name."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the parent package exists and needs something that does not
        return False
    except ValueError:  # a module without a spec, such as __main__
        return False
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == file


def _import_alone(file: Path) -> ModuleType:
    package = _package_for(file.parent)
    name = f"{package}.{file.stem.replace('.', '_')}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        message = f"{file} is not a Python file."
        raise GraphLoadError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _package_for(folder: Path) -> str:
    name = f"cantata_project_{hashlib.blake2b(str(folder).encode(), digest_size=4).hexdigest()}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def _described(error: BaseException, folder: Path) -> str:
    reason = f"{type(error).__name__}: {error}".rstrip(".: ")
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(folder))]
    if isinstance(error, SyntaxError) or not own:
        return reason
    return f"{reason} ({own[-1].filename}, line {own[-1].lineno})"
