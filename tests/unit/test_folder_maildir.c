/* test_folder_maildir.c - messages, through the front. */
#include "tests/lib/contract_store.h"
#include "tests/lib/folder_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const ids[] = {"m-1", "m-2", "m-3"};
enum { N = ARRAY_LEN(ids) };

struct world { struct folder_world folder; struct store_target targets[N]; struct locator known; char yaml[256]; };

static void fill(void *ctx)
{
    struct world *w = ctx;
    folder_put(&w->folder, ".mounted", "");
    folder_put(&w->folder, "new/100.host", "Message-ID: <1@x>\nX-Contact-ID: m-1\n\nX-Contact-Id: m-2\n");
    folder_put(&w->folder, "cur/101.host:2,S",
               "Subject: folded\r\nx-contact-id:\r\n m-2\r\nIn-Reply-To: <1@x>\r\n\r\nhi\r\n");
    folder_put(&w->folder, ".Sales/cur/102.host:2,", "X-Contact-Id: m-2\n");
    folder_put(&w->folder, "cur/103.host:2,", "Message-ID: <3@x>\n\nno header of ours");
    folder_put(&w->folder, "cur/104.host:2,", "X-Contact-Id: m-11\nReferences: <1@x> <3@x>\n\nsomebody else's");
    folder_put(&w->folder, "tmp/105.host", "X-Contact-Id: m-1\n\n");
}

static void world_make(struct world *w)
{
    folder_world_make(&w->folder);
    for (size_t i = 0; i < N; i++)
        w->targets[i] = trial_target(ids[i]);
    w->known = (struct locator){KIND_EMAIL, STR("email"), STR("3@x")};
    w->targets[2].locators = &w->known;
    w->targets[2].locators_n = 1;
    (void)snprintf(w->yaml, sizeof(w->yaml), "type: folder\npath: %s\ncontrol: .mounted\nlayout: maildir\n",
                   w->folder.dir);
}

static int64_t left(void *ctx, size_t target)
{
    const struct world *w = ctx;
    if (target == 0)
        return folder_has(&w->folder, "new/100.host");
    if (target == 1)
        return folder_has(&w->folder, "cur/101.host:2,S") + folder_has(&w->folder, ".Sales/cur/102.host:2,");
    return folder_has(&w->folder, "cur/103.host:2,");
}

static void away(void *ctx)
{
    char path[512];
    folder_path(&((struct world *)ctx)->folder, ".mounted", path);
    assert_int_equal(unlink(path), 0);
}

static void back(void *ctx)
{
    folder_put(&((struct world *)ctx)->folder, ".mounted", "");
}

static void fulfils_the_contract(void **state)
{
    (void)state;
    struct world w;
    world_make(&w);
    struct contract_store c = {.yaml = w.yaml,
                               .base_dir = "/",
                               .targets = w.targets,
                               .n = N,
                               .artefacts = 4,
                               .ctx = &w,
                               .fill = fill,
                               .left = left,
                               .away = away,
                               .back = back};
    contract_store(&c);
    assert_true(folder_has(&w.folder, "cur/104.host:2,")); /* a reply in the thread is another contact's */
    assert_true(folder_has(&w.folder, "tmp/105.host"));
    folder_world_remove(&w.folder);
}

static void a_message_is_followed_when_it_moves(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char from[512], to[512];
    world_make(&w);
    fill(&w);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, w.targets, 1), OK);
    assert_int_equal(t.found_n, 1);
    assert_true(str_is(t.found[0]->locator, "INBOX/100.host"));
    folder_path(&w.folder, "new/100.host", from);
    folder_path(&w.folder, "cur/100.host:2,RS", to);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(trial_verify(&t, t.found, 1), OK);
    assert_int_equal(t.found[0]->outcome, OUT_PRESENT);
    assert_int_equal(trial_change(&t, trial_permit(&t, w.targets, 1, EFFECT_ERASE), EFFECT_ERASE, t.found, 1), OK);
    assert_int_equal(t.found[0]->outcome, OUT_GONE);
    assert_false(folder_has(&w.folder, "cur/100.host:2,RS"));
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void a_message_of_two_contacts_is_shared(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    world_make(&w);
    folder_put(&w.folder, "cur/1:2,", "X-Contact-Id: m-1\nX-Contact-Id: m-2\n\n");
    trial_open(&t, w.yaml, "/");
    t.no_owners = true; /* nobody makes keys of the others: it cannot tell whose it is */
    assert_int_equal(trial_find(&t, w.targets, 1), OK);
    assert_int_equal(t.found[0]->scope, SCOPE_SHARED);
    assert_int_equal(t.found[0]->owners_n, 0);
    assert_int_equal(trial_change(&t, trial_permit(&t, w.targets, 1, EFFECT_ERASE), EFFECT_ERASE, t.found, 1), OK);
    assert_int_equal(t.found[0]->outcome, OUT_RETAINED);
    t.no_owners = false;
    assert_int_equal(trial_find(&t, w.targets, 1), OK); /* the other contact is not asked for */
    assert_int_equal(t.found_n, 1);
    assert_int_equal(t.found[0]->owners_n, 2);
    assert_true(row_key_eq(&t.found[0]->owners[0], &w.targets[0].contact));
    assert_true(row_key_eq(&t.found[0]->owners[1], &w.targets[1].contact));
    assert_int_equal(trial_change(&t, trial_permit(&t, w.targets, 1, EFFECT_ERASE), EFFECT_ERASE, t.found, 1), OK);
    assert_int_equal(t.found[0]->outcome, OUT_RETAINED);
    assert_int_equal(t.found[0]->effect, EFFECT_NONE);
    assert_int_equal(trial_change(&t, trial_permit(&t, w.targets, 2, EFFECT_ERASE), EFFECT_ERASE, t.found, 1), OK);
    assert_int_equal(t.found[0]->outcome, OUT_GONE);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void headers_are_read_up_to_a_bound(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char *message = malloc(70000);
    assert_non_null(message);
    world_make(&w);
    static const struct { size_t at; const char *field; size_t found; } cases[] = {
        {100, "\nX-Contact-Id: m-1\n", 1},       /* within the bound, though the header goes on behind it */
        {66000, "\nX-Contact-Id: m-1\n", 0},     /* behind it: of no contact */
        {65536 - 18, "\nX-Contact-Id: m-12\n", 0}, /* the bound leaves m-1 of it: that is another contact */
        {65536 - 18, "\nX-Contact-Id: m-1\n ", 0}, /* may go on behind the bound */
        {100, "\n\n", 0},                         /* a large body is no matter */
    };
    trial_open(&t, w.yaml, "/");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        memset(message, 'x', 69999);
        memcpy(message, "Subject: ", 9);
        message[69999] = '\0';
        memcpy(message + cases[i].at, cases[i].field, strlen(cases[i].field));
        folder_put(&w.folder, "cur/1:2,", message);
        assert_int_equal(trial_find(&t, w.targets, N), OK);
        assert_int_equal(t.found_n, cases[i].found);
        for (size_t k = 0; k < N; k++)
            assert_int_equal(t.seen[k].sight, SIGHT_WHOLE);
    }
    free(message);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void a_link_is_no_message(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    char path[512];
    world_make(&w);
    folder_put(&w.folder, "elsewhere", "X-Contact-Id: m-1\n\n");
    folder_put(&w.folder, "cur/2:2,", "X-Contact-Id: m-2\n\n");
    folder_path(&w.folder, "cur/1:2,", path);
    assert_int_equal(symlink("../elsewhere", path), 0);
    trial_open(&t, w.yaml, "/");
    assert_int_equal(trial_find(&t, w.targets, N), OK);
    assert_int_equal(t.found_n, 1);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(t.seen[i].sight, SIGHT_WHOLE);
    trial_close(&t);
    folder_world_remove(&w.folder);
}

static void it_owns_what_documents_call_mail(void **state)
{
    (void)state;
    struct world w;
    struct trial t;
    struct locator l = {KIND_EMAIL, STR("email"), STR("<1@example.com>")};
    world_make(&w);
    trial_open(&t, w.yaml, "/");
    assert_true(store_owns(t.store, STR("branch"), &l));
    l.place = STR("acme-bucket");
    assert_false(store_owns(t.store, STR("branch"), &l));
    trial_close(&t);
    folder_world_remove(&w.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fulfils_the_contract),
        cmocka_unit_test(a_message_is_followed_when_it_moves),
        cmocka_unit_test(a_message_of_two_contacts_is_shared),
        cmocka_unit_test(headers_are_read_up_to_a_bound),
        cmocka_unit_test(a_link_is_no_message),
        cmocka_unit_test(it_owns_what_documents_call_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
