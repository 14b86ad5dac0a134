-- The days that are asked for.
SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE '$start', DATE_SUB(DATE '$end', INTERVAL 1 DAY))) AS day
