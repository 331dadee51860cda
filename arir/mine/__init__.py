"""``arir mine``: hard negatives from runs, with a guard against unjudged relevant passages."""
