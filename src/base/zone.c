/* zone.c - the zones of the C library, one at a time behind a lock. */
#include "base/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 63 };
#define ZONE_FOLDER "/usr/share/zoneinfo/"

struct zone {
    struct zone *next;
    char name[NAME_MAX_BYTES + 1];
};

static struct zone utc = {.name = "UTC"};

/* The variable TZ belongs to the process, so what stands here must too: the zones opened, and which one is set. */
static struct {
    pthread_mutex_t lock;
    struct zone *opened;
    const struct zone *set;
} zones = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool name_is_safe(struct str name)
{
    if (name.n == 0 || name.n > NAME_MAX_BYTES || name.p[0] == '/' || name.p[0] == '-')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && c != '_' && c != '+' && c != '-' && c != '/') /* no '.', so no ".." */
            return false;
    }
    /* The same names under other rules: with leap seconds, and without. */
    return !str_starts(name, STR("right/")) && !str_starts(name, STR("posix/"));
}

/* The C library takes what it does not know for UTC without a word, so the file must be there. */
static bool has_zone_file(const char *name)
{
    char path[sizeof(ZONE_FOLDER) + NAME_MAX_BYTES + 1];
    snprintf(path, sizeof(path), "%s%s", ZONE_FOLDER, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    char magic[4];
    bool found = read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
    close(fd);
    return found;
}

static void set_locked(const struct zone *z)
{
    if (zones.set == z)
        return;
    char value[NAME_MAX_BYTES + 2] = ":";
    memcpy(value + 1, z->name, strlen(z->name) + 1);
    ASSERT(setenv("TZ", value, 1) == 0);
    tzset();
    zones.set = z;
}

static struct zone *find_locked(const char *name)
{
    for (struct zone *z = zones.opened; z != NULL; z = z->next)
        if (strcmp(z->name, name) == 0)
            return z;
    return NULL;
}

static struct zone *add_locked(const char *name)
{
    struct zone *z = calloc(1, sizeof(*z));
    if (z == NULL)
        return NULL;
    memcpy(z->name, name, strlen(name) + 1);
    z->next = zones.opened;
    zones.opened = z;
    set_locked(z);
    return z;
}

enum status zone_open(struct str name, const struct zone **out, struct err *err)
{
    if (str_eq(name, STR("UTC"))) {
        *out = &utc;
        return OK;
    }
    char file[NAME_MAX_BYTES + 1] = {0};
    if (name_is_safe(name))
        memcpy(file, name.p, name.n);
    if (file[0] == '\0' || !has_zone_file(file))
        return FAIL(err, E_INVALID,
                    "there is no time zone \"%.*s\": write a name such as Europe/London (package tzdata has the list)",
                    STR_ARG(name));
    pthread_mutex_lock(&zones.lock);
    struct zone *z = find_locked(file);
    if (z == NULL)
        z = add_locked(file);
    pthread_mutex_unlock(&zones.lock);
    if (z == NULL)
        return FAIL(err, E_LIMIT, "out of memory");
    *out = z;
    return OK;
}

struct str zone_name(const struct zone *z)
{
    return str_of(z->name);
}

const struct zone *zone_utc(void)
{
    return &utc;
}

static int64_t seconds_floor(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

/* Milliseconds east of Greenwich. */
static int64_t offset_at(const struct zone *z, int64_t ms)
{
    if (z == &utc)
        return 0;
    time_t second = (time_t)seconds_floor(ms);
    struct tm tm;
    pthread_mutex_lock(&zones.lock);
    set_locked(z);
    ASSERT(localtime_r(&second, &tm) != NULL);
    pthread_mutex_unlock(&zones.lock);
    return (int64_t)tm.tm_gmtoff * 1000;
}

/* The first instant in (before, after] whose offset is not that of `before`. */
static int64_t change_between(const struct zone *z, int64_t before, int64_t after)
{
    int64_t offset = offset_at(z, before);
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (offset_at(z, middle) == offset)
            before = middle;
        else
            after = middle;
    }
    return after;
}

void zone_civil(const struct zone *z, int64_t ms, struct civil *out)
{
    ms_to_civil(ms + offset_at(z, ms), out);
}

int64_t zone_instant(const struct zone *z, const struct civil *local)
{
    int64_t as_utc = civil_to_ms(local);
    if (z == &utc)
        return as_utc;
    /* No zone is a day away from Greenwich, so these two see the offsets before and after any change near it. */
    int64_t before = offset_at(z, as_utc - DAY_MS), after = offset_at(z, as_utc + DAY_MS);
    int64_t early = as_utc - (before > after ? before : after);
    int64_t late = as_utc - (before < after ? before : after);
    if (early + offset_at(z, early) == as_utc)
        return early;
    if (late + offset_at(z, late) == as_utc)
        return late;
    return change_between(z, early, late); /* neither: the clock skipped it */
}

void zone_civil_forward(const struct zone *z, int64_t ms, struct civil *out)
{
    zone_civil(z, ms, out);
    if (z == &utc)
        return;
    int64_t first = zone_instant(z, out);
    if (first == ms)
        return;
    int64_t change = change_between(z, first, ms);
    ms_to_civil(change + offset_at(z, first), out);
}
