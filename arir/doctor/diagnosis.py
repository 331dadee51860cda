"""``arir doctor``: every look at the machine, in one list."""

from __future__ import annotations

from typing import Literal

from arir.config import configuration, option
from arir.doctor.findings import Finding

__all__ = ["DoctorConfig", "diagnose"]

#: label, distribution, module to import, what needs it
PACKAGES = (
    ("torch", "torch", "torch", "training and encoding"),
    ("transformers", "transformers", "transformers", "training and encoding"),
    ("sentence-transformers", "sentence-transformers", "sentence_transformers", "training"),
    ("FAISS", "faiss-cpu", "faiss", "dense search"),
    ("trectools", "trectools", "trectools", "the trectools cross-check"),
    ("pytrec_eval", "pytrec_eval-terrier", "pytrec_eval", "the check against trec_eval"),
)


@configuration
class DoctorConfig:
    """Say what this machine has, and what to do about what is missing.

    Exits with 7 where something is missing that a command needs.
    """

    format: Literal["table", "json"] = option("how to show it", default="table")


def diagnose(config: DoctorConfig) -> list[Finding]:  # noqa: ARG001 - every command takes one
    """Look at everything that the commands of arir need.

    Returns:
        The findings, in the order in which a first user would want them; nothing is raised.
    """
    from arir.doctor import checks

    java = checks.check_java()
    packages = [checks.check_package(*package) for package in PACKAGES]
    # Pyserini starts Java when it is imported, so its finding is only fair where Java was found.
    pyserini = (
        checks.check_pyserini()
        if java.status == "ok"
        else Finding("Pyserini", "missing", "not tried without Java", java.remedy)
    )
    return [
        checks.check_python(),
        *packages,
        checks.check_device(),
        java,
        pyserini,
        checks.check_model_cache(),
        checks.check_memory(),
        checks.check_disk(),
    ]
