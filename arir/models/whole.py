"""Tell a folder that lacks files, or holds Git LFS pointers in their place, before it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arir.errors import ModelError
from arir.models.folders import body_folder, module_folders

__all__ = ["check_whole", "refuse_pointers"]

#: how the text file begins that Git checks out in place of a large one
POINTER = b"version https://git-lfs"
#: files that are often kept in Git LFS
LARGE = ("*.safetensors", "*.bin", "tokenizer.json", "*.model", "vocab.txt")


def check_whole(folder: Path, files: Sequence[str], *, fix: str) -> None:
    """Make sure that a folder has certain files, weights in safetensors, and what its modules need.

    Raises:
        ModelError: naming what is missing, or a Git LFS pointer.
    """
    missing = [name for name in files if not (folder / name).is_file()]
    if not missing:
        modules = sorted(module_folders(folder))
        missing = [f"{path.relative_to(folder)}/" for path in modules if not path.is_dir()]
    if not missing and not any(body_folder(folder).glob("*.safetensors")):
        missing = ["model.safetensors"]
    if missing:
        raise ModelError(f"incomplete model: it lacks {', '.join(missing)}", where=folder, fix=fix)
    refuse_pointers(folder)


def refuse_pointers(folder: Path) -> None:
    """Refuse files that Git has checked out as pointers, since Git LFS was not there.

    Raises:
        ModelError: naming the first of them.
    """
    for place in sorted(module_folders(folder)):
        for path in sorted(file for pattern in LARGE for file in place.glob(pattern)):
            if _is_pointer(path):
                what = "a Git LFS pointer in place of the file"
                fix = "run 'git lfs install' and 'git lfs pull' there, or copy the file itself"
                raise ModelError(what, where=path, fix=fix)


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(POINTER)) == POINTER
    except OSError:  # whoever opens the model says what is wrong with the file
        return False
