"""``arir init-student``: a student from a teacher's body, with a vocabulary for its language."""

from arir.init_student.config import InitStudentConfig
from arir.init_student.service import InitStudentReport, init_student

__all__ = ["InitStudentConfig", "InitStudentReport", "init_student"]
