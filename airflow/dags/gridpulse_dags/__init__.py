"""What the DAGs share: settings, pods, and how a day goes from one DAG to the next."""
