"""What every long-running program of GridPulse shares: settings, logging, probes and metrics, an orderly end.

`settings` reads the environment once, `logs` configures structured logging, `operations` serves `/livez`, `/readyz`
and `/metrics`, `lifecycle` holds the stop signal, the heartbeat and the drain.
"""
