/*
 * docs/mapping.md: its mapping run on its message gives its result, and its reference of transforms
 * is what the table says. ZS_BLESS=1 prints that reference.
 */
#include "map/map_test.h"
#include "map/transform.h"

#include <stdio.h>
#include <stdlib.h>

#define REFERENCE_MAX 65536

static struct str page(void)
{
    return t_read(ZS_SOURCE_DIR "/docs/mapping.md");
}

/* The first code block of that language. */
static struct str block(struct str text, const char *fence)
{
    size_t at = str_find(text, str_z(fence), 0);
    T_TRUE(at != SIZE_MAX);
    struct str rest = str_from(text, at + strlen(fence));
    return str_sub(rest, 0, str_find(rest, STR("\n```"), 0) + 1);
}

static void the_example_holds(void **state)
{
    struct map_trial t = { 0 };
    struct str text = page(), yaml = block(text, "```yaml\n"), want = block(text, "```json\n");
    struct arena *a = arena_new("docs", 0, MAP_TEST_ARENA);
    (void)state;
    T_TRUE(a != NULL);
    /* tables come first for the trial */
    size_t cut = str_find(yaml, STR("---\n"), 0);
    struct buf b;
    buf_init_arena(&b, a, REFERENCE_MAX);
    buf_str(&b, str_from(yaml, cut + 4));
    buf_z(&b, "---\n");
    buf_str(&b, str_sub(yaml, 0, cut));
    T_OK(map_trial_load(&t, buf_cstr(&b)), &t.e);
    T_OK(map_trial_run(&t, block(text, "```hl7\n")), &t.e);
    T_EQ_BYTES(t.out.text, str_trim(want));
    map_trial_done(&t);
    arena_free(&a);
}

static void the_reference_is_the_table(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, REFERENCE_MAX);
    map_transforms_markdown(&b);
    T_EQ_INT(b.failed, RC_OK);
    if (getenv("ZS_BLESS"))
        printf("%.*s", STR_ARG(buf_view(&b)));
    T_TRUE(str_find(page(), str_trim(buf_view(&b)), 0) != SIZE_MAX);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(the_example_holds),
                                        T_TEST(the_reference_is_the_table) };
    return T_RUN(tests);
}
