PRAGMA journal_mode = off;
CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER, text TEXT);
CREATE TABLE b (id INTEGER PRIMARY KEY, x INTEGER, real REAL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO a SELECT i, (i * 7919) % 60013, printf('number %d of many', i * 31 % 9973) FROM n;
INSERT INTO b SELECT id, x % 5003, x / 7.0 FROM a;
COMMIT;
CREATE INDEX a_x ON a (x);
CREATE INDEX b_x ON b (x);
SELECT count(*), sum(length(text)) FROM a WHERE text LIKE '%99%';
SELECT count(*), round(sum(b.real), 2) FROM a JOIN b ON b.x = a.x;
SELECT x % 100 AS bucket, count(*), round(avg(real), 3), max(id) FROM b GROUP BY bucket ORDER BY bucket LIMIT 5;
UPDATE a SET text = upper(text) || x WHERE id % 3 = 0;
DELETE FROM b WHERE x % 4 = 1;
SELECT text FROM a ORDER BY text DESC LIMIT 3;
WITH RECURSIVE f(n, a, b) AS (SELECT 1, 0, 1 UNION ALL SELECT n + 1, b, (a + b) % 1000007 FROM f WHERE n < 50000) SELECT a FROM f ORDER BY n DESC LIMIT 1;
SELECT count(*) FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.id = a.id AND b.x > 2500);
