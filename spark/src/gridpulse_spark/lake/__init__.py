"""The Parquet lake: an append-only log of every Kafka message, by topic and hour of append. It is the backup.

```
<location>/_lake.json                                     says that the folder is ours
<location>/signal=S/append_date=D/append_hour=HH/
    p<partition>-<start>-<end>.parquet                    offsets [start, end) of one partition
    _manifest.json                                        written last: an hour without it is not there
<location>/_staging/                                      what is being written
```
"""
