"""Grafana's dashboards as code: `python -m gridpulse_grafana.generate` writes their JSON."""
