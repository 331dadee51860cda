"""The Java VM, how it is found and started, and what is called in it."""

from arir.lucene.java import Java, find_java
from arir.lucene.jvm import java_class, start_jvm

__all__ = ["Java", "find_java", "java_class", "start_jvm"]
