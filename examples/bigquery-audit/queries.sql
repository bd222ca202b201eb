-- Each change once, newest first: a message may come twice, its event's id stays.
CREATE OR REPLACE VIEW `watchkeeper.events` AS
SELECT
  JSON_VALUE(data, '$.id') AS id,
  JSON_VALUE(data, '$.watch') AS watch,
  JSON_VALUE(data, '$.account') AS account,
  JSON_VALUE(data, '$.type') AS type,
  JSON_VALUE(data, '$.subject') AS subject,
  TIMESTAMP(JSON_VALUE(data, '$.time')) AS time,
  JSON_QUERY(data, '$.data.item') AS item,
  publish_time
FROM `watchkeeper.changes`
WHERE JSON_VALUE(data, '$.replay') IS NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY JSON_VALUE(data, '$.id') ORDER BY publish_time) = 1;

-- Who changed how much in the last week?
SELECT account, type, COUNT(*) AS changes
FROM `watchkeeper.events`
WHERE publish_time > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
GROUP BY account, type
ORDER BY changes DESC;

-- The story of one file.
SELECT time, type, JSON_VALUE(item, '$.name') AS name, JSON_VALUE(item, '$.lastModifyingUser.emailAddress') AS who
FROM `watchkeeper.events`
WHERE subject = 'FILE_ID'
ORDER BY time;

-- How late do changes arrive?
SELECT watch, APPROX_QUANTILES(TIMESTAMP_DIFF(publish_time, time, MILLISECOND), 100)[OFFSET(95)] AS p95_milliseconds
FROM `watchkeeper.events`
WHERE publish_time > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
GROUP BY watch;

-- Watches that were in trouble.
SELECT time, watch, type, JSON_VALUE(data, '$.data.reason') AS reason
FROM `watchkeeper.changes`, UNNEST([TIMESTAMP(JSON_VALUE(data, '$.time'))]) AS time,
  UNNEST([JSON_VALUE(data, '$.watch')]) AS watch, UNNEST([JSON_VALUE(data, '$.type')]) AS type
WHERE STARTS_WITH(type, 'watchkeeper.watch.') OR STARTS_WITH(type, 'watchkeeper.handler.')
ORDER BY time DESC;
