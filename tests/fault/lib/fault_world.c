/* fault_world.c - see fault_world.h. */
#include "tests/fault/lib/fault_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/audit_view.h"
#include "tests/lib/centre.h"

static const char config[] =
    "registry: sqlite:expunge.db\ntimezone: UTC\nkeys: keys/\n"
    "audit: {origin: faults.example.com/log, publish: audit/}\n"
    "default_category: support\n"
    "categories: {support: {erase_after: P2Y, law: {cite: \"GDPR Art. 5(1)(e)\", confirmed: null}}}\n"
    "sources:\n"
    "  branch: {type: csv, country: GB, zone: UTC, dates: \"%Y-%m-%d %H:%M\", columns: {id: call, started: begin, ended: finish, phone: caller}}\n"
    "stores:\n"
    "  recordings: {type: folder, path: recordings, control: .mounted, artefacts: [{kind: recording, key: \"{contact_id}*\"}]}\n"
    "  chats: {type: folder, path: chats, control: .mounted, artefacts: [{kind: chat_message, key: \"all.jsonl\", format: json_lines, id_field: contactId, fields: [text]}]}\n"
    "  warehouse: {type: sql, url: \"sqlite:warehouse.db\", tables: [{name: ctr, kind: contact_record, key: contact_id}]}\n";

static const char *const contacts[] = {"due-1", "due-2", "due-3", "held-1", "young-1"};
enum { HELD = 3 };

static void put(const char *dir, const char *name, const char *content)
{
    char path[WORLD_PATH_MAX * 2];
    struct err err;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(file_write(path, str_of(content), 0600, &err), OK);
}

static void folder(const char *dir, const char *name)
{
    char path[WORLD_PATH_MAX * 2];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void shell(const char *program, const char *a, const char *b, const char *c)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execlp(program, program, a, b, c, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void world_copy(const char *from, const char *to)
{
    shell("cp", "-a", from, to);
}

void world_remove(const char *dir)
{
    shell("rm", "-rf", "--", dir);
}

static void warehouse(const char *dir)
{
    char path[WORLD_PATH_MAX * 2], sql[256];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/warehouse.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE ctr(contact_id TEXT, customer TEXT)", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(contacts); i++) {
        snprintf(sql, sizeof sql, "INSERT INTO ctr VALUES('%s', 'customer of it')", contacts[i]);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    sqlite3_close(db);
}

/* A contact record of March 2023, or of this January. */
static void record(char *out, size_t n, const char *id, bool young, const char *phone)
{
    const char *day = young ? "2026-01-05" : "2023-03-05";
    snprintf(out, n,
             "{\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"ContactId\":\"%s\",\"InitialContactId\":null,"
             "\"InstanceARN\":\"" CENTRE_SOURCE "\",\"Channel\":\"VOICE\",\"InitiationMethod\":\"INBOUND\",\"InitiationTimestamp\":\"%sT10:00:00Z\","
             "\"DisconnectTimestamp\":\"%sT10:05:00Z\",\"LastUpdateTimestamp\":\"%sT10:09:00Z\",\"Queue\":{\"Name\":\"Support\"},"
             "\"CustomerEndpoint\":{\"Type\":\"TELEPHONE_NUMBER\",\"Address\":\"%s\"}}\n",
             id, day, day, day, phone);
}

static void lay_out(const char *dir)
{
    char documents[8192] = "", lines[2048] = "", one[1024], name[64];
    for (size_t i = 0; i < ARRAY_LEN(contacts); i++) {
        size_t at = strlen(documents);
        record(documents + at, sizeof documents - at, contacts[i], contacts[i][0] == 'y', i == 2 ? "+442079460958" : "+442079460001");
        at = strlen(lines);
        snprintf(lines + at, sizeof lines - at, "{\"contactId\":\"%s\",\"text\":\"hello\"}\n", contacts[i]);
        snprintf(one, sizeof one, "sound of %s", contacts[i]);
        snprintf(name, sizeof name, "recordings/%s.wav", contacts[i]);
        put(dir, name, one);
    }
    put(dir, "records.json", documents);
    put(dir, "chats/all.jsonl", lines);
    put(dir, "recordings/.mounted", "");
    put(dir, "chats/.mounted", "");
    warehouse(dir);
}

static const char base_time[] = "2026-03-01T12:00:00Z";

void world_make(char dir[WORLD_PATH_MAX])
{
    const char *given = getenv("FAULT_DIR"); /* SIGABRT loses nothing that the kernel has, so memory serves and is not waited for */
    snprintf(dir, WORLD_PATH_MAX, "%s/expunge-fault.XXXXXX", given ? given : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(dir));
    world_command(dir, base_time, (const char *[]){"init", ".", "--test-clock", NULL});
    put(dir, "expunge.yaml", config);
    folder(dir, "recordings");
    folder(dir, "chats");
    lay_out(dir);
    world_command(dir, base_time, (const char *[]){"ingest", "records.json", NULL});
    world_command(dir, base_time, (const char *[]){"policy", "activate", "--by", "Ann Example", NULL});
    world_command(dir, base_time, (const char *[]){"hold", "apply", "held-1", "--matter", "Case 1", "--reason", "court", NULL});
}

void prepare_documents(const char *dir)
{
    char one[1024];
    folder(dir, "more");
    record(one, sizeof one, "new-1", true, "+442079460001");
    put(dir, "more/record.json", one);
    put(dir, "more/event.json",
        "{\"version\":\"0\",\"id\":\"e-1\",\"detail-type\":\"Amazon Connect Contact Event\",\"source\":\"aws.connect\",\"account\":\"123456789012\","
        "\"time\":\"2026-01-05T10:00:00Z\",\"region\":\"eu-west-2\",\"resources\":[],\"detail\":{\"eventType\":\"DISCONNECTED\",\"contactId\":\"new-2\","
        "\"channel\":\"VOICE\",\"instanceArn\":\"arn:aws:connect:eu-west-2:123456789012:instance/" CENTRE_SOURCE "\","
        "\"initiationMethod\":\"INBOUND\",\"initiationTimestamp\":\"2026-01-05T09:00:00Z\",\"disconnectTimestamp\":\"2026-01-05T10:00:00Z\"}}\n");
    put(dir, "more/conversation.json",
        "{\"organizationId\":\"" CENTRE_SOURCE "\",\"conversationId\":\"new-3\",\"conversationStart\":\"2026-01-05T10:00:00.000Z\","
        "\"conversationEnd\":\"2026-01-05T10:09:00.000Z\",\"originatingDirection\":\"inbound\",\"participants\":[{\"purpose\":\"customer\",\"sessions\":["
        "{\"mediaType\":\"voice\",\"direction\":\"inbound\",\"ani\":\"tel:+442079460001\",\"segments\":[]}]}]}\n");
    put(dir, "more/bad.json", "{\"cut\": ");
}

void prepare_request(const char *dir)
{
    put(dir, "person.txt", "phone +442079460958\n");
    world_command(dir, base_time, (const char *[]){"request", "add", "--regime", "gdpr", "--received", "2026-02-20", "--identity-checked", "call",
                                                   "--file", "person.txt", NULL});
    world_command(dir, base_time, (const char *[]){"request", "candidates", "R-2026-000001", NULL});
    world_command(dir, base_time, (const char *[]){"request", "confirm", "R-2026-000001", NULL});
}

void prepare_erased(const char *dir)
{
    world_command(dir, base_time, (const char *[]){"erase", "due-1", "due-2", NULL});
}

/* ---- as it stands ---- */

static bool file_has(const char *dir, const char *name, const char *text)
{
    char path[WORLD_PATH_MAX * 2], content[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(content, 1, sizeof content, f) : 0;
    if (f)
        fclose(f);
    return n && memmem(content, n, text, strlen(text)) != NULL;
}

static int row_of(const char *dir, const char *id)
{
    char path[WORLD_PATH_MAX * 2], sql[256];
    sqlite3 *db;
    sqlite3_stmt *st;
    snprintf(path, sizeof path, "%s/warehouse.db", dir);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM ctr WHERE contact_id = '%s'", id);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int n = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

/* recording, chat, row: "RCW" while all are there. */
static void what_is_there(const char *dir, const char *id, char out[4])
{
    char name[128], sound[128];
    snprintf(name, sizeof name, "recordings/%s.wav", id);
    snprintf(sound, sizeof sound, "sound of %s", id);
    out[0] = file_has(dir, name, sound) ? 'R' : '-';
    snprintf(name, sizeof name, "\"%s\"", id);
    out[1] = file_has(dir, "chats/all.jsonl", name) ? 'C' : '-';
    out[2] = row_of(dir, id) ? 'W' : '-';
    out[3] = '\0';
}

/* Whether some intent of the log names it. */
static bool is_announced(struct world *w, const struct row_key *chain)
{
    size_t n;
    struct entry *entries = world_entries(w, &n);
    for (size_t i = 0; i < n; i++) {
        struct row_key id, *chains;
        size_t chains_n;
        if (!str_is(entries[i].type, "INTENT"))
            continue;
        memcpy(id.b, entries[i].id, sizeof id.b);
        WORLD_OK(w, registry_intent_chains(w->e->registry, &id, &w->a, &chains, &chains_n, &w->err));
        for (size_t k = 0; k < chains_n; k++)
            if (row_key_eq(&chains[k], chain))
                return true;
    }
    return false;
}

static void tell_contact(struct world *w, const char *dir, const char *id, bool held, FILE *out)
{
    char there[4];
    struct row_key contact = engine_contact_key(w->e, STR(CENTRE_SOURCE), str_of(id)), chain = contact;
    struct chain c;
    IGNORE(registry_chain_of(w->e->registry, &contact, 1, &w->a, &chain, &w->err));
    WORLD_OK(w, registry_chains(w->e->registry, &chain, 1, &w->a, &c, &w->err));
    what_is_there(dir, id, there);
    if (c.version == 0 || c.legs_n == 0) {
        fprintf(out, "%s is not registered\n", id);
        return;
    }
    enum contact_status status = centre_status(w, id);
    bool whole = strcmp(there, "RCW") == 0, ours = strncmp(id, "new-", 4) != 0;
    fprintf(out, "%s %s %s%s\n", id, there, contact_status_name(status), row_key_is_none(&c.open_intent) ? "" : " (an intent is open)");
    if (ours && held && !whole)
        fprintf(out, "BAD: %s is held and not whole\n", id);
    if (ours && !whole && !is_announced(w, &chain))
        fprintf(out, "BAD: %s was changed without an intent\n", id);
    if (ours && status == STATUS_PURGED && strcmp(there, "---") != 0)
        fprintf(out, "BAD: %s is PURGED and still there\n", id);
}

static void tell_all(struct world *w, const char *dir, FILE *out)
{
    static const char *const more[] = {"new-1", "new-2", "new-3"};
    struct audit_check check;
    struct row *waiting;
    size_t n;
    for (size_t i = 0; i < ARRAY_LEN(contacts); i++)
        tell_contact(w, dir, contacts[i], i == HELD || contacts[i][0] == 'y', out);
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        tell_contact(w, dir, more[i], false, out);
    WORLD_OK(w, registry_record_page(w->e->registry, TABLE_QUARANTINE, STR_NONE, STR_NONE, 100, &w->a, &waiting, &n, &w->err));
    fprintf(out, "%s in quarantine\n", n ? "some" : "none");
    WORLD_OK(w, audit_check_registry(w->e, NULL, &w->a, &check, &w->err));
    if (!check.ok)
        fprintf(out, "BAD: the log does not verify\n");
}

/* In a process of its own: the engine is opened as any command opens it. */
static _Noreturn void tell(const char *dir, int answer)
{
    struct world w = {.e = NULL};
    FILE *out = fdopen(answer, "w");
    arena_init(&w.a, 64 << 20);
    snprintf(w.dir, sizeof w.dir, "%s", dir);
    snprintf(w.config, sizeof w.config, "%s/expunge.yaml", dir);
    if (world_open(&w, WORLD_NOW_MS, 0) != OK)
        fprintf(out, "BAD: it does not open: %s\n", w.err.text);
    else
        tell_all(&w, dir, out);
    fclose(out);
    world_close(&w);
    arena_release(&w.a);
    _exit(0);
}

void world_state(const char *dir, char out[STATE_MAX])
{
    int answer[2], status;
    size_t n = 0;
    assert_int_equal(pipe(answer), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        tell(dir, answer[1]);
    close(answer[1]);
    for (ssize_t got; (got = read(answer[0], out + n, STATE_MAX - 1 - n)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    close(answer[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(n > 0);
}
