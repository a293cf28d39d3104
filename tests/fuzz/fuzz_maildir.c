/*
 * fuzz_maildir.c - a message of any bytes: found for a contact only when its bytes name it, always when our header
 * stands in front; erased, it is gone and its neighbour keeps every byte.
 */
#include "store/folder.h"
#include "tests/fuzz/lib/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define NOW_MS INT64_C(1785542400000)
static const char header[] = "X-Contact-ID: m-1\n";

static int64_t now(void *ctx)
{
    (void)ctx;
    return NOW_MS;
}

struct box { struct arena a; struct folder f; struct artefact found; size_t n; bool blind; };

static enum status add(void *ctx, size_t target, const struct artefact *found, struct err *err)
{
    struct box *b = ctx;
    (void)err;
    HOLDS(target == 0 && found->locator.n > 0 && (found->scope == SCOPE_CONTACT || found->scope == SCOPE_SHARED));
    b->found = *found;
    b->n++;
    return OK;
}

static bool owner(void *ctx, struct str source, struct str id, struct row_key *out)
{
    (void)ctx, (void)source;
    *out = (struct row_key){{1}};
    return id.n > 0;
}

static int open_root(void)
{
    int root = open(fuzz_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    HOLDS(root >= 0);
    return root;
}

static struct store_call call_of(struct box *b, const struct gate *gate)
{
    return (struct store_call){.now_ms = NOW_MS, .deadline_ms = NOW_MS + 60000, .a = &b->a, .gate = gate,
                               .began_ms = clock_monotonic_ms()};
}

static size_t find(struct box *b)
{
    struct store_call call = call_of(b, NULL);
    struct store_target target = {.id = STR("m-1"), .source = STR("s"), .started_ms = TIME_NONE, .ended_ms = TIME_NONE};
    struct store_sink sink = {.ctx = b, .add = add, .owner = owner};
    struct err err;
    int root = open_root();
    b->n = 0;
    HOLDS_OK(folder_maildir_find(&b->f, root, &call, &target, 1, &sink, &b->blind, &err), &err);
    close(root);
    return b->n;
}

static void erase(struct box *b)
{
    struct epoch_watch watch = {.epoch = 1, .read_ms = NOW_MS, .clock = now, .stale_after_ms = 1000};
    struct gate gate = {1, NOW_MS + 60000, &watch};
    struct store_call call = call_of(b, &gate);
    struct str path, id;
    struct err err;
    int root = open_root();
    HOLDS(folder_locator_read(b->found.locator, &b->a, &path, &id) && id.p == NULL);
    HOLDS_OK(folder_maildir_change(root, &call, path, &b->found, &err), &err);
    HOLDS(b->found.outcome == OUT_GONE);
    close(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct box b = {.f = {.maildir = true, .header = STR("X-Contact-ID")}};
    struct buf with;
    struct err err;
    char dir[256];
    fuzz_dir_path("new", dir);
    HOLDS_OK(dir_make(dir, 0700, &err), &err);
    arena_init(&b.a, 64 << 20);
    buf_init(&with, 1 << 20);
    fuzz_put("new/neighbour", STR("Subject: of nobody\n\nX-Contact-ID: m-1\n"));
    fuzz_put("new/1.host", input);
    if (find(&b) > 0)
        HOLDS(memmem(input.p, input.n, "m-1", 3) != NULL);
    buf_cstr(&with, header);
    buf_str(&with, input);
    fuzz_put("new/1.host", buf_view(&with));
    bool continued = input.n > 0 && (input.p[0] == ' ' || input.p[0] == '\t'); /* the header's value goes on */
    HOLDS(continued || find(&b) == 1);
    if (!continued) {
        erase(&b);
        HOLDS(fuzz_get("new/1.host", &b.a).p == NULL && find(&b) == 0);
    }
    HOLDS(str_eq(fuzz_get("new/neighbour", &b.a), STR("Subject: of nobody\n\nX-Contact-ID: m-1\n")));
    buf_release(&with);
    arena_release(&b.a);
    return 0;
}
