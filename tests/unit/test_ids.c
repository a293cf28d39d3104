/* Ids from files: plain lines and CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/ids.h"
#include "base/buf.h"
#include "base/file.h"

static enum status add(void *ctx, struct str id, struct err *err)
{
    struct buf *b = ctx;
    if (str_is(id, "refuse"))
        return FAIL(err, E_INVALID, "refused");
    buf_str(b, id);
    buf_char(b, '|');
    return OK;
}

static enum status read_content(const char *content, struct buf *b, struct err *err)
{
    CLEANUP(fd_close) int fd = memfd_create("ids", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return ids_read(fd, add, b, err);
}

static void reads(const char *content, const char *expected)
{
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    buf_cstr(&b, "|");
    assert_int_equal(read_content(content, &b, &err), OK);
    assert_string_equal(b.p, expected);
}

static void refuses(const char *content, const char *text)
{
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(read_content(content, &b, &err), E_INVALID);
    assert_non_null(strstr(err.text, text));
}

static void test_lines(void **state UNUSED)
{
    reads("", "|");
    reads("a\nb", "|a|b|");
    reads("a\r\n\r\nb\r", "|a|b|");
    reads("\xef\xbb\xbf"
          "a\n",
          "|a|");
    reads("a;b\nc,d\n", "|a;b|c,d|"); /* no header: ids are opaque */
    reads("a\nid\n", "|a|id|");
}

static void test_nothing_is_trimmed_or_taken_for_a_comment(void **state UNUSED)
{
    reads("a b\n  c \r\n\td\n \n", "|a b|  c |\td| |");
    reads("# a list\na\n#b\n", "|# a list|a|#b|");
    reads("id,x\n abc ,1\n#c,2\n", "| abc |#c|");
}

static void test_csv(void **state UNUSED)
{
    reads("id\na\nb\n", "|a|b|");
    reads("contact_id\na\n", "|a|");
    reads("ID\na\n", "|ID|a|"); /* not exactly the word: an id, told as unknown rather than dropped */
    reads("\xef\xbb\xbf"
          "name, Contact_ID ,x\n\"Ann, B\",c-1,\nBob,\"c,2\",9\n",
          "|c-1|c,2|");
    reads("x;contactId\n1;a\n", "|a|");
    reads("x\tconversation_id\n1\ta\n", "|a|");
}

static void test_a_column_is_never_guessed(void **state UNUSED)
{
    refuses("id,contact_id\n1,a\n", "line 1: both id and contact_id could be");
    refuses("x;ID;id\n1;a;b\n", "line 1: both ID and id could be");
    refuses("name,number\nA,1\n", "line 1: a first line with a comma is a header");
    refuses("id,x\n,1\n", "line 2: the id is empty");
}

/* A writer that never ends its second line: only a bounded reader comes back. */
static void test_a_line_without_end(void **state UNUSED)
{
    int ends[2];
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static char block[1 << 16];
        close(ends[0]);
        memset(block, 'x', sizeof block);
        block[0] = 'a';
        block[1] = '\n';
        for (ssize_t n = 1; n > 0; block[0] = block[1] = 'x')
            n = write(ends[1], block, sizeof block);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(ids_read(ends[0], add, &b, &err), E_INVALID);
    assert_string_equal(err.text, "line 2: longer than 65536 bytes, which no id is");
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void test_lines_across_blocks(void **state UNUSED)
{
    enum { COUNT = 60000 };
    CLEANUP(buf_release) struct buf content, expected;
    buf_init(&content, 1 << 20);
    buf_init(&expected, 1 << 20);
    buf_char(&expected, '|');
    for (int i = 0; i < COUNT; i++) {
        buf_fmt(&content, "c-%d\r\n", i);
        buf_fmt(&expected, "c-%d|", i);
    }
    CLEANUP(buf_release) struct buf b;
    struct err err = {.code = OK};
    buf_init(&b, 1 << 20);
    buf_char(&b, '|');
    assert_int_equal(read_content(content.p, &b, &err), OK);
    assert_string_equal(b.p, expected.p);
}

static void test_paths(void **state UNUSED)
{
    char path[] = "/tmp/test_ids.XXXXXX";
    struct err err = {.code = OK};
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(ids_read_path("/nowhere/ids", add, &b, &err), E_ABSENT);
    CLEANUP(fd_close) int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "refuse\n", 7), 7);
    assert_int_equal(ids_read_path(path, add, &b, &err), E_INVALID);
    assert_true(str_starts(str_of(err.text), str_of(path)));
    assert_non_null(strstr(err.text, ": line 1: refused"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ids_read_path(path, add, &b, &err), E_INVALID);
    assert_int_equal(unlink(path), 0);
}

static void test_spaces_are_told(void **state UNUSED)
{
    assert_string_equal(ids_spaces(STR("a b")), "");
    assert_string_equal(ids_spaces(STR("")), "");
    assert_string_equal(ids_spaces(STR("a ")), "it has a space at its end");
    assert_string_equal(ids_spaces(STR("\ta")), "it has a space at its start");
    assert_string_equal(ids_spaces(STR(" ")), "it has a space at its start and its end");
}

static void test_what_is_wrong_is_named_by_line(void **state UNUSED)
{
    refuses("a\nrefuse\n", "line 2");
    refuses("x,id\n1,a\nshort\n", "line 3: the line has 1 fields; the id is field 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_nothing_is_trimmed_or_taken_for_a_comment),
                                       cmocka_unit_test(test_csv),
                                       cmocka_unit_test(test_a_column_is_never_guessed),
                                       cmocka_unit_test(test_what_is_wrong_is_named_by_line),
                                       cmocka_unit_test(test_a_line_without_end),
                                       cmocka_unit_test(test_lines_across_blocks),
                                       cmocka_unit_test(test_paths),
                                       cmocka_unit_test(test_spaces_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
