"""The questions of `spark/sql` answered over the lake, a window of days at a time.

Each `.sql` file is one view over the lake reader's views (newest revisions, all revisions, the reference of zones) and
`days`, the days asked for. Results go to Parquet, one file a question and day or month, and the daily energy also to
Cassandra's `power_daily`. Everything is a function of the lake, so an answer that is given again only changes where the
lake knows more.
"""
