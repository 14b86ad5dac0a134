"""What looks wrong with a day of a zone: named rules over all its revisions and the current rows of the week before.

Rows are never changed or left out for it. A verdict is a function of the set of events, so judging a day again changes
nothing but what has arrived since. Rules and thresholds are in `gridpulse_spark.quality.rules`.
"""
