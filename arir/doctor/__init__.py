"""What this machine has, and what to do about what is missing."""

from arir.doctor.diagnosis import DoctorConfig, diagnose
from arir.doctor.findings import Finding

__all__ = ["DoctorConfig", "Finding", "diagnose"]
