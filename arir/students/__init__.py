"""Students that ship with arir: a folder each, as ``arir train`` saved it, found by its name."""

from arir.students.find import ENCODER, RERANKER, find_student, student_names

__all__ = ["ENCODER", "RERANKER", "find_student", "student_names"]
