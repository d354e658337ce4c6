"""Finding the libraries that vggstat does without, and saying how to get them."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec

from vggstat.errors import MissingExtraError

__all__ = ["require_onnx", "require_torch", "version_of"]


def require_torch(purpose: str) -> None:
    """Nothing where torch can be imported; MissingExtraError with the command that installs it otherwise."""
    if find_spec("torch") is None:
        raise MissingExtraError(
            f"{purpose} needs torch, which is not installed here: pip install 'vggstat[torch]'\n"
            "On a machine without a GPU the CPU build is enough and far smaller: "
            "pip install torch --index-url https://download.pytorch.org/whl/cpu"
        )


def require_onnx(purpose: str) -> None:
    """Nothing where onnx can be imported; MissingExtraError with the command that installs it otherwise."""
    if find_spec("onnx") is None:
        raise MissingExtraError(
            f"{purpose} needs onnx, which is not installed here: pip install 'vggstat[onnx]'"
        )


def version_of(package: str) -> str | None:
    """The installed version of a package, without a build's local part; None where it is not installed."""
    try:
        return metadata.version(package).split("+")[0].split(".post")[0]
    except metadata.PackageNotFoundError:
        return None
