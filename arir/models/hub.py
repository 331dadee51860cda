"""Where a model lies: a local folder, ``$ARIR_MODELS``, the hub's cache, or the hub itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from arir.errors import ModelError
from arir.models.spec import ModelSpec
from arir.models.whole import refuse_pointers

__all__ = ["fetch_model", "fetch_settings", "find_local", "shelf", "wanted_files"]

ENVIRONMENT = "ARIR_MODELS"
#: seconds to wait for the hub's first answer
PATIENCE = 4.0
#: what loading reads; weights of other frameworks, exports and training logs are left on the hub
SMALL_SUFFIXES = (".json", ".txt", ".model", ".bpe", ".py")
WEIGHT_SUFFIXES = (".safetensors", ".bin")
FOREIGN_FOLDERS = ("onnx", "openvino", "coreml", "runs", "eval", "checkpoint")


def shelf(name: str) -> Path | None:
    """The folder ``$ARIR_MODELS/NAME``, where there is one."""
    root = os.environ.get(ENVIRONMENT)
    folder = Path(root).expanduser() / name if root else None
    return folder if folder is not None and folder.is_dir() else None


def find_local(spec: ModelSpec) -> Path | None:
    """The folder of a model that is on this machine already; ``None`` where it is not.

    That is the spec's own folder, or the finished download in the hub's cache.
    """
    return spec.folder if spec.folder is not None else _cached(spec)


def fetch_model(spec: ModelSpec) -> Path:
    """The folder of a model, downloaded from the hub where it is not on this machine yet.

    Raises:
        ModelError: where the hub does not know the model, or cannot be reached; the message says
            how to use a local copy. Also where a local one holds Git LFS pointers.
    """
    local = find_local(spec)
    if local is None:
        return _download(spec.hub_id or spec.name, spec.revision)
    refuse_pointers(local)
    return local


def fetch_settings(hub_id: str) -> Path:
    """A folder with at least the small files of a repository, fresh from the hub if it answers.

    Raises:
        ModelError: where the hub does not answer and no finished download is there.
    """
    try:
        return _download(hub_id, None, weights=False)
    except ModelError:
        cached = _cached_snapshot(hub_id, None)
        if cached is None:
            raise
        return cached


def wanted_files(names: Iterable[str]) -> list[str]:
    """Choose from a repository's files those that loading reads: one kind of weights, small files.

    >>> wanted_files(["config.json", "model.safetensors", "pytorch_model.bin", "onnx/model.onnx"])
    ['config.json', 'model.safetensors']
    >>> wanted_files(["pytorch_model.bin", "2_Dense/model.safetensors", "training_args.bin"])
    ['pytorch_model.bin', '2_Dense/model.safetensors']
    """
    kept = [name for name in names if "/" not in name or not name.startswith(FOREIGN_FOLDERS)]
    safe = {str(PurePosixPath(name).parent) for name in kept if name.endswith(".safetensors")}
    return [name for name in kept if _is_wanted(name, safe)]


def _is_wanted(name: str, folders_with_safetensors: set[str]) -> bool:
    path = PurePosixPath(name)
    if path.suffix == ".bin":
        weights = path.name.startswith("pytorch_model")
        return weights and str(path.parent) not in folders_with_safetensors
    if path.name.endswith(".bin.index.json"):
        return str(path.parent) not in folders_with_safetensors
    return path.suffix in {".safetensors", *SMALL_SUFFIXES}


def _cached(spec: ModelSpec) -> Path | None:
    return None if spec.hub_id is None else _cached_snapshot(spec.hub_id, spec.revision)


def _cached_snapshot(hub_id: str, revision: str | None) -> Path | None:
    """The snapshot in the hub's cache, if its download was finished."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(hub_id, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, FileNotFoundError):
        return None
    return folder if _is_whole(folder) else None


def _is_whole(folder: Path) -> bool:
    """Whether the backbone's weights, which are downloaded last, are there."""
    bodies = (folder, folder / "0_Transformer")
    return any(file.suffix in WEIGHT_SUFFIXES for body in bodies for file in body.glob("*"))


def _download(hub_id: str, revision: str | None, *, weights: bool = True) -> Path:
    """Small files first, the backbone's weights last: a snapshot that has those is a whole one."""
    from huggingface_hub import HfApi, snapshot_download

    try:
        found = HfApi().model_info(hub_id, revision=revision, timeout=PATIENCE)
        names = wanted_files(file.rfilename for file in found.siblings or [])
        small = [name for name in names if not name.endswith(WEIGHT_SUFFIXES)]
        layers = [name for name in names if "/" in name and not name.startswith("0_Transformer/")]
        for part in (small, [*small, *layers], names) if weights else (small,):
            folder = snapshot_download(hub_id, revision=revision, allow_patterns=part)
    except Exception as error:
        # Which library speaks HTTP, and so which errors it raises, differs by the hub's version.
        raise _hub_error(hub_id, revision, error) from error
    return Path(folder)


def _hub_error(hub_id: str, revision: str | None, error: Exception) -> ModelError:
    kind = type(error).__name__
    if kind in {"RepositoryNotFoundError", "RevisionNotFoundError", "GatedRepoError"}:
        at = f" at revision {revision}" if revision else ""
        what = f"the model hub gives no access to {hub_id}{at} ({kind})"
    elif kind == "OfflineModeIsEnabled":
        what = f"{hub_id} is not on this machine and HF_HUB_OFFLINE forbids its download"
    elif isinstance(error, OSError) and error.errno is not None:
        what = f"cannot store {hub_id} from the model hub: {error.strerror or error}"
    else:
        reason = (str(error).splitlines() or [kind])[0]
        what = f"{hub_id} is not on this machine and the model hub cannot be reached ({reason})"
    fix = (
        f"use a local copy: give its folder in place of the name, or put it at ${ENVIRONMENT}/NAME"
    )
    return ModelError(what, fix=fix)
