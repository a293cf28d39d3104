/* contacts.c - see contacts.h. */
#include "bench/lib/contacts.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "engine/init.h"

static uint64_t mix(uint64_t x) /* splitmix64 */
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void uuid(uint64_t i, char out[37])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t x[2] = {mix(2 * i), mix(2 * i + 1)};
    size_t at = 0;
    for (size_t n = 0; n < 32; n++) {
        if (n == 8 || n == 12 || n == 16 || n == 20)
            out[at++] = '-';
        out[at++] = n == 12 ? '4' : digits[x[n / 16] >> 4 * (n % 16) & 15];
    }
    out[at] = '\0';
}

void bench_contact(uint64_t i, int64_t started_ms, uint64_t customers, struct bench_contact *out)
{
    static const char *const categories[] = {"standard_support", "financial_services", "payment_card", "healthcare"};
    uint64_t r = mix(i ^ UINT64_C(0x5eed)), customer = mix(r % customers) % UINT64_C(1000000000);
    struct civil day;
    *out = (struct bench_contact){.started_ms = started_ms};
    out->ended_ms = out->started_ms + 60000 + (int64_t)(r >> 8 & 0xfffff);
    out->updated_ms = out->ended_ms + 45000;
    ms_to_civil(out->started_ms, &day);
    uuid(i, out->id);
    if (i % 10 == 9)
        uuid(i - 1, out->initial);
    snprintf(out->phone, sizeof out->phone, "+999%09u", (unsigned)customer);
    snprintf(out->customer, sizeof out->customer, "C-%09u", (unsigned)customer);
    snprintf(out->queue, sizeof out->queue, "queue-%02u", (unsigned)(r >> 16 & 31));
    snprintf(out->agent, sizeof out->agent, "agent%04u", (unsigned)(r >> 24 & 1023));
    snprintf(out->category, sizeof out->category, "%s", categories[r >> 40 & 3]);
    snprintf(out->recording, sizeof out->recording, "recordings-eu/connect/savings/CallRecordings/%04d/%02d/%02d/%s_%lld.wav",
             day.year, day.month, day.day, out->id, (long long)out->started_ms);
    if ((r >> 48 & 3) == 0)
        snprintf(out->screen, sizeof out->screen, "recordings-eu/connect/savings/ScreenRecordings/%04d/%02d/%02d/%s.mp4", day.year,
                 day.month, day.day, out->id);
}

#define ARN "arn:aws:connect:eu-west-2:123456789012:instance/" BENCH_INSTANCE
static void media(struct buf *b, const struct bench_contact *c)
{
    buf_fmt(b, "\"Recording\":{\"DeletionReason\":null,\"Location\":\"%s\",\"Status\":\"AVAILABLE\",\"Type\":\"AUDIO\"},\"Recordings\":["
            "{\"DeletionReason\":null,\"FragmentStartNumber\":null,\"FragmentStopNumber\":null,\"Location\":\"%s\",\"MediaStreamType\":"
            "\"AUDIO\",\"ParticipantType\":null,\"StartTimestamp\":null,\"Status\":\"AVAILABLE\",\"StopTimestamp\":null,\"StorageType\":"
            "\"S3\"}", c->recording, c->recording);
    if (c->screen[0])
        buf_fmt(b, ",{\"DeletionReason\":null,\"Location\":\"%s\",\"MediaStreamType\":\"SCREEN\",\"ParticipantType\":\"AGENT\",\"Status\":"
                "\"AVAILABLE\",\"StorageType\":\"S3\"}", c->screen);
    buf_cstr(b, "],");
}

void bench_contact_json(const struct bench_contact *c, struct buf *b)
{
    char start[32], end[32], update[32], first[48] = "null";
    time_text(c->started_ms, start);
    time_text(c->ended_ms, end);
    time_text(c->updated_ms, update);
    if (c->initial[0])
        snprintf(first, sizeof first, "\"%s\"", c->initial);
    buf_fmt(b, "{\"AWSAccountId\":\"123456789012\",\"AWSContactTraceRecordFormatVersion\":\"2017-03-10\",\"Agent\":{\"ARN\":\"" ARN
            "/agent/%s\",\"AfterContactWorkDuration\":30,\"AfterContactWorkEndTimestamp\":\"%s\",\"AfterContactWorkStartTimestamp\":"
            "\"%s\",\"AgentInteractionDuration\":240,\"ConnectedToAgentTimestamp\":\"%s\",\"CustomerHoldDuration\":12,\"DeviceInfo\":"
            "{\"OperatingSystem\":\"Windows\",\"PlatformName\":\"Chrome\",\"PlatformVersion\":\"126.0\"},\"HierarchyGroups\":null,"
            "\"LongestHoldDuration\":12,\"NumberOfHolds\":1,\"RoutingProfile\":{\"Name\":\"Retail\"},\"Username\":\"%s\"},\"AgentConnectionAttempts\":1,\"AnsweringMachineDetectionStatus\":null,\"Attributes\":"
            "{\"retentionCategory\":\"%s\",\"language\":\"en-GB\",\"ivrPath\":\"main>accounts>balance>advisor\",\"authenticated\":"
            "\"true\"},\"Campaign\":{\"CampaignId\":null},\"Channel\":\"VOICE\",", c->agent, end, end, start, c->agent, c->category);
    buf_fmt(b, "\"ConnectedToSystemTimestamp\":\"%s\",\"ContactDetails\":{},\"ContactId\":\"%s\","
            "\"CustomerEndpoint\":{\"Address\":\"%s\",\"Type\":\"TELEPHONE_NUMBER\"},\"CustomerId\":\"%s\",\"CustomerVoiceActivity\":"
            "null,\"DisconnectReason\":\"CUSTOMER_DISCONNECT\",\"DisconnectTimestamp\":\"%s\",\"InitialContactId\":%s,"
            "\"InitiationMethod\":\"INBOUND\",\"InitiationTimestamp\":\"%s\",\"InstanceARN\":\"" ARN "\",\"LastUpdateTimestamp\":\"%s\",",
            start, c->id, c->phone, c->customer, end, first, start, update);
    buf_cstr(b, "\"MediaStreams\":[{\"Type\":\"AUDIO\"}],\"NextContactId\":null,\"PreviousContactId\":null,\"QualityMetrics\":{\"Agent\":"
                "{\"Audio\":{\"PotentialQualityIssues\":[],\"QualityScore\":4.4}},\"Customer\":null},");
    buf_fmt(b, "\"Queue\":{\"ARN\":\"" ARN "/queue/%s\",\"DequeueTimestamp\":\"%s\",\"Duration\":17,\"EnqueueTimestamp\":\"%s\",\"Name\":\"%s\"},",
            c->queue, start, start, c->queue);
    media(b, c);
    buf_fmt(b, "\"References\":[],\"ScheduledTimestamp\":null,\"SegmentAttributes\":{\"connect:Subtype\":{\"ValueString\":"
            "\"connect:Telephony\"}},\"SystemEndpoint\":{\"Address\":\"+442079460001\",\"Type\":\"TELEPHONE_NUMBER\"},"
            "\"TaskTemplateInfo\":null,\"TransferCompletedTimestamp\":null,\"TransferredToEndpoint\":null,\"VoiceIdResult\":null}\n");
}

static struct locator locator_of(enum artefact_kind kind, const char *location)
{
    struct locator l = {.kind = kind};
    bool split = str_split(str_of(location), '/', &l.place, &l.path);
    ASSERT(split);
    return l;
}

enum status bench_contact_leg(const struct bench_contact *c, const struct engine *e, struct arena *a, struct leg *out, struct err *err)
{
    const struct hmac_key *key = &e->registry->identifier;
    struct leg leg;
    leg_init(&leg);
    leg.id = str_of(c->id);
    leg.initial = c->initial[0] ? str_of(c->initial) : STR_NONE;
    leg.key = engine_contact_key(e, STR(BENCH_INSTANCE), leg.id);
    leg.started_ms = leg.created_ms = c->started_ms;
    leg.ended_ms = c->ended_ms;
    leg.end_stated = true;
    leg.channel = STR("voice");
    leg.direction = STR("inbound");
    leg.queue = str_of(c->queue);
    leg.agent = str_of(c->agent);
    leg.category = str_of(c->category);
    leg.registered_ms = leg.newest_ms = c->updated_ms;
    for (size_t f = 0; f < FACT_COUNT; f++)
        leg.fact_version_ms[f] = f == FACT_CASE_CLOSED || f == FACT_CONTRACT_END || f == FACT_DIVISION ? -1 : c->updated_ms;
    memset(leg.newest_digest.b, c->id[0], sizeof leg.newest_digest.b);
    leg.attributes = ARENA_ARRAY(a, struct attribute, 4);
    leg.locators = ARENA_ARRAY(a, struct locator, 2);
    leg.subjects = ARENA_ARRAY(a, struct row_key, 2);
    if (!leg.attributes || !leg.locators || !leg.subjects)
        return ARENA_FULL(err, a);
    leg.attributes[leg.attributes_n++] = (struct attribute){STR("retentionCategory"), leg.category};
    leg.attributes[leg.attributes_n++] = (struct attribute){STR("language"), STR("en-GB")};
    leg.attributes[leg.attributes_n++] = (struct attribute){STR("ivrPath"), STR("main>accounts>balance>advisor")};
    leg.attributes[leg.attributes_n++] = (struct attribute){STR("authenticated"), STR("true")};
    leg.locators[leg.locators_n++] = locator_of(KIND_RECORDING, c->recording);
    if (c->screen[0])
        leg.locators[leg.locators_n++] = locator_of(KIND_SCREEN_RECORDING, c->screen);
    leg.subjects[leg.subjects_n++] = row_key_of_subject(key, SUBJECT_CUSTOMER_ID, str_of(c->customer));
    leg.subjects[leg.subjects_n++] = row_key_of_subject(key, SUBJECT_PHONE, str_of(c->phone));
    *out = leg;
    return OK;
}

struct engine *bench_engine(const char *dir, bool make, int64_t now_ms)
{
    char config[512];
    struct engine *e;
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf report;
    buf_init(&report, 1 << 16);
    snprintf(config, sizeof config, "%s/expunge.yaml", dir);
    if (make && init_registry(dir, true, now_ms, &err) != OK)
        bench_fail("%s", err.text);
    struct engine_options o = {.config_path = config, .now_ms = now_ms, .flags = OPEN_WRITE};
    if (engine_open(&o, &e, &report, &err) != OK)
        bench_fail("%s: %s", dir, err.text);
    return e;
}

void bench_registry(const char *dir, uint64_t contacts)
{
    char config[512], number[24];
    int status;
    snprintf(config, sizeof config, "%s/expunge.yaml", dir);
    if (access(config, F_OK) == 0)
        return;
    snprintf(number, sizeof number, "%llu", (unsigned long long)contacts);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        execl("build/bench/big_registry", "big_registry", dir, number, (char *)NULL);
        _exit(1);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        bench_fail("no registry of %llu contacts", (unsigned long long)contacts);
}
