"""``arir init-student``: a student that starts from a teacher's body, with a vocabulary of its own."""

from arir.init_student.config import InitStudentConfig
from arir.init_student.service import InitStudentReport, init_student

__all__ = ["InitStudentConfig", "InitStudentReport", "init_student"]
