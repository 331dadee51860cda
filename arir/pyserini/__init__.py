"""arir's encoders inside Pyserini: the plug-in and its command line."""
