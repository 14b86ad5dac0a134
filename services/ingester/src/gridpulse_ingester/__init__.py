"""Source -> poller -> publisher: polls the Electricity Maps API and produces each row to Kafka as one event.

`source` asks the API and tells its answers apart, `poller` decides when to ask, `publisher` produces and remembers
what the broker acknowledged. `daemon`, `once`, `backfill` and `redrive` are the program's four ways to run.
"""
