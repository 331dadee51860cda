"""What arir leaves on disk: written beside and renamed, and able to say how it was made."""

from arir.artefacts.atomic import atomic_bytes, atomic_directory, atomic_file
from arir.artefacts.hashes import sha256_of
from arir.artefacts.manifest import Manifest, describe_input, read_manifest, write_manifest
from arir.artefacts.provenance import Provenance, find_qrels, read_provenance, write_provenance

__all__ = [
    "Manifest",
    "Provenance",
    "atomic_bytes",
    "atomic_directory",
    "atomic_file",
    "describe_input",
    "find_qrels",
    "read_manifest",
    "read_provenance",
    "sha256_of",
    "write_manifest",
    "write_provenance",
]
