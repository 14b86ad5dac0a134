"""Cassandra to BigQuery, a window of days at a time; loading one again changes nothing.

```
Cassandra --read by key--> Parquet, staged --load job--> staging table --one MERGE--> table --SQL--> subtables
```

Every step is counted and summed (`checksum`), and the sums of all steps must be equal, or the load fails.
"""
