-- world.sql - documents and artefacts of the synthetic contact centre, run by make_world.sh inside the world's folder.
-- Tables contacts and customers are loaded, the database `warehouse` is attached. writefile() makes missing folders.

-- ---- one row a contact, with everything its documents repeat -------------------------------------------------------

CREATE TEMP TABLE c AS
SELECT CAST(n AS INTEGER) AS n, system, channel, queue, agent, customer,
       CASE system WHEN 'connect' THEN printf('3b9f6c1e-2d54-4a8b-9e07-%012d', n)
                   WHEN 'genesys' THEN printf('a41d7e90-6c3f-4f12-b5d8-%012d', n)
                   ELSE printf('BR-%s-%04d', substr(started, 1, 4), n) END AS id,
       CASE WHEN initial <> '' THEN printf('3b9f6c1e-2d54-4a8b-9e07-%012d', initial) END AS initial_id,
       datetime(started) AS started,
       datetime(started, '+' || minutes || ' minutes') AS ended,
       CAST(minutes AS INTEGER) AS minutes,
       strftime('%Y-%m-%dT%H:%M:%SZ', started) AS begin_at,
       CASE WHEN ' ' || extras || ' ' NOT LIKE '% live %'
            THEN strftime('%Y-%m-%dT%H:%M:%SZ', started, '+' || minutes || ' minutes') END AS end_at,
       strftime('%Y/%m/%d/', started) AS day,
       strftime('%Y%m%dT%H:%M', started, '+1 minutes') || '_UTC' AS stamp,
       NULLIF(category, '') AS category,
       p.name, p.phone, p.email, p.number, ' ' || extras || ' ' AS extras
FROM contacts JOIN customers p ON p.key = customer;

CREATE TEMP TABLE wav AS -- a RIFF header (PCM, mono, 8 kHz, 16 bits) and four samples of silence
SELECT x'524946462c00000057415645666d74201000000001000100401f0000803e00000200100064617461080000000000000000000000' AS bytes;

-- ---- documents: Amazon Connect -------------------------------------------------------------------------------------

CREATE TEMP VIEW ctr AS
SELECT n, extras, json_object(
    'AWSAccountId', '111122223333',
    'AWSContactTraceRecordFormatVersion', '2017-03-10',
    'Agent', json_object('ARN', 'arn:aws:connect:eu-west-2:111122223333:instance/0c8e5f2a-4b7d-4e19-9a3c-6d5f1e2b7a90/agent/' || agent,
                         'Username', agent, 'AfterContactWorkEndTimestamp', strftime('%Y-%m-%dT%H:%M:%SZ', ended, '+1 minutes')),
    'Attributes', CASE WHEN category IS NULL THEN json_object('language', 'en-GB')
                       ELSE json_object('language', 'en-GB', 'retentionCategory', category) END,
    'Channel', CASE channel WHEN 'whatsapp' THEN 'CHAT' WHEN 'webform' THEN 'TASK' ELSE upper(channel) END,
    'ContactEvaluations', CASE WHEN extras LIKE '% export %' THEN json_object('eval-' || n, json_object(
        'Status', 'COMPLETED',
        'ExportLocation', 's3://larkfield-connect/connect/larkfield/Evaluations/' || day || '09:30:00.0-eval-' || n || '.json')) END,
    'ContactId', id,
    'CustomerEndpoint', CASE WHEN channel IN ('voice', 'whatsapp')
        THEN json_object('Address', phone, 'Type', 'TELEPHONE_NUMBER')
        ELSE json_object('Address', email, 'Type', 'EMAIL_ADDRESS') END,
    'DisconnectTimestamp', end_at,
    'InitialContactId', initial_id,
    'InitiationMethod', CASE WHEN initial_id IS NULL THEN 'INBOUND' ELSE 'TRANSFER' END,
    'InitiationTimestamp', begin_at,
    'InstanceARN', 'arn:aws:connect:eu-west-2:111122223333:instance/0c8e5f2a-4b7d-4e19-9a3c-6d5f1e2b7a90',
    'LastUpdateTimestamp', strftime('%Y-%m-%dT%H:%M:%SZ', ended, '+3 minutes'),
    'PreviousContactId', initial_id,
    'Queue', json_object('ARN', 'arn:aws:connect:eu-west-2:111122223333:instance/0c8e5f2a-4b7d-4e19-9a3c-6d5f1e2b7a90/queue/' || lower(replace(queue, ' ', '-')),
                         'Name', queue),
    'Recordings', CASE WHEN extras LIKE '% recording %' THEN json_array(json_object(
        'Location', 'larkfield-connect/connect/larkfield/CallRecordings/' || day || id || '_' || stamp || '.wav',
        'MediaStreamType', 'AUDIO', 'Status', 'AVAILABLE', 'StorageType', 'S3')) ELSE json_array() END,
    'SegmentAttributes', CASE channel WHEN 'whatsapp'
        THEN json_object('connect:Subtype', json_object('ValueString', 'connect:WhatsApp')) END
    ) AS record
FROM c WHERE system = 'connect';

-- Records are delivered at least once, and again after each change: twice the same, then with a later update.
CREATE TEMP VIEW delivered AS
SELECT n, 1 AS time, record FROM ctr WHERE extras NOT LIKE '% event %' AND extras NOT LIKE '% late %'
UNION ALL SELECT n, 2, record FROM ctr WHERE extras LIKE '% redelivered %'
UNION ALL SELECT n, 3, json_set(record, '$.LastUpdateTimestamp', '2026-10-30T07:00:00Z', '$.Attributes.surveySent', 'yes')
          FROM ctr WHERE extras LIKE '% redelivered %';
SELECT writefile('documents/connect/ctr-2026-10.ndjson', group_concat(record, char(10)) || char(10))
FROM (SELECT record FROM delivered ORDER BY time, n);

-- One record that comes days late, and one of a contact that is erased by then (number 12).
SELECT writefile('documents/connect-late/ctr-2026-11.ndjson', group_concat(record, char(10)) || char(10))
FROM (SELECT record FROM ctr WHERE extras LIKE '% late %' OR n = 12 ORDER BY n DESC);

SELECT writefile('documents/connect/contact-events.json', group_concat(json_object(
    'version', '0', 'id', printf('e0000000-0000-4000-8000-%012d', n), 'detail-type', 'Amazon Connect Contact Event',
    'source', 'aws.connect', 'account', '111122223333', 'time', COALESCE(end_at, begin_at), 'region', 'eu-west-2',
    'resources', json_array(), 'detail', json_object(
        'eventType', CASE WHEN end_at IS NULL THEN 'CONNECTED_TO_AGENT' ELSE 'DISCONNECTED' END,
        'contactId', id, 'channel', upper(channel), 'initiationMethod', 'INBOUND',
        'instanceArn', 'arn:aws:connect:eu-west-2:111122223333:instance/0c8e5f2a-4b7d-4e19-9a3c-6d5f1e2b7a90',
        'initiationTimestamp', begin_at, 'disconnectTimestamp', end_at)), char(10)) || char(10))
FROM (SELECT * FROM c WHERE extras LIKE '% event %' ORDER BY n);

-- ---- documents: Genesys Cloud, analytics conversation details ------------------------------------------------------

CREATE TEMP VIEW genesys_session AS
SELECT n, json_object(
    'mediaType', CASE WHEN channel IN ('facebook', 'whatsapp', 'sms') THEN 'message' ELSE channel END,
    'messageType', CASE WHEN channel IN ('facebook', 'whatsapp', 'sms') THEN channel END,
    'sessionId', printf('b0000000-0000-4000-8000-%012d', n), 'direction', 'inbound',
    'ani', CASE WHEN channel IN ('voice', 'callback') THEN 'tel:' || phone END,
    'addressFrom', CASE channel WHEN 'email' THEN email WHEN 'facebook' THEN 'fb-' || number
                                WHEN 'whatsapp' THEN phone WHEN 'sms' THEN phone END,
    'segments', json_array(json_object('segmentStart', replace(begin_at, 'Z', '.000Z'),
        'segmentEnd', replace(end_at, 'Z', '.000Z'), 'queueId', 'q-' || lower(replace(queue, ' ', '-')),
        'segmentType', 'interact', 'conference', json('false')))) AS session
FROM c WHERE system = 'genesys';

SELECT writefile('documents/genesys/conversation-details.json', json_object('conversations', json_group_array(json(one)),
                                                                            'totalHits', count(*)))
FROM (SELECT json_object(
          'conversationId', id, 'conversationStart', replace(begin_at, 'Z', '.000Z'),
          'conversationEnd', replace(end_at, 'Z', '.250Z'), 'originatingDirection', 'inbound',
          'divisionIds', json_array('d0000000-0000-4000-8000-000000000001'),
          'participants', json_array(
              json_object('participantId', printf('c0000000-0000-4000-8000-%012d', n), 'participantName', name,
                          'purpose', 'customer', 'sessions', json_array(json(session)),
                          'attributes', CASE WHEN category IS NULL THEN json_object('language', 'en-US')
                                             ELSE json_object('retentionCategory', category) END),
              json_object('participantId', printf('c1000000-0000-4000-8000-%012d', n), 'purpose', 'agent',
                          'userId', agent, 'queueName', queue))) AS one
      FROM c JOIN genesys_session USING (n) ORDER BY n);

-- ---- documents: calls of the branches, with one row that cannot be read --------------------------------------------

SELECT writefile('documents/branch/calls.csv',
    'call_id,begin,finish,branch,clerk,retention,caller' || char(10) || group_concat(
        id || ',' || strftime('%d/%m/%Y %H:%M', started) || ',' || strftime('%d/%m/%Y %H:%M', ended) || ',' || queue || ',' ||
        agent || ',' || COALESCE(category, '') || ',' || CASE WHEN extras LIKE '% withheld %' THEN 'withheld' ELSE phone END,
        char(10)) || char(10) || 'BR-2026-0060,31/02/2026 10:00,31/02/2026 10:05,Branch York,agent.jo,,+442079460123' || char(10))
FROM (SELECT * FROM c WHERE system = 'branch' ORDER BY n);

-- ---- store `recordings`: keys as Amazon Connect and the Genesys export write them ----------------------------------

SELECT writefile('stores/recordings/connect/larkfield/CallRecordings/' || day || id || '_' || stamp || '.wav', bytes)
FROM c, wav WHERE system = 'connect' AND extras LIKE '% recording %';
SELECT writefile('stores/recordings/connect/larkfield/CallRecordings/ivr/' || day || id || '_' || stamp || '.wav', bytes)
FROM c, wav WHERE extras LIKE '% ivr %';
SELECT writefile('stores/recordings/Analysis/' || CASE channel WHEN 'voice' THEN 'Voice/' ELSE 'Chat/' END || day || id ||
    '_analysis_' || stamp || '.json', json_object('Version', '1.1.0', 'Channel', upper(channel),
    'CustomerMetadata', json_object('ContactId', id), 'Sentiment', json_object('CUSTOMER', 0.4, 'AGENT', 1.1),
    'Transcript', json_array(json_object('ParticipantId', 'CUSTOMER', 'Content', 'Hello, this is ' || name || ', my number is ' || phone),
                             json_object('ParticipantId', 'AGENT', 'Content', 'Good day, how can I help?'))))
FROM c WHERE extras LIKE '% analysis %';
SELECT writefile('stores/recordings/Analysis/Voice/Redacted/' || day || id || '_call_recording_redacted_' || stamp || '.wav', bytes),
       writefile('stores/recordings/Analysis/Voice/Redacted/' || day || id || '_analysis_redacted_' || stamp || '.json',
                 json_object('Transcript', json_array(json_object('Content', 'Hello, this is [PII], my number is [PII]'))))
FROM c, wav WHERE extras LIKE '% redacted %';
SELECT writefile('stores/recordings/connect/larkfield/ChatTranscripts/' || day || id || '_' || stamp || '.json',
    json_object('ContactId', id, 'Transcript', json_array(json_object('DisplayName', name, 'Content', 'Hello'),
                                                           json_object('DisplayName', agent, 'Content', 'Good day'))))
FROM c WHERE extras LIKE '% transcript %';
SELECT writefile('stores/recordings/connect/larkfield/Attachments/chat/' || id || '/att-' || n || '_' || stamp || '.txt',
    'Proof of address of ' || name)
FROM c WHERE extras LIKE '% attachment %';
SELECT writefile('stores/recordings/connect/larkfield/Evaluations/contact_' || id || '/eval-' || n || '.json',
    json_object('metadata', json_object('contactId', id, 'evaluator', 'quality.lou'), 'score', 82))
FROM c WHERE extras LIKE '% evaluation %';
-- The default place of an evaluation names no contact: only the contact record says where it is.
SELECT writefile('stores/recordings/connect/larkfield/Evaluations/' || day || '09:30:00.0-eval-' || n || '.json',
    json_object('metadata', json_object('contactId', id, 'evaluator', 'quality.lou'), 'score', 82))
FROM c WHERE extras LIKE '% export %';
SELECT writefile('stores/recordings/genesys/export/' || id || '/audio/leg-1.wav', bytes)
FROM c, wav WHERE system = 'genesys' AND extras LIKE '% recording %';
SELECT writefile('stores/recordings/genesys/export/' || id || '/screen/agent.webm', x'1a45dfa3')
FROM c WHERE system = 'genesys' AND extras LIKE '% screen %';

-- ---- store `mail`: a maildir, the contact's id in a header ---------------------------------------------------------

SELECT writefile('stores/mail/cur/' || strftime('%s', started) || '.M0P' || n || '.larkfield:2,S',
    'From: ' || name || ' <' || email || '>' || char(10) || 'To: help@larkfield.example.com' || char(10) ||
    'Subject: A question about my account ' || number || char(10) || 'Message-ID: <m' || n || '@example.com>' || char(10) ||
    'X-Contact-Id: ' || id || char(10) || 'Content-Type: text/plain; charset=utf-8' || char(10) || char(10) ||
    'Please call me on ' || phone || '.' || char(10))
FROM c WHERE extras LIKE '% mail %';
SELECT writefile('stores/mail/cur/' || strftime('%s', ended) || '.M1P' || n || '.larkfield:2,RS',
    'From: help@larkfield.example.com' || char(10) || 'To: ' || email || char(10) || 'Subject: Re: A question' || char(10) ||
    'Message-ID: <r' || n || '@larkfield.example.com>' || char(10) || 'In-Reply-To: <m' || n || '@example.com>' || char(10) ||
    'X-Contact-Id: ' || id || char(10) || char(10) || '> Please call me on ' || phone || '.' || char(10) || 'We will.' || char(10))
FROM c WHERE extras LIKE '% reply %';

-- ---- store `chatlogs`: one archive a month, shared by all contacts of the month ------------------------------------

CREATE TEMP TABLE line AS
SELECT c.n, strftime('%Y-%m', started) AS month, t.i, json_object('contactId', id,
    'at', strftime('%Y-%m-%dT%H:%M:%SZ', started, '+' || t.i || ' minutes'),
    'author', CASE t.i % 2 WHEN 1 THEN name ELSE agent END,
    'text', CASE t.i WHEN 1 THEN 'Hello, ' || name || ' here, ' || email WHEN 2 THEN 'Good day, how can I help?'
                     ELSE 'My number is ' || phone END) AS text
FROM c, (SELECT 1 AS i UNION SELECT 2 UNION SELECT 3) t
WHERE channel IN ('chat', 'whatsapp', 'sms', 'facebook');
SELECT writefile('stores/chatlogs/' || month || '.jsonl', group_concat(text, char(10)) || char(10))
FROM (SELECT * FROM line ORDER BY month, i, n) GROUP BY month;

-- ---- store `warehouse` ---------------------------------------------------------------------------------------------

CREATE TABLE warehouse.ctr (contact_id TEXT PRIMARY KEY, system TEXT, channel TEXT, started_at TEXT, seconds INTEGER,
    queue TEXT, agent TEXT, customer_name TEXT, customer_phone TEXT, customer_email TEXT, notes TEXT);
INSERT INTO warehouse.ctr SELECT id, system, channel, begin_at, minutes * 60, queue, agent, name, phone, email,
    'Asked about account ' || number FROM c WHERE extras NOT LIKE '% event %' ORDER BY n;

CREATE TABLE warehouse.etr (etr_id INTEGER PRIMARY KEY, contact_id TEXT NOT NULL, event TEXT, at TEXT);
CREATE INDEX warehouse.etr_contact ON etr (contact_id);
CREATE TABLE warehouse.etr_attribute (etr_id INTEGER NOT NULL REFERENCES etr, name TEXT, value TEXT);
CREATE INDEX warehouse.etr_attribute_etr ON etr_attribute (etr_id);
INSERT INTO warehouse.etr SELECT n * 10 + t.i, id, t.event, strftime('%Y-%m-%dT%H:%M:%SZ', started, '+' || t.i || ' minutes')
    FROM c, (SELECT 1 AS i, 'QUEUED' AS event UNION SELECT 2, 'CONNECTED' UNION SELECT 3, 'DISCONNECTED') t
    WHERE system <> 'branch' AND extras NOT LIKE '% event %' ORDER BY n, t.i;
INSERT INTO warehouse.etr_attribute SELECT n * 10 + 1, 'ani', phone FROM c WHERE system <> 'branch' AND extras NOT LIKE '% event %'
    UNION ALL SELECT n * 10 + 2, 'agent', agent FROM c WHERE system <> 'branch' AND extras NOT LIKE '% event %';

CREATE TABLE warehouse.webform (form_id INTEGER PRIMARY KEY, contact_id TEXT NOT NULL, submitted_at TEXT, name TEXT,
    email TEXT, message TEXT, access TEXT);
CREATE INDEX warehouse.webform_contact ON webform (contact_id);
CREATE TABLE warehouse.webform_upload (upload_id INTEGER PRIMARY KEY, form_id INTEGER NOT NULL REFERENCES webform,
    file_name TEXT, content BLOB, access TEXT);
CREATE INDEX warehouse.webform_upload_form ON webform_upload (form_id);
INSERT INTO warehouse.webform SELECT n, id, begin_at, name, email, 'I have moved house. ' || name, NULL FROM c WHERE channel = 'webform';
INSERT INTO warehouse.webform_upload SELECT n * 10 + t.i, n, 'page-' || t.i || '.pdf', x'255044462d312e34', NULL
    FROM c, (SELECT 1 AS i UNION SELECT 2) t WHERE extras LIKE '% upload %';

CREATE TABLE warehouse.social (post_id TEXT PRIMARY KEY, contact_id TEXT NOT NULL, kind TEXT, author TEXT, text TEXT);
CREATE INDEX warehouse.social_contact ON social (contact_id);
INSERT INTO warehouse.social SELECT '5021161465' || n || '_' || t.i, id, t.kind, name, 'Message of ' || name
    FROM c, (SELECT 1 AS i, 'dm' AS kind UNION SELECT 2, 'comment') t WHERE extras LIKE '% social %';
