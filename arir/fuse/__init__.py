"""Fusing several runs into one."""
