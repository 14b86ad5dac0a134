-- Hourly rows of the carbon intensity in the days asked for, on whichever calendar: no clock is a day away from UTC's.
SELECT *
FROM carbon_intensity
WHERE granularity = 'hourly' AND at >= :first_day - INTERVAL 1 DAY AND at < :last_day + INTERVAL 2 DAYS
